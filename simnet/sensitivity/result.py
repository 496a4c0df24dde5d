"""`StudyResult`: the indices of a study, as frames, and as files in a folder.

A folder holds each table twice: as Parquet, which is read back, and as CSV for people.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.errors import InputError, Problem
from simnet.experiment.times import path_of
from simnet.results.parts import into_place
from simnet.sensitivity.design import Design, Outputs
from simnet.sensitivity.factors import Factor, FactorSpace, Group, LeftOut, free_name
from simnet.sensitivity.indices import ConvergenceStep, IndexRow, Indices, frame_of
from simnet.sensitivity.table import analysis_named, make_design

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult


STUDY = "study.json"
DESIGN, OUTPUTS = "design.parquet", "outputs.parquet"
NETWORK = "network.xml"

FORMAT = "simnet sensitivity study"
_PARQUET = "parquet"
FAILURE_COLUMNS = ("readout", "row", "block", "condition", "replicate", "seed", "reason")
"""Of `StudyResult.failures`; those behind them are factors, whatever their names are."""

_SHOWN = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyResult:
    """The result of a study.

    Attributes:
        about: the study as plain data: what was varied and simulated, readouts, samples,
            replicates, versions.
        design: the rows.
        outputs: readout -> its value at each row.
        indices: readout -> its indices.
        over_time: readout -> label of a time -> its indices then; empty where it has no course.
        failures: a row for each failed evaluation: readout ("" for all), row, block, condition,
            replicate, seed, reason, then the factors' values.
        control: control coefficients and elasticities of the steady state; empty where there are
            none. See `simnet.sensitivity.control`.
        statements: what cannot be concluded and what to mind, in sentences.
    """

    about: Mapping[str, Any]
    design: Design
    outputs: Mapping[str, Outputs]
    indices: Mapping[str, Indices]
    over_time: Mapping[str, Mapping[str, Indices]]
    failures: "pd.DataFrame"
    control: "pd.DataFrame"
    statements: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all rows were analysed; a shard alone is not complete."""
        return bool(self.indices)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What could have been varied and is not."""
        return self.design.space.left_out

    @property
    def converged(self) -> bool:
        """Whether every index of every readout has converged."""
        rows = [row for found in self.indices.values() for row in found.rows]
        return bool(rows) and all(row.converged for row in rows)

    def frame(self) -> "pd.DataFrame":
        """Tidy: a row for each readout, index and factor; columns as `IndexRow`."""
        frame = frame_of(IndexRow, (row for found in self.indices.values() for row in found.rows))
        return frame.astype({"influential": "boolean"})

    def convergence(self) -> "pd.DataFrame":
        """Tidy: readout, index, factor, n, estimate, low, high; n is the number of base blocks."""
        return frame_of(
            ConvergenceStep, (step for found in self.indices.values() for step in found.steps)
        )

    def time_frame(self) -> "pd.DataFrame":
        """As `frame`, at each time; columns `of` (the readout of the study) and `time` in front."""
        parts = [
            (of, time, row)
            for of, times in self.over_time.items()
            for time, found in times.items()
            for row in found.rows
        ]
        frame = frame_of(IndexRow, (row for _, _, row in parts))
        frame.insert(0, "of", [of for of, _, _ in parts])
        frame.insert(1, "time", [time for _, time, _ in parts])
        return frame.astype({"influential": "boolean"})

    def headline(self, readout: str) -> str:
        """The index that ranks the factors of a readout; "" where no index could be estimated."""
        known = list(dict.fromkeys(row.index for row in self.indices[readout].rows))
        wanted = analysis_named(self.design.analysis).headline
        return wanted if wanted in known else next(iter(known), "")

    def top(self, readout: str, most: int = _SHOWN) -> list[IndexRow]:
        """The factors with the largest headline index, the dummy not among them."""
        index, dummy = self.headline(readout), self.design.space.dummy
        rows = [r for r in self.indices[readout].rows if r.index == index and r.factor != dummy]
        known = [row for row in rows if math.isfinite(row.estimate)]
        return sorted(known, key=lambda row: -abs(row.estimate))[:most]

    def save(self, folder: str | Path) -> Path:
        """Write the tables into a folder, which is made; figures and report are not among them.

        What is interrupted leaves no study behind, rather than tables of two.

        Raises:
            InputError: it cannot be written.
        """
        target = path_of(folder, "folder")
        try:
            target.mkdir(parents=True, exist_ok=True)
            (target / STUDY).unlink(missing_ok=True)
            for name, frame in self._tables():
                frame.to_csv(target / f"{name}.csv", index=False)
                stored = frame.iloc[:, : len(FAILURE_COLUMNS)] if name == "failures" else frame
                stored.to_parquet(target / f"{name}.parquet", index=False)
            self._design_frame().to_parquet(target / DESIGN, index=False)
            self._output_frame().to_parquet(target / OUTPUTS, index=False)
            text = json.dumps(self._record(), indent=2, allow_nan=False, ensure_ascii=False)
            into_place(f"{text}\n".encode(), target / STUDY)
        except OSError as error:
            why = f"cannot be written: {error.strerror or error}"
            raise InputError(Problem(what=str(target), why=why)) from error
        return target

    @classmethod
    def load(cls, folder: str | Path) -> "StudyResult":
        """The result in a folder.

        Raises:
            InputError: there is none.
        """

        return loaded(path_of(folder, "folder"))

    def _tables(self) -> Iterable[tuple[str, "pd.DataFrame"]]:
        yield "indices", self.frame()
        yield "convergence", self.convergence()
        yield "over_time", self.time_frame()
        yield "failures", self.failures
        if len(self.control):
            yield "control", self.control

    def _record(self) -> dict[str, Any]:
        indices = {
            name: {"lost": i.lost, "blocks": i.blocks, "stuck": i.stuck, "said": list(i.statements)}
            for name, i in self.indices.items()
        }
        return {
            "format": FORMAT,
            "tables": _PARQUET,
            "about": dict(self.about),
            "left out": [[item.name, item.reason] for item in self.left_out],
            "indices": indices,
            "statements": list(self.statements),
        }

    def _design_frame(self) -> "pd.DataFrame":
        import pandas as pd

        frame = pd.DataFrame(self.design.matrix, columns=list(self.design.space.names))
        names = self.design.space.names  # a parameter may be called so as well
        frame.insert(0, free_name("row", names), range(self.design.rows))
        frame.insert(1, free_name("block", names), self.design.block)
        return frame

    def _output_frame(self) -> "pd.DataFrame":
        import pandas as pd

        parts = [
            pd.DataFrame(
                {
                    "readout": name,
                    "row": range(self.design.rows),
                    "estimate": found.estimate,
                    "variance": found.variance,
                    "reason": [found.reasons.get(i, "") for i in range(self.design.rows)],
                }
            )
            for name, found in self.outputs.items()
        ]
        columns = ["readout", "row", "estimate", "variance", "reason"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    def __repr__(self) -> str:
        about = self.about
        what = f"{about['analysis']} of {about['network']}, {self.design.rows} rows"
        if not self.complete:
            return f"<StudyResult: {what}, not complete>"
        found = "; ".join(
            f"{name}: {', '.join(row.factor for row in self.top(name, 3)) or 'no index could be estimated'}"
            for name in self.indices
        )
        return f"<StudyResult: {what}; {found}>"

    def _repr_html_(self) -> str:
        from html import escape

        from simnet.sensitivity.terminal import heading

        parts = [f"<p><b>{escape(heading(self))}</b></p>"]
        columns = ["factor", "index", "estimate", "low", "high", "influential", "converged"]
        for name in self.indices:
            table = frame_of(IndexRow, self.top(name, 10))[columns].to_html(index=False)
            parts.append(f"<p>{escape(name)}</p>{table}")
        parts += [f"<p>{escape(statement)}</p>" for statement in self.statements]
        return f"<div>{''.join(parts)}</div>"

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from simnet.sensitivity.terminal import shown

        yield from shown(self)


def space_of(about: Mapping[str, Any], left_out: Sequence[Sequence[str]]) -> FactorSpace:
    """The factors of a study's plain data."""
    names = [f.name for f in fields(Factor)]
    order = ["name", "lower", "upper", "baseline", "scale", "kind", "whole"]
    assert sorted(order) == sorted(names)
    return FactorSpace(
        factors=tuple(Factor(**dict(zip(order, f, strict=True))) for f in about["factors"]),
        groups=tuple(Group(name=n, members=tuple(m)) for n, m in about["groups"].items()),
        left_out=tuple(LeftOut(name=name, reason=reason) for name, reason in left_out),
    )


