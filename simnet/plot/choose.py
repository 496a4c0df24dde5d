"""What a figure of one panel shows: the axes it goes into, and the values it is made of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem, UnknownNameError
from simnet.network.network import Readout
from simnet.results.trajectories import Trajectories, positions, require_trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def one_panel(ax: "Axes | None", width: float = 5.2, height: float = 3.4) -> "tuple[Axes, Figure]":
    """The axes given and their figure, or new ones of that size in inches, unknown to pyplot."""
    if ax is not None:
        figure = ax.get_figure(root=True)
        assert figure is not None, "these axes were removed from their figure"
        return ax, figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from simnet.plot.figure import NotebookFigure

    layout = ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.08)
    figure = NotebookFigure(figsize=(width, height), dpi=110, layout=layout)
    return figure.subplots(), figure


def one_readout(run: Trajectories, name: str) -> tuple[int, Readout]:
    """The place of a readout, and what it is.

    Raises:
        InputError: no run.
        UnknownNameError: no such readout.
    """
    require_trajectories(run)
    places, unknown = positions([name], run.readout_names, "readout")
    if unknown:
        raise UnknownNameError(unknown)
    return places[0], run.readouts[places[0]]


def some_conditions(run: Trajectories, names: str | Sequence[str] | None) -> list[int]:
    """Places of conditions, all where no names are given.

    Raises:
        UnknownNameError: no such condition.
        InputError: an empty list.
    """
    if names is None:
        return list(range(len(run.conditions)))
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    places, unknown = positions(wanted, run.condition_names, "condition")
    if unknown:
        raise UnknownNameError(unknown)
    if not places:
        way_out = "leave it out for all"
        raise InputError(Problem(what="conditions", why="none given", way_out=way_out))
    return places


def finished_values(run: Trajectories, row: int, time: int, column: int) -> FloatArray:
    """(n,) values of the replicates that have one."""
    values = run.values[row, :, time, column]
    return np.asarray(values[~np.isnan(values)])


def is_counts(values: Sequence[FloatArray]) -> bool:
    """Whether all values are whole numbers."""
    return all(bool((v == np.floor(v)).all()) for v in values)
