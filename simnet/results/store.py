"""Saved runs: a folder with `trajectories.parquet`, `record.json` and `network.xml`.

The Parquet file is wide, a row for each condition, replicate and time, a column for each readout, so
that it opens in any tool. The record holds everything else, and the checksum of the Parquet file:
files of two runs cannot be mistaken for one. `network.xml` is there where the network was kept.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from simnet.arrays import Ensemble
from simnet.errors import InputError, Problem
from simnet.experiment.times import path_of
from simnet.network.network import Readout
from simnet.results.parts import aside, other_data, refusal
from simnet.results.record import Record
from simnet.results.trajectories import Failure, Trajectories

T = TypeVar("T")

TABLE = "trajectories.parquet"
RECORD = "record.json"
NETWORK = "network.xml"

_FORMAT = "simnet trajectories"
_AGAIN = f"the conditions and the seed in {RECORD} make the run again"
_KEYS = ("condition", "replicate", "time")
_WIDE = ("times", "seeds")  # a line each, not one for every number


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a folder holds of a run beside its numbers: the record, the network, and all else."""

    record: Record
    sbml: Callable[[], str] | None
    data: Mapping[str, Any]


def save(trajectories: Trajectories, folder: str | Path) -> Path:
    """Write a run into a new or empty folder, or over an earlier run.

    Args:
        trajectories: the run.
        folder: made where it does not exist.

    Returns:
        The folder.

    Raises:
        InputError: the folder holds something else, or cannot be written.
    """
    run = trajectories
    about = {
        "readouts": [asdict(readout) for readout in run.readouts],
        "time_unit": run.time_unit,
        "times": run.times.tolist(),
        "seeds": run.seeds,
        "failures": [asdict(failure) for failure in run.failures],
    }
    write = partial(_write_table, run)
    return write_run(folder, TABLE, write, _FORMAT, run.record, about, run.network_sbml)


def write_run(
    folder: str | Path,
    table: str,
    write_table: Callable[[Path], object],
    kind: str,
    record: Record,
    about: Mapping[str, Any],
    sbml: str | None,
) -> Path:
    """Write a run's numbers with `write_table`, its record with what else there is `about` it, and
    its network. `kind` is the form of all that. The rest is as in `save`.

    Files are written aside and then moved into place, so an interrupted save leaves what was there.
    Only our three files are ever touched.
    """
    target = path_of(folder, "folder")
    try:
        check_free(target, kind)
        target.mkdir(parents=True, exist_ok=True)
        with (
            aside(target / RECORD) as into,  # in place last: it vouches for the table
            nullcontext() if sbml is None else aside(target / NETWORK) as network,
            aside(target / table) as numbers,
        ):
            write_table(numbers)
            data = {"format": kind, "record": record.to_json(), **about}
            into.write_bytes(_json_text(data | {"sha256": _checksum(numbers)}).encode())
            if network is None or sbml is None:
                (target / NETWORK).unlink(missing_ok=True)
            else:
                network.write_bytes(sbml.encode())
    except OSError as error:
        raise refusal(target, f"cannot be written: {error.strerror or error}") from error
    return target


def load(folder: str | Path) -> Trajectories:
    """The run in a folder, equal bit for bit to the one that was saved.

    Raises:
        InputError: no saved run there, a damaged one, or one of a newer simnet.
    """

    def restored(source: Path, stored: Stored) -> Trajectories:
        data, record = stored.data, stored.record
        times = np.array(data["times"], dtype=np.float64)
        readouts = tuple(Readout(**readout) for readout in data["readouts"])
        shape = (len(record.conditions), record.run.count, len(times), len(readouts))
        return Trajectories(
            values=_read_table(source / TABLE, shape),
            conditions=record.as_conditions(),
            times=times,
            readouts=readouts,
            time_unit=data["time_unit"],
            record=record,
            seeds=tuple(tuple(int(seed) for seed in row) for row in data["seeds"]),
            failures=tuple(Failure(**failure) for failure in data["failures"]),
            sbml=stored.sbml,
        )

    return read_run(folder, TABLE, _FORMAT, restored)


