"""`StudyResult`: the result of a study, as frames, as files in a folder, and on a terminal."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from simnet.errors import InputError, Problem
from simnet.experiment.times import path_of
from simnet.results.parts import into_place
from simnet.results.terminal import Sheet, rounded, table
from simnet.sensitivity.analysis import Design, Outputs, analysis_named, make_design, words
from simnet.sensitivity.factors import Factor, FactorGroup, FactorSpace, LeftOut, free_name
from simnet.sensitivity.indices import ConvergenceStep, IndexRow, Indices, frame_of

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult


STUDY = "study.json"
INDICES, CONVERGENCE, OVER_TIME = "indices", "convergence", "over_time"
FAILURES, CONTROL = "failures", "control"
"""Tables, each as Parquet, which is read back, and as CSV for people."""
DESIGN, OUTPUTS = "design.parquet", "outputs.parquet"
NETWORK = "network.xml"

FORMAT = "simnet sensitivity study"
FAILURE_COLUMNS = ("readout", "row", "block", "condition", "replicate", "seed", "reason")
"""Of `StudyResult.failures`; those behind them are factors, whatever their names are."""

_MOST = 10

T = TypeVar("T")


def _no_table() -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame()


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyResult:
    """The result of a study.

    Attributes:
        about: the study as plain data: what was varied, simulated and evaluated, samples, replicates,
            versions.
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
    outputs: Mapping[str, Outputs] = field(default_factory=dict)
    indices: Mapping[str, Indices] = field(default_factory=dict)
    over_time: Mapping[str, Mapping[str, Indices]] = field(default_factory=dict)
    failures: "pd.DataFrame"
    control: "pd.DataFrame" = field(default_factory=_no_table)
    statements: tuple[str, ...] = ()

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

    def top(self, readout: str, most: int = _MOST) -> list[IndexRow]:
        """The factors with the largest headline index, the dummy not among them."""
        index, dummy = self.headline(readout), self.design.space.dummy
        rows = [r for r in self.indices[readout].rows if r.index == index and r.factor != dummy]
        known = [row for row in rows if math.isfinite(row.estimate)]
        return sorted(known, key=lambda row: -abs(row.estimate))[:most]

    def save(self, folder: str | Path) -> Path:
        """Write the tables into a folder, which is created; figures and report are not among them.

        An interrupted call leaves no study behind, rather than tables of two.

        Raises:
            InputError: it cannot be written.
        """
        target = path_of(folder, "folder")
        try:
            target.mkdir(parents=True, exist_ok=True)
            (target / STUDY).unlink(missing_ok=True)
            for name, frame in self._tables():
                frame.to_csv(target / f"{name}.csv", index=False)
                if name == FAILURES:  # the factors' values are those of the design
                    frame = frame.iloc[:, : len(FAILURE_COLUMNS)]
                frame.to_parquet(target / f"{name}.parquet", index=False)
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
            InputError: it contains none, or a damaged one.
        """
        return loaded(path_of(folder, "folder"))

    def _tables(self) -> Iterator[tuple[str, "pd.DataFrame"]]:
        yield INDICES, self.frame()
        yield CONVERGENCE, self.convergence()
        yield OVER_TIME, self.time_frame()
        yield FAILURES, self.failures
        if len(self.control):
            yield CONTROL, self.control

    def _record(self) -> dict[str, Any]:
        indices = {
            name: {"lost": i.lost, "blocks": i.blocks, "stuck": i.stuck, "said": list(i.statements)}
            for name, i in self.indices.items()
        }
        return {
            "format": FORMAT,
            "tables": "parquet",
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

        parts = [f"<p><b>{escape(heading(self))}</b></p>"]
        columns = ["factor", "index", "estimate", "low", "high", "influential", "converged"]
        for name in self.indices:
            table = frame_of(IndexRow, self.top(name, 10))[columns].to_html(index=False)
            parts.append(f"<p>{escape(name)}</p>{table}")
        parts += [f"<p>{escape(statement)}</p>" for statement in self.statements]
        return f"<div>{''.join(parts)}</div>"

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        yield Text(heading(self), style="bold")
        for readout in self.indices:
            yield _table(self, readout)
        for statement in self.statements:
            yield Text(statement)


def failure_frame(failures: "Sequence[Any] | pd.DataFrame", design: Design) -> "pd.DataFrame":
    """Failures in the order of `FAILURE_COLUMNS`, with the factors' values behind them."""
    import pandas as pd

    frame = pd.DataFrame(failures, columns=list(FAILURE_COLUMNS))
    values = design.matrix[frame["row"].to_numpy(dtype=np.int64)]
    return pd.concat([frame, pd.DataFrame(values, columns=list(design.space.names))], axis=1)


