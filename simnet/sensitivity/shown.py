"""A study's result on a terminal: for each readout the factors that matter most."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simnet.results.rounded import rounded
from simnet.sensitivity.indices import IndexRow, words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

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


def _table(result: "StudyResult", readout: str) -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    index = result.headline(readout)
    made = Table(
        box=box.SIMPLE_HEAD,
        title=escape(readout),
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        header_style="bold",
    )
    if not index:
        made.add_column("nothing was concluded")
        return made
    percent = f"{100 * result.about['precision']['confidence']:g} %"
    also = _companion(result, readout, index)
    top = result.top(readout)
    if not top:
        made.add_column(f"{words(index)} is not determined for any factor")
        return made
    columns = ["factor", words(index), f"{percent} interval"]
    columns += [words(also)] * bool(also) + ["influential", "converged"]
    for place, name in enumerate(columns):
        made.add_column(name, justify="left" if place == 0 else "right", no_wrap=place > 0)
    beside = {r.factor: r for r in result.indices[readout].rows if r.index == also}
    (dummy,) = (
        r
        for r in result.indices[readout].rows
        if r.index == index and r.factor == result.design.space.dummy
    )
    for row in [*top, dummy]:
        cells = [escape(row.factor), _number(row.estimate), _interval(row)]
        if also:
            cells.append(_number(beside[row.factor].estimate) if row.factor in beside else "–")
        itself = row is dummy
        cells += ["–" if itself else yes_no(row.influential), yes_no(row.converged)]
        made.add_row(*cells, style="dim" if itself or not row.influential else "")
        if row is top[-1]:
            made.add_section()
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


def _interval(row: IndexRow) -> str:
    if not (math.isfinite(row.low) and math.isfinite(row.high)):
        return "not determined"
    return f"{_number(row.low)} to {_number(row.high)}"


def _number(value: float) -> str:
    """As in other tables, but fractions have three decimals, so that they stand below each other."""
    if value == 0 or 5e-4 <= abs(value) < 10:
        return f"{value:z.3f}"
    return rounded(value, most=1e6)