def design_of(about: Mapping[str, Any], space: FactorSpace) -> Design:
    """The rows of a study's plain data."""
    return make_design(
        about["analysis"], space, about["samples"], seed=about["seed"], settings=about["settings"]
    )


# A study's result from its folder.


_TEXTS = ("readout", "analysis", "method", "index", "factor", "of", "time", "reason", "condition")
_NUMBERS = ("estimate", "low", "high", "dummy", "above_low", "above_high", "influential")


def loaded(folder: Path) -> StudyResult:
    """See `StudyResult.load`."""
    import pandas as pd

    try:
        record = json.loads((folder / STUDY).read_bytes())
        if record["format"] != FORMAT:
            raise KeyError("format")
        about = record["about"]
        if "simulate" in about:  # as the method was called before, and the analysis method
            about |= {"analysis": about["method"], "method": about.pop("simulate")}
        design = design_of(about, space_of(about, record["left out"]))
        matrix = pd.read_parquet(folder / DESIGN)[list(design.space.names)].to_numpy()
        if matrix.shape != design.positions.shape:
            raise ValueError("the rows are not those of the study")
        design = replace(design, given_matrix=matrix)
        kind = record.get("tables", "csv")
        rows, steps = defaultdict(list), defaultdict(list)
        for row in _rows(_table(folder, "indices", kind)):
            rows[row.readout].append(row)
        for step in _items(ConvergenceStep, _table(folder, "convergence", kind)):
            steps[step.readout].append(step)
        return StudyResult(
            about=about,
            design=design,
            outputs=_outputs(pd.read_parquet(folder / OUTPUTS)),
            indices={
                name: Indices(
                    rows=tuple(rows[name]),
                    steps=tuple(steps[name]),
                    statements=tuple(item["said"]),
                    lost=item["lost"],
                    blocks=item["blocks"],
                    stuck=item["stuck"],
                )
                for name, item in record["indices"].items()
            },
            over_time=_over_time(_table(folder, "over_time", kind)),
            failures=failure_frame(_table(folder, "failures", kind), design),
            control=_table(folder, "control", kind)
            if (folder / f"control.{kind}").is_file()
            else pd.DataFrame(),
            statements=tuple(record["statements"]),
        )
    except OSError as error:
        why = f"contains no study ({error.strerror}: {Path(str(error.filename)).name})"
        raise InputError(Problem(what=str(folder), why=why)) from error
    except (ValueError, KeyError, TypeError) as error:
        why = "is damaged, or was not written by simnet"
        raise InputError(Problem(what=str(folder / STUDY), why=why)) from error


