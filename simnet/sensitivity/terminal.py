"""A study's result on a terminal: for each readout the factors that matter most."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simnet.results.terminal import Sheet, rounded, table
from simnet.sensitivity.indices import IndexRow, words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from simnet.sensitivity.result import StudyResult


def shown(result: "StudyResult") -> Iterator["RenderableType"]:
    """A heading, a table for each readout, and what is to be said."""
    from rich.text import Text

    yield Text(heading(result), style="bold")
    for readout in result.indices:
        yield _table(result, readout)
    for statement in result.statements:
        yield Text(statement)


def heading(result: "StudyResult") -> str:
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


def _table(result: "StudyResult", readout: str) -> Sheet:
    index = result.headline(readout)
    if not index:
        return table(["no index could be estimated"], [], title=readout)
    top = result.top(readout)
    if not top:
        return table([f"{words(index)} is not determined for any factor"], [], title=readout)
    percent = f"{100 * result.about['precision']['confidence']:g} %"
    also = _companion(result, readout, index)
    columns = ["factor", words(index), f"{percent} interval"]
    columns += [words(also)] * bool(also) + ["influential", "converged"]
    rows = result.indices[readout].rows
    beside = {r.factor: r for r in rows if r.index == also}
    (dummy,) = (r for r in rows if r.index == index and r.factor == result.design.space.dummy)
    scale = max(abs(row.estimate) for row in top)
    made = table(columns, [], title=readout)
    made.sections = {len(top) - 1}
    for place, row in enumerate([*top, dummy]):
        cells = [row.factor, _number(row.estimate, scale), _interval(row, scale)]
        if also:
            cells.append(_number(beside[row.factor].estimate) if row.factor in beside else "–")
        itself = row is dummy
        made.rows.append(
            [*cells, "–" if itself else yes_no(row.influential), yes_no(row.converged)]
        )
        if itself or not row.influential:
            made.styles[place] = "dim"
    rest = len(result.design.space.labels) - 1 - len(top)
    if rest > 0:
        made.caption = f"and {rest} with smaller indices"
    return made


def _companion(result: "StudyResult", readout: str, index: str) -> str:
    """An index worth a column beside the headline: first order beside total."""
    wanted = {"total": "first", "mu_star": "sigma2", "scaled": "absolute"}.get(index, "")
    known = {row.index for row in result.indices[readout].rows}
    return wanted if wanted in known else ""


def yes_no(said: bool | None) -> str:
    """A truth that may not be known."""
    return "not known" if said is None else "yes" if said else "no"


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