def read_run(folder: str | Path, table: str, kind: str, restored: Callable[[Path, Stored], T]) -> T:
    """What `restored` makes of a folder that `write_run` wrote; a LookupError, TypeError or
    ValueError of it is damage. Errors are as in `load`."""
    source = path_of(folder, "folder")
    if not source.is_dir():
        why = "is not a folder" if source.exists() else "does not exist"
        raise refusal(source, why, "give the folder that a run was saved in")
    missing = [name for name in (RECORD, table) if not (source / name).is_file()]
    if missing:
        way_out = f"a saved run has {RECORD} and {table}"
        raise refusal(source, f"{' and '.join(missing)} missing", way_out)
    try:
        data = _read_json(source / RECORD)
        if data is None or data.get("format") != kind:
            raise refusal(source / RECORD, "damaged, or not of a saved run")
        record = _record_in(data, source)
        if _checksum(source / table) != data.get("sha256"):
            why = "damaged, or of another run than the record beside it"
            raise refusal(source / table, why, _AGAIN)
        network = source / NETWORK
        sbml = partial(str, network.read_bytes().decode()) if network.is_file() else None
        return restored(source, Stored(record=record, sbml=sbml, data=data))
    except OSError as error:
        raise refusal(source, f"cannot be read: {error.strerror or error}") from error
    except (LookupError, TypeError, ValueError) as error:
        raise refusal(source, f"damaged ({type(error).__name__}: {error})") from error


def _record_in(data: Mapping[str, Any], source: Path) -> Record:
    try:
        return Record.from_json(data["record"])
    except InputError as error:
        raise InputError(
            [
                Problem(what=f"{source / RECORD}: {p.what}", why=p.why, way_out=p.way_out)
                for p in error.problems
            ]
        ) from None
    except (KeyError, AttributeError):
        raise refusal(source / RECORD, "damaged: it holds no record") from None


def check_free(target: Path, kind: str = _FORMAT) -> None:
    """Raise InputError unless a run may be saved there: a new or empty folder, or an earlier run."""
    refused = other_data(target)
    if refused is None:
        return
    record = _read_json(target / RECORD) if (target / RECORD).is_file() else None
    if record is None or record.get("format") != kind:
        raise refused


def _write_table(run: Trajectories, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    C, N, T, R = run.values.shape
    codes = np.repeat(np.arange(C, dtype=np.int32), N * T)
    columns = [
        pa.DictionaryArray.from_arrays(codes, list(run.condition_names)),
        pa.array(np.tile(np.repeat(np.arange(N, dtype=np.int32), T), C)),
        pa.array(np.tile(run.times, C * N)),
        *(pa.array(run.values[..., r].ravel()) for r in range(R)),
    ]
    names = [*_KEYS, *(_column(name) for name in run.readout_names)]
    # Bytes split by place: exact for every bit pattern, and counts of molecules shrink well.
    pq.write_table(
        pa.Table.from_arrays(columns, names=names),
        path,
        compression="zstd",
        use_dictionary=list(_KEYS),
        use_byte_stream_split=names[len(_KEYS) :],
    )


def _read_table(path: Path, shape: tuple[int, int, int, int]) -> Ensemble:
    """The values of a Parquet file; raises InputError where it does not hold what the record says."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, partitioning=None)
    except pa.ArrowException as error:
        raise refusal(path, f"damaged: {error}", _AGAIN) from error
    C, N, T, R = shape
    if table.shape != (C * N * T, len(_KEYS) + R):
        rows, columns = table.shape
        why = f"{rows:,} rows and {columns} columns do not match its record"
        raise refusal(path, why, _AGAIN)
    values = np.empty(shape)
    for r in range(R):
        values[..., r] = table.column(len(_KEYS) + r).to_numpy().reshape(C, N, T)
    return values


def _json_text(data: Mapping[str, Any]) -> str:
    lines = [
        f"  {json.dumps(key)}: "
        + json.dumps(value, indent=None if key in _WIDE else 2, allow_nan=False).replace(
            "\n", "\n  "
        )
        for key, value in data.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _read_json(path: Path) -> Mapping[str, Any] | None:
    try:
        data = json.loads(path.read_bytes())
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _column(readout: str) -> str:
    return f"readout {readout}" if readout in _KEYS else readout


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
