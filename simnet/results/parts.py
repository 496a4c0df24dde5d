"""A folder of results that grows by parts: `manifest.json` and `runs/*.parquet`.

A part holds whole items, named in its column "key". It is written aside and moved into place, under
a name that holds its checksum, so what is there is complete: after `kill -9` at any moment nothing
stored is lost, and nothing half-written counts.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from simnet.errors import InputError, Problem
from simnet.experiment.times import path_of

if TYPE_CHECKING:
    import pandas as pd


# Folders that results are written into: what may be in them before, and how files come there.


ASIDE = ".simnet-"
"""How names of what is not finished begin; one that is left over does not count as data."""


def refusal(path: Path, why: str, way_out: str = "") -> InputError:
    """The error of a path that cannot be used."""
    return InputError(Problem(what=str(path), why=why, way_out=way_out))


def other_data(target: Path, ours: Collection[str] = ()) -> InputError | None:
    """Why a folder is not to be written into, if so: it holds more than what is named `ours`.

    Raises:
        InputError: it is a file.
    """
    if target.exists() and not target.is_dir():
        raise refusal(target, "is a file", "name a folder")
    if not target.exists():
        return None
    names = [path.name for path in target.iterdir() if not path.name.startswith(ASIDE)]
    others = sorted(set(names) - set(ours))
    if not others:
        return None
    shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
    way_out = "name a new or empty folder, or one of an earlier run"
    return refusal(target, f"holds other data ({shown})", way_out)


@contextmanager
def aside(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A new, empty file beside `path` to write to: it takes the place of `path` once the block ends
    without an error, in one step, and is gone after one with an error. `mode` is less the umask."""
    beside = path.absolute().with_name(f"{ASIDE}{uuid4().hex}{path.suffix}")
    try:
        beside.touch(mode, exist_ok=False)
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def into_place(content: bytes, path: Path, mode: int = 0o666) -> None:
    """Write aside, make sure that it is on the disk, then rename."""
    with aside(path, mode) as beside, beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


MANIFEST = "manifest.json"
RUNS = "runs"

_FORMAT = "simnet parts"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A folder of results.

    Attributes:
        folder: where it is.
        kind: what the results are of, such as "screen" or "claims".
        identity: what all parts have in common; a folder takes no others.
        about: versions and the like, as they were when the folder was made.
    """

    folder: Path
    kind: str
    identity: Mapping[str, Any]
    about: Mapping[str, Any]

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        kind: str,
        identity: Mapping[str, Any],
        about: Mapping[str, Any],
    ) -> "Parts":
        """A new or empty folder, or one that was made with the same identity.

        Raises:
            InputError: it holds something else, or results of another identity; each difference is
                named.
        """
        target = path_of(folder, "folder")
        own = json.loads(json.dumps(identity))
        try:
            if (target / MANIFEST).is_file():
                found = cls.load(target)
                problems = _differences(target, found, kind, own)
                if problems:
                    raise InputError(problems)
                return found
            if (refused := other_data(target, ours=(RUNS,))) is not None:
                raise refused
            (target / RUNS).mkdir(parents=True, exist_ok=True)
            manifest = {"format": _FORMAT, "kind": kind, "identity": own, "about": dict(about)}
            text = json.dumps(manifest, indent=2, allow_nan=False) + "\n"
            into_place(text.encode(), target / MANIFEST)
        except OSError as error:
            raise refusal(target, f"cannot be written: {error.strerror or error}") from error
        return cls(folder=target, kind=kind, identity=own, about=dict(about))

    @classmethod
    def load(cls, folder: str | Path) -> "Parts":
        """The results in a folder, of whatever identity.

        Raises:
            InputError: there are none.
        """
        source = path_of(folder, "folder")
        try:
            data = json.loads((source / MANIFEST).read_bytes())
            if data["format"] != _FORMAT:
                raise KeyError("format")
            return cls(
                folder=source, kind=data["kind"], identity=data["identity"], about=data["about"]
            )
        except OSError as error:
            raise refusal(source, f"no results there ({error.strerror}: {MANIFEST})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise refusal(source / MANIFEST, "is damaged, or was not written by simnet") from error

    @classmethod
    def seed(cls, folder: str | Path | None) -> int | None:
        """The root seed of the results in a folder: None where there are none, or they use none."""
        if folder is None or not (path_of(folder, "folder") / MANIFEST).is_file():
            return None
        found: int | None = cls.load(folder).identity.get("seed")
        return found

    def keys(self) -> set[str]:
        """Of all items that are stored.

        Raises:
            InputError: a part is damaged.
        """
        import pyarrow.parquet as pq

        found: set[str] = set()
        for path in self._paths():
            _verify(path)
            found.update(pq.read_table(path, columns=["key"])["key"].unique().to_pylist())
        return found

    def write(self, table: "pd.DataFrame") -> None:
        """Store whole items: `table` has a column "key", and at least a row for each."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not len(table):
            return
        buffer = pa.BufferOutputStream()
        rows = pa.Table.from_pandas(table, preserve_index=False)
        pq.write_table(rows, buffer, compression="zstd")
        content = buffer.getvalue().to_pybytes()
        name = hashlib.sha256(content).hexdigest()[:32]
        into_place(content, self.folder / RUNS / f"{name}.parquet")

    def read(self) -> "pd.DataFrame":
        """All rows, item by item; an item that two parts hold (two processes made it) is taken
        once.

        Raises:
            InputError: a part is damaged.
        """
        import pandas as pd

        tables = []
        seen: set[str] = set()
        for path in self._paths():
            _verify(path)
            table = pd.read_parquet(path, partitioning=None)
            fresh = table[~table["key"].isin(seen)]
            seen.update(fresh["key"].unique())
            tables.append(fresh)
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"key": []})

    def _paths(self) -> list[Path]:
        return sorted((self.folder / RUNS).glob("[!.]*.parquet"))