def _table(folder: Path, name: str, kind: str) -> "pd.DataFrame":
    """A table of a folder; those of older folders are CSV only."""
    import pandas as pd

    path = folder / f"{name}.{kind}"
    if kind == _PARQUET:
        return pd.read_parquet(path)
    frame = pd.read_csv(
        path,
        dtype={**dict.fromkeys(_TEXTS, "str"), "influential": "boolean"},
        keep_default_na=False,
        na_values={name: [""] for name in _NUMBERS},
    )
    return frame.rename(columns={"method": "analysis"})


def failure_frame(failures: "pd.DataFrame", design: Design) -> "pd.DataFrame":
    """The first columns of `StudyResult.failures`, with the factors' values behind them."""
    import pandas as pd

    frame = failures.iloc[:, : len(FAILURE_COLUMNS)]
    values = design.matrix[frame["row"].to_numpy(dtype=np.int64)]
    return pd.concat([frame, pd.DataFrame(values, columns=list(design.space.names))], axis=1)


def _items(kind: type, frame: "pd.DataFrame") -> list[Any]:
    """Rows of a table as what they were made of."""
    names = [f.name for f in fields(kind)]
    rows = frame[names].itertuples(index=False)
    return [kind(**dict(zip(names, row, strict=True))) for row in rows]


def _rows(frame: "pd.DataFrame") -> list[IndexRow]:
    influential = frame["influential"]
    known = influential.astype(object).where(influential.notna(), None)
    return _items(IndexRow, frame.assign(influential=known))


def _over_time(frame: "pd.DataFrame") -> dict[str, dict[str, Indices]]:
    found: dict[str, dict[str, list[IndexRow]]] = {}
    for of, time, row in zip(frame["of"], frame["time"], _rows(frame), strict=True):
        found.setdefault(of, {}).setdefault(time, []).append(row)
    return {
        of: {time: Indices(rows=tuple(rows)) for time, rows in times.items()}
        for of, times in found.items()
    }


def _outputs(frame: "pd.DataFrame") -> dict[str, Outputs]:
    return {
        str(name): Outputs(
            readout=str(name),
            estimate=part["estimate"].to_numpy(),
            variance=part["variance"].to_numpy(),
            reasons={
                int(row): reason
                for row, reason in zip(part["row"], part["reason"], strict=True)
                if reason
            },
        )
        for name, part in frame.groupby("readout", sort=False)
    }
