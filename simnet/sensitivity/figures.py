"""Figures of indices: tornado, mu*-sigma, heat map over time, scatter. Each draws into an `ax`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.times import duration
from simnet.plot.style import COLOURS, INK, MUTED, frame, number_format, time_scale
from simnet.sensitivity.analysis import Design, Outputs, words
from simnet.sensitivity.indices import IndexRow, Indices
from simnet.sensitivity.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage


_INFLUENTIAL, _OTHER = COLOURS[0], "#9a9a9a"
_AXIS = {
    "first": "first-order Sobol index",
    "total": "total-order Sobol index",
    "pawn": "PAWN index",
}


def draw_tornado(indices: Indices, index: str, *, ax: "Axes", most: int = 15) -> None:
    """Factors by the magnitude of an index, the largest on top, with intervals; the dummy below all.

    Blue bars are influential. The grey band is the dummy's interval.

    Args:
        indices: of one readout.
        index: its name, such as "total", "mu_star", "prcc", "scaled".
        ax: axes to draw into.
        most: at most so many factors, besides the dummy.

    Raises:
        InputError: no such index.
    """
    rows = rows_of(indices, index)
    dummy = rows[-1]
    shown = sorted(
        (r for r in rows[:-1] if np.isfinite(r.estimate)), key=lambda r: abs(r.estimate)
    )[-most:]
    places = np.arange(1, len(shown) + 1)
    colours = [_INFLUENTIAL if r.influential else _OTHER for r in shown]
    ax.barh(places, [r.estimate for r in shown], color=colours, height=0.62, zorder=2)
    ax.barh(0, dummy.estimate, color="#d0d0d0", height=0.62, zorder=2)
    for place, row in zip([*places, 0], [*shown, dummy], strict=True):
        if np.isfinite(row.low) and np.isfinite(row.high):
            ax.plot([row.low, row.high], [place, place], color=INK, linewidth=1.1, zorder=3)
    if np.isfinite(dummy.low) and np.isfinite(dummy.high):
        ax.axvspan(dummy.low, dummy.high, color="#000000", alpha=0.07, linewidth=0, zorder=1)
    ax.axvline(0, color=MUTED, linewidth=0.8, zorder=1.5)
    ax.set_yticks([0, *places], [dummy.factor, *(r.factor for r in shown)])
    left = len(rows) - 1 - len(shown)
    label = f"{_AXIS.get(index, words(index))} of {dummy.readout}"
    ax.set_xlabel(f"{label} ({left} smaller not shown)" if left else label)
    number_format(ax.xaxis, max(map(abs, ax.get_xlim())))
    frame(ax, "x")


def draw_mu_sigma(indices: Indices, *, ax: "Axes", named: int = 8) -> None:
    """Morris's plane: mu_star against sigma; right is strong, up is bent or interacting.

    sigma is the root of sigma2 with its sign, for corrected variances may be negative: what lies below
    zero is not distinguishable from zero. The dashed line is the upper end of the dummy's mu_star.

    Args:
        indices: of one readout, by Morris's method.
        ax: axes to draw into.
        named: so many of the strongest factors, if influential, have their names written.

    Raises:
        InputError: indices of another analysis.
    """
    stars = {r.factor: r for r in rows_of(indices, "mu_star")}
    spreads = {r.factor: r for r in rows_of(indices, "sigma2")}
    factors = [name for name in spreads if name in stars]
    x = np.array([stars[name].estimate for name in factors])
    variances = np.array([spreads[name].estimate for name in factors])
    y = np.sign(variances) * np.sqrt(np.abs(variances))
    colours = [_INFLUENTIAL if stars[name].influential else _OTHER for name in factors]
    ends = np.array([[stars[name].low, stars[name].high] for name in factors]).reshape(-1, 2).T
    reach = np.abs(np.where(np.isfinite(ends), ends, x) - x)  # none where it is not determined
    ax.errorbar(x, y, xerr=reach, fmt="none", ecolor="#c4c4c4", elinewidth=0.9, zorder=2)
    ax.scatter(x, y, c=colours, s=26, zorder=3)
    dummy = rows_of(indices, "mu_star")[-1]
    ax.axhline(0, color=MUTED, linewidth=0.8, zorder=1)
    ax.margins(x=0.16)
    strong = [i for i in np.argsort(-x)[:named] if stars[factors[i]].influential]
    close = 0.06 * float(np.ptp(y)) if len(y) else 0.0
    for place in strong:
        under = any(0 < y[other] - y[place] < close for other in strong)  # below a neighbour's name
        ax.annotate(
            factors[place],
            (x[place], y[place]),
            xytext=(5, -11 if under else 4),
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    if np.isfinite(dummy.high):
        ax.axvline(dummy.high, color=MUTED, linewidth=0.9, linestyle="--", zorder=1)
        ax.text(
            dummy.high,
            0.99,
            f" {dummy.factor}",
            transform=ax.get_xaxis_transform(),
            fontsize=8,
            color=MUTED,
            va="top",
        )
    ax.set_xlabel(f"µ* of {dummy.readout}")
    ax.set_ylabel("σ (root of σ² with its sign)")
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        number_format(axis, max(map(abs, limits)))
    frame(ax)


def draw_heat_map(
    by_time: Mapping[str, Indices], index: str, *, ax: "Axes", unit: str = "", most: int = 20
) -> "AxesImage":
    """An index of each factor over time: rows are the factors that are largest at any time.

    Args:
        by_time: the time as a number ("6") -> indices of the readout then, in the order of columns.
        index: its name.
        ax: axes to draw into.
        unit: of all times; "" where they have none.
        most: at most so many factors.

    Returns:
        The image, to add a colour bar. Grey is what is not determined.

    Raises:
        InputError: no such index, or nothing to draw.
    """
    from matplotlib import colormaps

    if not by_time:
        raise InputError(Problem(what="by_time", why="has no times"))
    columns = [{r.factor: r for r in rows_of(found, index)} for found in by_time.values()]
    names = list(columns[0])[:-1]
    values = np.array([[c[n].estimate if n in c else np.nan for c in columns] for n in names])
    size = np.nan_to_num(np.abs(values)).max(axis=1)
    order = np.argsort(-size, kind="stable")[:most]
    shown = values[order]
    reach = float(np.nanmax(np.abs(shown), initial=0.0)) or 1.0
    has_sign = bool((shown < -0.05 * reach).any())
    image = ax.imshow(
        shown,
        aspect="auto",
        cmap=colormaps["RdBu_r" if has_sign else "Blues"].with_extremes(bad="#e0e0e0"),
        vmin=-reach if has_sign else 0.0,
        vmax=reach,
        interpolation="nearest",
    )
    ax.set_yticks(range(len(order)), [names[i] for i in order])
    ax.set_xticks(range(len(columns)), list(by_time))
    if len(columns) > 8:
        ax.tick_params(axis="x", labelrotation=90)
    for row, place in enumerate(order):
        for column, found in enumerate(columns):
            factor = found.get(names[place])
            if factor is not None and factor.influential:
                level = abs(factor.estimate) / reach
                ax.plot(column, row, ".", color="white" if level > 0.6 else INK, markersize=4)
    when = f"time ({unit})" if unit else "time"
    ax.set_xlabel(f"{words(index)} over {when}; dots are influential", fontsize=9, color=MUTED)
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(colors=MUTED, labelsize=8.5, length=0)
    return image


def draw_scatter(design: Design, outputs: Outputs, factor: str, *, ax: "Axes") -> None:
    """The readout against one factor, over the rows of a design, with medians of ten slices.

    Args:
        design: the rows.
        outputs: the readout at each.
        factor: name of a column.
        ax: axes to draw into.

    Raises:
        InputError: no such factor.
    """
    names = design.space.names
    if factor not in names:
        what, way_out = f"factor {factor!r}", nearest(factor, names)
        raise InputError(Problem(what=what, why="is not in the design", way_out=way_out))
    column = names.index(factor)
    x, y = design.matrix[outputs.ok, column], outputs.estimate[outputs.ok]
    alpha = float(np.clip(150 / max(len(x), 1), 0.12, 0.7))
    ax.scatter(x, y, s=9, color=_INFLUENTIAL, alpha=alpha, linewidth=0, zorder=2)
    if len(x) >= 50:
        parts = np.array_split(np.argsort(x), 10)
        middle = [(np.median(x[part]), np.median(y[part])) for part in parts]
        ax.plot(*zip(*middle, strict=True), color=COLOURS[1], linewidth=1.8, zorder=3)
    if design.space.factors[column].scale == "log":
        _log_axis(ax)
    ax.set_xlabel(factor)
    ax.set_ylabel(outputs.readout)
    number_format(ax.yaxis, float(np.abs(y).max(initial=0.0)))
    frame(ax)


def rows_of(indices: Indices, index: str) -> Sequence[IndexRow]:
    """The rows of one index, the dummy's last. Raises InputError with the nearest name."""
    found = [row for row in indices.rows if row.index == index]
    if not found:
        known = {row.index for row in indices.rows}
        why = "is not among the indices" if known else "there are no indices"
        problem = Problem(what=f"index {index!r}", why=why, way_out=nearest(index, known))
        raise InputError(problem)
    return found