# A study's result from its folder.


def space_of(about: Mapping[str, Any], left_out: Sequence[Sequence[str]]) -> FactorSpace:
    """The factors of a study's plain data."""
    order = ["name", "lower", "upper", "baseline", "scale", "kind", "whole"]
    return FactorSpace(
        factors=tuple(Factor(**dict(zip(order, f, strict=True))) for f in about["factors"]),
        groups=tuple(FactorGroup(name=n, members=tuple(m)) for n, m in about["groups"].items()),
        left_out=tuple(LeftOut(name=name, reason=reason) for name, reason in left_out),
    )


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
        space = space_of(about, record["left out"])
        samples, seed, settings = about["samples"], about["seed"], about["settings"]
        design = make_design(about["analysis"], space, samples, seed=seed, settings=settings)
        matrix = pd.read_parquet(folder / DESIGN)[list(space.names)].to_numpy()
        if matrix.shape != design.positions.shape:
            raise ValueError("the rows are not those of the study")
        design = replace(design, given_matrix=matrix)
        kind = record.get("tables", "csv")  # simnet 0.1 wrote no other
        rows = _items_of(IndexRow, _table_in(folder, INDICES, kind))
        steps = _items_of(ConvergenceStep, _table_in(folder, CONVERGENCE, kind))
        indices = {
            name: Indices(
                rows=tuple(row for row in rows if row.readout == name),
                steps=tuple(step for step in steps if step.readout == name),
                statements=tuple(stored["said"]),
                lost=stored["lost"],
                blocks=stored["blocks"],
                stuck=stored["stuck"],
            )
            for name, stored in record["indices"].items()
        }
        over_time: dict[str, dict[str, Indices]] = {}
        by_time: Any = _table_in(folder, OVER_TIME, kind).groupby(["of", "time"], sort=False)
        for (of, time), part in by_time:
            over_time.setdefault(of, {})[time] = Indices(rows=tuple(_items_of(IndexRow, part)))
        has_control = (folder / f"{CONTROL}.{kind}").is_file()
        return StudyResult(
            about=about,
            design=design,
            outputs=_outputs(pd.read_parquet(folder / OUTPUTS)),
            indices=indices,
            over_time=over_time,
            failures=failure_frame(_table_in(folder, FAILURES, kind), design),
            control=_table_in(folder, CONTROL, kind) if has_control else pd.DataFrame(),
            statements=tuple(record["statements"]),
        )
    except OSError as error:
        why = f"contains no study ({error.strerror}: {Path(str(error.filename)).name})"
        raise InputError(Problem(what=str(folder), why=why)) from error
    except (ValueError, KeyError, TypeError) as error:
        why = "is damaged, or was not written by simnet"
        raise InputError(Problem(what=str(folder / STUDY), why=why)) from error


_TEXTS = ("readout", "analysis", "method", "index", "factor", "of", "time", "reason", "condition",
          "table", "quantity", "by")  # fmt: skip
_NUMBERS = ("estimate", "low", "high", "dummy", "above_low", "above_high", "tolerated", "value")


