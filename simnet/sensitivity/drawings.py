"""The figures of a study, as files: one idea each, in SVG and PNG."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simnet.experiment.times import duration
from simnet.plot.style import MUTED, number_format, time_scale
from simnet.sensitivity.figures import draw_heat_map, draw_mu_sigma, draw_scatter, draw_tornado
from simnet.sensitivity.indices import words
from simnet.sensitivity.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = "figures"
_MOST = 15
_SCATTERS = 6


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure that can be drawn: its file's name, the readout, what it shows, and how."""

    name: str
    readout: str
    caption: str
    draw: Callable[[], "Figure"]


def drawings(result: StudyResult) -> Iterator[Drawing]:
    """All that a study can show, readout by readout."""
    from matplotlib.figure import Figure

    names = _file_names(list(result.indices))
    time_unit = result.about["time unit"]
    unit, scale = time_scale(result.about["t_end"], time_unit)  # one for all panels
    for readout, found in result.indices.items():
        index = result.headline(readout)
        top = result.top(readout, _MOST)
        if not index or not top:
            continue
        size, name = len(top), names[readout]

        def tornado(found=found, index=index, size=size) -> Figure:  # type: ignore[no-untyped-def]
            figure = Figure(figsize=(7.2, 1.3 + 0.27 * (size + 1)), layout="constrained")
            draw_tornado(found, index, ax=figure.add_subplot(), most=_MOST)
            return figure

        named = words(index)
        caption = (
            f"{readout}: {named} of the factors where it is largest, with intervals. Blue: "
            "influential, which means above the dummy by more than the error; grey band: the dummy."
        )
        yield Drawing(name=f"{name}-tornado", readout=readout, caption=caption, draw=tornado)
        if {"mu_star", "sigma2"} <= {row.index for row in found.rows}:

            def plane(found=found) -> Figure:  # type: ignore[no-untyped-def]
                figure = Figure(figsize=(6.6, 4.6), layout="constrained")
                draw_mu_sigma(found, ax=figure.add_subplot())
                return figure

            caption = (
                f"{readout}: µ* is the mean size of a factor's effect, σ how much the effect changes "
                "with where it is looked at (not linear, or an interaction). Blue: influential; "
                "dashed: the dummy."
            )
            yield Drawing(name=f"{name}-mu-sigma", readout=readout, caption=caption, draw=plane)
        known = {
            f"{duration(time, 'time', time_unit) / scale:.3g}": seen
            for time, seen in result.over_time.get(readout, {}).items()
            if any(row.index == index for row in seen.rows)
        }
        if len(known) > 1:

            def heat(known=known, index=index) -> Figure:  # type: ignore[no-untyped-def]
                figure = Figure(figsize=(7.6, 1.6 + 0.24 * 20), layout="constrained")
                ax = figure.add_subplot()
                image = draw_heat_map(known, index, ax=ax, unit=unit)
                figure.set_size_inches(7.6, 1.6 + 0.24 * len(ax.get_yticks()))
                bar = figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02)
                bar.set_label(words(index), fontsize=9, color=MUTED)
                bar.ax.tick_params(colors=MUTED, labelsize=8.5)
                number_format(bar.ax.yaxis, max(map(abs, image.get_clim())))
                return figure

            caption = f"{named} over time, of what {readout} is taken from; a dot: influential."
            yield Drawing(name=f"{name}-over-time", readout=readout, caption=caption, draw=heat)
        if result.design.method in ("prcc", "pawn"):

            def scatter(readout=readout, top=top) -> Figure:  # type: ignore[no-untyped-def]
                return _scatters(result, readout, [row.factor for row in top[:_SCATTERS]])

            caption = f"{readout} against the strongest factors; line: medians of ten slices."
            yield Drawing(name=f"{name}-scatter", readout=readout, caption=caption, draw=scatter)


def write_figures(result: StudyResult, folder: str | Path) -> list[Path]:
    """Draw all into `folder`/figures, each as SVG and PNG; returns the files."""
    import matplotlib

    target = Path(folder) / FIGURES
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


def _scatters(result: StudyResult, readout: str, factors: list[str]) -> "Figure":
    from matplotlib.figure import Figure

    columns = min(3, len(factors))
    rows = int(np.ceil(len(factors) / columns))
    figure = Figure(figsize=(2.9 * columns, 2.5 * rows), layout="constrained")
    for place, factor in enumerate(factors):
        ax = figure.add_subplot(rows, columns, place + 1)
        draw_scatter(result.design, result.outputs[readout], factor, ax=ax)
        if place % columns:
            ax.set_ylabel("")
    return figure


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
