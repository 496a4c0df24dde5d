"""The second half of `make demo`: two layers of tumour cells around a vessel, five treatments.

All arms are run by ODE, and some tumours under axitinib cell by cell (exact SSA) for its first days.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.cli.tables import number, table
from simnet.execute.simulate import simulate
from simnet.experiment.change import Change, Dose, Knockout
from simnet.network.network import Network
from simnet.plot.style import COLOURS, INK, MUTED, dress
from simnet.results.join import join
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.table import Table

AXITINIB = Dose("axitinib", nM=10)
ARMS: dict[str, tuple[Change, ...]] = {
    "vehicle": (),
    "axitinib": (AXITINIB,),
    "rapamycin": (Dose("rapamycin", nM=100),),
    "axitinib + rapamycin": (AXITINIB, Dose("rapamycin", nM=100)),
    "axitinib + MCT4 loss": (AXITINIB, Knockout("MCT4")),
}
CLOUD = "axitinib"  # the arm that is run cell by cell too
TREATED, LOOKED = 28, 14  # days under treatment, day of the table
FIRST, TUMOURS = 36, 4  # hours and number of the stochastic runs
BOTH = ("proximal", "distal")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A row of the table and a panel of the figure: a readout of both layers.

    Where `share` is not "", it is a readout of the distal layer, of which the proximal takes the rest.
    Values are shown divided by `scale`.
    """

    name: str
    title: str
    unit: str
    scale: float = 1.0
    share: str = ""


TOLD = (
    Told(name="GLUT1", title="GLUT1 (glucose in)", unit="1,000 molecules", scale=1e3),
    Told(name="MCT4", title="MCT4 (lactate out)", unit="1,000 molecules", scale=1e3),
    Told(name="MCT1_membrane", title="MCT1 (lactate in)", unit="1,000 molecules", scale=1e3),
    Told(name="pS6", title="pS6 (mTORC1 works)", unit="1,000 molecules", scale=1e3),
    Told(name="GLUT2", title="GLUT2 (more glucose in)", unit="1,000 molecules", scale=1e3),
    Told(name="lactate_flux", title="Lactate: in (+), out (-)", unit="million/s", scale=1e6),
    Told(name="glucose", title="Share of the glucose", unit="%", share="glucose_share_distal",
         scale=0.01),
    Told(name="viability", title="Viability", unit="%", scale=0.01),
)  # fmt: skip
WHOLE = ("tumour_burden", "perfusion")
CLOUDED = ("GLUT1_distal", "pS6_distal")
SHORT = ("vehicle", "axi", "rapa", "axi\n+ rapa", "axi\n- MCT4")  # the arms, below bars
CELL_COLOURS = {"proximal": "#D55E00", "distal": "#0072B2"}
HOUR = 3600.0


def readouts() -> tuple[str, ...]:
    """Names of all that is told."""
    pairs = [f"{t.name}_{cell}" for t in TOLD if not t.share for cell in BOTH]
    return (*pairs, *(t.share for t in TOLD if t.share), *WHOLE)


def treated(network: Network, workers: int | None) -> Trajectories:
    """Every arm from the vehicle's rest, by ODE."""
    return join(
        *(
            simulate(
                network,
                t_end=f"{TREATED} d",
                points=4 * TREATED + 1,
                equilibrate="120 d",
                changes=changes,
                readouts=readouts(),
                label=label,
                workers=workers,
            )
            for label, changes in ARMS.items()
        )
    )


def cloud(network: Network, seed: int, workers: int | None) -> Trajectories | None:
    """Some tumours under axitinib for its first days, exactly; None without the compiled engine,
    because it would take minutes.

    They start from the rest of the ODE, in whole molecules: to come to rest by SSA takes 120 days.
    """
    from simnet.claims.rest import whole_rest
    from simnet.cli.progress import progress
    from simnet.engines.compiled import available

    if not available():
        return None
    with progress("simulating tumours") as advance:
        return simulate(
            network,
            t_end=f"{FIRST} h",
            points=FIRST + 1,
            method="ssa",
            replicates=TUMOURS,
            seed=seed,
            changes=[*whole_rest(network, "120 d"), *ARMS[CLOUD]],
            readouts=CLOUDED,
            label=CLOUD,
            workers=workers,
            progress=advance,
        )


def arms_table(arms: Trajectories) -> "Table":
    """Each readout on one day in every arm: proximal and distal."""
    rows = []
    for told in TOLD:
        for cell, values in zip(BOTH, _on_the_day(arms, told), strict=True):
            first = [told.title, cell] if cell == BOTH[0] else ["", cell]
            shown = (number(round(float(v), 3)) for v in values)  # whole molecules
            rows.append([*first, told.unit, *shown])
    for name, title in zip(WHOLE, ("Tumour, of its start", "Blood, of its start"), strict=True):
        values = arms.values[:, 0, :, arms.readout_names.index(name)]
        rows.append([title, "", "%", *(number(100 * v[_day(arms)] / v[0]) for v in values)])
    heads = [label.replace(" + ", "\n+ ") for label in arms.condition_names]
    made = table(["", "cell", "unit", *heads], rows, text=3)
    for index in range(1, 2 * len(TOLD), 2):
        made.rows[index].end_section = True
    return made