def _table_in(folder: Path, name: str, kind: str) -> "pd.DataFrame":
    """A table of a stored study, from a file of that kind."""
    import pandas as pd

    path = folder / f"{name}.{kind}"
    if kind == "parquet":
        return pd.read_parquet(path)
    frame: pd.DataFrame = pd.read_csv(
        path,
        dtype=dict.fromkeys(_TEXTS, "str") | {"influential": "boolean"},
        keep_default_na=False,  # a factor may be called NA
        na_values={"influential": [""]},
        converters=dict.fromkeys(_NUMBERS, lambda text: float(text or "nan")),  # exactly
    )
    return frame.rename(columns={"method": "analysis"})  # as it was called before


def _items_of(kind: type[T], frame: "pd.DataFrame") -> list[T]:
    """The items of a frame of `frame_of`."""
    import pandas as pd

    records: list[dict[Any, Any]] = frame[[f.name for f in fields(kind)]].to_dict("records")  # type: ignore[arg-type]
    return [kind(**{n: None if v is pd.NA else v for n, v in r.items()}) for r in records]


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


# On a terminal: for each readout the factors that matter most.


def heading(result: StudyResult) -> str:
    """Network, method, what was varied and how often it was run."""
    about, space = result.about, result.design.space
    varied = f"{len(space.factors) - 1} varied"
    if space.groups:
        varied += f" in {len(space.labels) - 1} groups"
    runs = f"{result.design.rows:,} rows"
    if about["replicates"] > 1:
        runs += f" of {about['replicates']} replicates"
    simulated = str(about["method"]).upper()
    return f"{about['network']} · {about['analysis']} · {varied} · {runs} · {simulated}"


def _table(result: StudyResult, readout: str) -> Sheet:
    index = result.headline(readout)
    if not index:
        return table(["no index could be estimated"], [], title=readout)
    top = result.top(readout)
    if not top:
        return table([f"{words(index)} is not determined for any factor"], [], title=readout)
    percent = f"{100 * result.about['precision']['confidence']:g} %"
    rows = result.indices[readout].rows
    companion = analysis_named(result.design.analysis).companion
    also = companion if companion in {row.index for row in rows} - {index} else ""
    columns = ["factor", words(index), f"{percent} interval"]
    columns += [words(also)] * bool(also) + ["influential", "converged"]
    beside = {r.factor: r for r in rows if r.index == also}
    (dummy,) = (r for r in rows if r.index == index and r.factor == result.design.space.dummy)
    scale = max(abs(row.estimate) for row in top)
    sheet = table(columns, [], title=readout)
    sheet.sections = {len(top) - 1}
    for place, row in enumerate([*top, dummy]):
        cells = [row.factor, _number(row.estimate, scale), _interval(row, scale)]
        if also:
            cells.append(_number(beside[row.factor].estimate) if row.factor in beside else "–")
        itself = row is dummy
        sheet.rows.append(
            [*cells, "–" if itself else yes_no(row.influential), yes_no(row.converged)]
        )
        if itself or not row.influential:
            sheet.styles[place] = "dim"
    rest = len(result.design.space.labels) - 1 - len(top)
    if rest > 0:
        sheet.caption = f"and {rest} with smaller indices"
    return sheet


def yes_no(value: bool | None) -> str:
    """A truth that may not be known."""
    return "not known" if value is None else "yes" if value else "no"


def _interval(row: IndexRow, scale: float) -> str:
    if not (math.isfinite(row.low) and math.isfinite(row.high)):
        return "not determined"
    return f"{_number(row.low, scale)} to {_number(row.high, scale)}"


def _number(value: float, scale: float = 0.0) -> str:
    """As in other tables, but fractions have three decimals, so that they stand below each other;
    so have smaller ones where the largest of the table is `scale`, of 0.01 or more."""
    if value == 0 or 5e-4 <= abs(value) < 10 or (abs(value) < 5e-4 and scale >= 0.01):
        return f"{value:z.3f}"
    return rounded(value, most=1e6)