def merge_parts(folders: Sequence[str | Path], into: str | Path) -> Parts:
    """Bring the parts of several folders of one identity together, as the shards of a job array.

    Raises:
        InputError: their identities differ, or one holds no results.
    """
    sources = [Parts.load(folder) for folder in folders]
    if not sources:
        raise InputError(Problem(what="merge", why="no folders given"))
    first = sources[0]
    problems = [
        problem
        for source in sources[1:]
        for problem in _differences(source.folder, source, first.kind, first.identity)
    ]
    if problems:
        raise InputError(problems)
    merged = Parts.open(into, kind=first.kind, identity=first.identity, about=first.about)
    for source in sources:
        for path in source._paths():
            _verify(path)
            place = merged.folder / RUNS / path.name
            if not place.exists():
                into_place(path.read_bytes(), place)
    beside: dict[str, Path] = {}  # the network, the plan: of the folder that was extended last
    for source in (merged, *sources):
        for path in source.folder.iterdir():
            if path.is_file() and path.name != MANIFEST:
                beside[path.name] = max(
                    path, beside.get(path.name, path), key=lambda p: p.stat().st_mtime
                )
    for name, path in beside.items():
        if path.parent != merged.folder:
            into_place(path.read_bytes(), merged.folder / name)
    return merged


def _verify(path: Path) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest()[:32] != path.stem:
        way_out = "delete it; its simulations are then run again"
        raise refusal(path, "damaged: its checksum is not that of its name", way_out)


def _differences(
    folder: Path, found: Parts, kind: str, identity: Mapping[str, Any]
) -> list[Problem]:
    if found.kind != kind:
        why = f"holds results of another kind: {found.kind}, not {kind}"
        return [Problem(what=str(folder), why=why, way_out="name another folder")]
    way_out = "name another folder, or restore the earlier setting"
    return [
        Problem(
            what=f"{folder}: {name}",
            why=f"it is {_shown(found.identity.get(name))} in the folder and here {_shown(identity.get(name))}",
            way_out=way_out,
        )
        for name in sorted({*found.identity, *identity})
        if found.identity.get(name) != identity.get(name)
    ]


def _shown(value: Any) -> str:
    text = "not given" if value is None else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