def _log_axis(ax: "Axes") -> None:
    """Ticks at 1, 2 and 5 times powers of ten, as numbers: a fold or two has no power within."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


# The figures of a study, as files: one idea each, in SVG and PNG.


_MOST = 15
_SCATTERS = 6


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure to draw: its file's name, the readout, a caption, and the function that draws it."""

    name: str
    readout: str
    caption: str
    draw: Callable[[], "Figure"]


def drawings(result: StudyResult) -> Iterator[Drawing]:
    """All figures of a study, readout by readout."""
    names = _file_names(list(result.indices))
    time_unit = result.about["time unit"]
    unit, scale = time_scale(result.about["t_end"], time_unit)  # one for all panels
    for readout, found in result.indices.items():
        index, top = result.headline(readout), result.top(readout, _MOST)
        if not top:
            continue
        name, index_words = names[readout], words(index)
        caption = (
            f"{readout}: {index_words} of the factors where it is largest, with intervals. Blue: "
            "influential, which means above the dummy by more than the error; grey band: the dummy."
        )
        draw = partial(_tornado, found, index, len(top))
        yield Drawing(name=f"{name}-tornado", readout=readout, caption=caption, draw=draw)
        if {"mu_star", "sigma2"} <= {row.index for row in found.rows}:
            caption = (
                f"{readout}: µ* is the mean size of a factor's effect, σ how much the effect depends "
                "on the values of all factors (nonlinear, or an interaction). Blue: influential; "
                "dashed: the dummy."
            )
            draw = partial(_mu_sigma, found)
            yield Drawing(name=f"{name}-mu-sigma", readout=readout, caption=caption, draw=draw)
        by_time = {
            f"{duration(time, 'time', time_unit) / scale:.3g}": indices
            for time, indices in result.over_time.get(readout, {}).items()
            if any(row.index == index for row in indices.rows)
        }
        if len(by_time) > 1:
            caption = f"{index_words} of the time course behind {readout}; a dot: influential."
            draw = partial(_heat_map, by_time, index, unit)
            yield Drawing(name=f"{name}-over-time", readout=readout, caption=caption, draw=draw)
        if result.design.rows_of_block == 1:  # rows are spread over the ranges
            caption = f"{readout} against the strongest factors; line: medians of ten slices."
            draw = partial(_scatters, result, readout, [row.factor for row in top[:_SCATTERS]])
            yield Drawing(name=f"{name}-scatter", readout=readout, caption=caption, draw=draw)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _tornado(found: Indices, index: str, size: int) -> "Figure":
    figure = _figure(7.2, 1.3 + 0.27 * (size + 1))
    draw_tornado(found, index, ax=figure.add_subplot(), most=_MOST)
    return figure