def _day(arms: Trajectories) -> int:
    return int(np.argmin(np.abs(arms.times - LOOKED * 24 * HOUR)))


def _on_the_day(arms: Trajectories, told: Told) -> FloatArray:
    """(2, arms): proximal and distal."""
    place = _day(arms)

    def values(name: str) -> FloatArray:
        return arms.values[:, 0, place, arms.readout_names.index(name)] / told.scale

    if told.share:
        distal = values(told.share)
        return np.array([1 / told.scale - distal, distal])
    return np.array([values(f"{told.name}_{cell}") for cell in BOTH])


def arms_figure(arms: Trajectories, tumours: Trajectories | None) -> "Figure":
    """Above, bars of both layers in each arm on one day; below, the tumour and its blood over time,
    and the stochastic tumours with the deterministic one."""
    from simnet.plot.figure import NotebookFigure

    figure = NotebookFigure(figsize=(13, 9.2), layout="constrained")
    panels = figure.subplots(3, 4)
    for place, (axes, told) in enumerate(zip(panels[:2].flat, TOLD, strict=True)):
        _bars(axes, arms, told, labelled=place >= 4)
    for axes, name, title in zip(
        panels[2, :2], WHOLE, ("Tumour, of its start", "Functional vessels"), strict=True
    ):
        _lines(axes, arms, name, title)
    for axes, name, title in zip(
        panels[2, 2:], CLOUDED, ("GLUT1, distal cell", "pS6, distal cell"), strict=True
    ):
        _cloud(axes, arms, tumours, name, title)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    panels[0, 0].legend(handles, labels, frameon=False, fontsize=8.5, loc="upper left")
    figure.suptitle(
        f"Symbiosis of tumour cells at a vessel and behind them: day {LOOKED} of five treatments",
        fontsize=13,
        fontweight="bold",
    )
    return figure


def _bars(axes: "Axes", arms: Trajectories, told: Told, *, labelled: bool) -> None:
    dress(axes, told.title, told.unit)
    places = np.arange(len(arms.condition_names))
    for shift, cell, values in zip((-0.2, 0.2), BOTH, _on_the_day(arms, told), strict=True):
        axes.bar(places + shift, values, width=0.38, color=CELL_COLOURS[cell], label=f"{cell} cell")
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xticks(places, SHORT if labelled else [""] * len(places), fontsize=8.5)
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.12)
    if told.name == TOLD[0].name:
        axes.set_ylim(top=1.45 * axes.get_ylim()[1])  # room for the legend


def _lines(axes: "Axes", arms: Trajectories, name: str, title: str) -> None:
    dress(axes, title, "%")
    days = arms.times / (24 * HOUR)
    for label, colour, values in zip(
        arms.condition_names,
        COLOURS,
        arms.values[:, 0, :, arms.readout_names.index(name)],
        strict=False,
    ):
        axes.plot(days, 100 * values / values[0], color=colour, lw=2, label=label)
    axes.axvline(LOOKED, color=MUTED, lw=0.8, ls=":")
    axes.set_ylim(bottom=0, top=112)
    axes.set_xlim(0, days[-1])
    axes.set_xlabel("days of treatment", fontsize=9, color=MUTED)
    if name == WHOLE[0]:
        axes.legend(frameon=False, fontsize=8, loc="lower left")


def _cloud(
    axes: "Axes", arms: Trajectories, tumours: Trajectories | None, name: str, title: str
) -> None:
    dress(axes, title, "1,000 molecules")
    row = arms.condition_names.index(CLOUD)
    shown = arms.times <= FIRST * HOUR
    line = arms.values[row, 0, :, arms.readout_names.index(name)] / 1e3
    if tumours is not None:
        values = tumours.values[0, :, :, tumours.readout_names.index(name)] / 1e3
        label = f"{len(values)} single tumours (SSA)"
        for place, run in enumerate(values):
            shade = CELL_COLOURS["distal"]
            axes.plot(tumours.times / HOUR, run, color=shade, lw=0.8, alpha=0.6,
                      label=label if place == 0 else None)  # fmt: skip
    axes.plot(arms.times[shown] / HOUR, line[shown], color=INK, lw=1.8, ls="--", label="ODE")
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, FIRST)
    axes.set_xlabel(f"hours of {CLOUD}", fontsize=9, color=MUTED)
    if name == CLOUDED[0]:
        axes.legend(frameon=False, fontsize=8, loc="lower right")