def _mu_sigma(found: Indices) -> "Figure":
    figure = _figure(6.6, 4.6)
    draw_mu_sigma(found, ax=figure.add_subplot())
    return figure


def _heat_map(by_time: Mapping[str, Indices], index: str, unit: str) -> "Figure":
    figure = _figure(7.6, 6.4)
    ax = figure.add_subplot()
    image = draw_heat_map(by_time, index, ax=ax, unit=unit)
    figure.set_size_inches(7.6, 1.6 + 0.24 * len(ax.get_yticks()))
    bar = figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02)
    bar.set_label(words(index), fontsize=9, color=MUTED)
    bar.ax.tick_params(colors=MUTED, labelsize=8.5)
    number_format(bar.ax.yaxis, max(map(abs, image.get_clim())))
    return figure


def _scatters(result: StudyResult, readout: str, factors: list[str]) -> "Figure":
    columns = min(3, len(factors))
    rows = -(-len(factors) // columns)
    figure = _figure(2.9 * columns, 2.5 * rows)
    for place, factor in enumerate(factors):
        ax = figure.add_subplot(rows, columns, place + 1)
        draw_scatter(result.design, result.outputs[readout], factor, ax=ax)
        if place % columns:
            ax.set_ylabel("")
    return figure


def write_figures(result: StudyResult, folder: str | Path) -> list[Path]:
    """Draw all into `folder`/figures, each as SVG and PNG; returns the files."""
    import matplotlib

    target = Path(folder) / "figures"
    target.mkdir(parents=True, exist_ok=True)
    files = []
    for drawing in drawings(result):
        figure = drawing.draw()
        with matplotlib.rc_context({"svg.hashsalt": "simnet"}):
            for kind in ("svg", "png"):
                path = target / f"{drawing.name}.{kind}"
                figure.savefig(path, dpi=160, metadata={"Date": None} if kind == "svg" else None)
                files.append(path)
    return files


def _file_names(readouts: list[str]) -> dict[str, str]:
    """Readouts as names of files, each its own."""
    found: dict[str, str] = {}
    for number, readout in enumerate(readouts, 1):
        plain = re.sub(r"[^A-Za-z0-9_.]+", "-", readout.replace("@", "-at-")).strip("-.")[:60]
        taken = {name.lower() for name in found.values()}
        name = plain if plain and plain.lower() not in taken else f"{plain}-{number}"
        while name.lower() in taken:  # "x-3" may be a readout itself
            name += "-"
        found[readout] = name
    return found
