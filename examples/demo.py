"""`make demo`: cells under hypoxia, deterministic and stochastic, then the symbiosis of two layers of
tumour cells under five treatments.

The step from 20 % to 1 % oxygen is run by roadrunner's CVODE and by exact SSA, and both SSA engines
run the same cells for some hours and are compared. The arms of the tumour are run by ODE, and some
tumours under axitinib cell by cell (exact SSA) for its first days.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

import simnet as sn
from simnet.arrays import FloatArray
from simnet.cli.output import (
    INTERRUPTED,
    Sheet,
    check_folder,
    complain,
    console,
    drawn,
    finish,
    fold,
    number,
    progress,
    spread,
    table,
    unit_text,
)
from simnet.engines.compiled import available
from simnet.experiment.change import Change
from simnet.plot.style import COLOURS, INK, MUTED, dress
from simnet.results.moments import ensemble_moments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

READOUTS = ("O2", "HIF1A", "GLUT1", "MCT4", "VEGFA_mRNA", "VEGF")
BOTH = 200  # cells that each engine runs for the comparison
BEFORE, AFTER = 6, 48  # hours at 20 % that are shown, hours at 1 %
LOOKS = (-BEFORE, 4, 24, 48)  # hours after the step at which the table looks
_HOUR = 3600.0

# The second half: two layers of tumour cells around a vessel.
AXITINIB = sn.Dose("axitinib", nM=10)
ARMS: dict[str, tuple[Change, ...]] = {
    "vehicle": (),
    "axitinib": (AXITINIB,),
    "rapamycin": (sn.Dose("rapamycin", nM=100),),
    "axitinib + rapamycin": (AXITINIB, sn.Dose("rapamycin", nM=100)),
    "axitinib + MCT4 loss": (AXITINIB, sn.Knockout("MCT4")),
}
CLOUD = "axitinib"  # the arm that is run cell by cell too
TREATED, LOOKED = 28, 14  # days under treatment, day of the table
FIRST, TUMOURS = 36, 4  # hours and number of the stochastic runs
CELLS = ("proximal", "distal")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A row of the table and a panel of the figure: a readout of both layers.

    Where `share` is not "", it is a readout of the distal layer, of which the proximal takes the rest.
    Values are shown divided by `scale`.
    """

    name: str
    title: str
    unit: str
    scale: float = 1.0
    share: str = ""


SHOWN = (
    Shown(name="GLUT1", title="GLUT1 (glucose in)", unit="1,000 molecules", scale=1e3),
    Shown(name="MCT4", title="MCT4 (lactate out)", unit="1,000 molecules", scale=1e3),
    Shown(name="MCT1_membrane", title="MCT1 (lactate in)", unit="1,000 molecules", scale=1e3),
    Shown(name="pS6", title="pS6 (mTORC1 works)", unit="1,000 molecules", scale=1e3),
    Shown(name="GLUT2", title="GLUT2 (more glucose in)", unit="1,000 molecules", scale=1e3),
    Shown(name="lactate_flux", title="Lactate: in (+), out (-)", unit="million/s", scale=1e6),
    Shown(name="glucose", title="Share of the glucose", unit="%", share="glucose_share_distal",
         scale=0.01),
    Shown(name="viability", title="Viability", unit="%", scale=0.01),
)  # fmt: skip
WHOLE = ("tumour_burden", "perfusion")
CLOUDED = ("GLUT1_distal", "pS6_distal")
SHORT = ("vehicle", "axi", "rapa", "axi\n+ rapa", "axi\n- MCT4")  # the arms, below bars
CELL_COLOURS = {"proximal": "#D55E00", "distal": "#0072B2"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """Both runs of the step; times are in seconds from `BEFORE` hours ahead of it."""

    ode: sn.Trajectories
    ssa: sn.Trajectories


def demo_command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results go.")] = Path("demo"),
    replicates: Annotated[int, typer.Option(metavar="N", min=2, help="Stochastic cells.")] = 48,
    seed: Annotated[int, typer.Option(metavar="N", help="Root seed.")] = 1,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes; all processors if not given.")
    ] = None,
) -> None:
    """Cells after a step from 20 % to 1 % oxygen, and two layers of a tumour under five treatments:
    tables, and figures in DIR."""
    started = time.monotonic()
    for name in ("ode", "ssa", "tumour"):
        check_folder(out / name)
    network = sn.load("hypoxia")
    screen = console()
    screen.print("Cells after a step from 20 % to 1 % oxygen", style="bold", highlight=False)
    screen.print(
        f"{network.id}: {len(network.species)} species, {len(network.reactions)} reactions. "
        f"A deterministic run (CVODE in roadrunner) and {replicates} cells (exact SSA): 72 h in 20 % "
        f"O2 to come to rest, then {AFTER} h in 1 %.",
        highlight=False,
    )
    try:
        runs = simulated(network, replicates, seed, workers)
    except sn.Interrupted as stop:
        if stop.trajectories is not None:
            folder = stop.trajectories.save(out / "ssa")
            done = int(stop.trajectories.finished.sum())
            complain(f"interrupted; {folder} holds {done} of {replicates} cells")
        else:
            complain("interrupted; no cell was finished, so nothing was saved")
        raise typer.Exit(INTERRUPTED) from None
    runs.ode.save(out / "ode")
    runs.ssa.save(out / "ssa")
    figures = drawn(figure(runs), [out / "hypoxia.png", out / "hypoxia.svg"])
    screen.print(comparison(runs))
    screen.print(agreement(runs), highlight=False)
    screen.print(engines_agree(network, seed, workers), highlight=False)
    tumour = sn.load("symbiosis")
    arms, tumours = treated(tumour, workers), cloud(tumour, seed, workers)
    arms.save(out / "tumour")
    figures += drawn(arms_figure(arms, tumours), [out / "symbiosis.png", out / "symbiosis.svg"])
    screen.print("\nTwo layers of a tumour around a vessel", style="bold", highlight=False)
    screen.print(
        "symbiosis: cells at the vessel (proximal) and behind them (distal). Deterministic, from rest "
        f"under vehicle; axitinib 10 nM, rapamycin 100 nM. Day {LOOKED}:",
        highlight=False,
    )
    screen.print(arms_table(arms))
    names = [str(path) for path in (*figures, out / "ode", out / "ssa", out / "tumour")]
    taken = time.monotonic() - started
    screen.print(f"Wrote {', '.join(names)}; {taken:.0f} s.", highlight=False)


def simulated(network: sn.Network, replicates: int, seed: int, workers: int | None) -> Step:
    """The step under CVODE and by exact SSA."""
    points = 2 * (BEFORE + AFTER) + 1
    step = sn.At(f"{BEFORE} h", sn.Set("O2_percent", 1.0))
    with progress("simulating cells") as advance:
        ode = sn.simulate(
            network,
            t_end=f"{BEFORE + AFTER} h",
            points=points,
            method="ode",
            engine="roadrunner",
            equilibrate="72 h",
            schedule=step,
            readouts=READOUTS,
            label="20 % to 1 % O2",
            workers=workers,
        )
        ssa = sn.simulate(
            network,
            t_end=f"{BEFORE + AFTER} h",
            points=points,
            method="ssa",
            replicates=replicates,
            seed=seed,
            workers=workers,
            equilibrate="72 h",
            schedule=step,
            readouts=READOUTS,
            label="20 % to 1 % O2",
            progress=advance,
        )
    return Step(ode=ode, ssa=ssa)


def comparison(runs: Step) -> Sheet:
    """Each readout before the step and after it: the ODE, the mean of the cells, their spread."""
    rows: list[list[str]] = []
    found = ensemble_moments(runs.ssa.values[0], axis=0)
    places = _places(runs.ssa)
    for column, readout in enumerate(runs.ssa.readouts):
        ode = [float(runs.ode.values[0, 0, t, column]) for t in places]
        mean, sem, sd = (
            [float(m[t, column]) for t in places] for m in (found.mean, found.sem, found.sd)
        )
        sems, sds = (map(number, map(spread, width, mean)) for width in (sem, sd))
        rows += [
            [readout.name, "ODE", *map(number, ode), fold(ode[0], ode[-1])],
            [unit_text(readout.unit), "cells", *map(number, mean), fold(mean[0], mean[-1])],
            ["", "± sem", *sems, ""],
            ["", "sd", *sds, ""],
        ]
    later = [f"1 % O2\n{hours} h" for hours in LOOKS[1:]]
    made = table(["readout", "", "20 % O2\nat rest", *later, "fold\nchange"], rows, text=2)
    for index in range(3, len(rows) - 1, 4):
        made.sections.add(index)
    return made


def agreement(runs: Step) -> str:
    """How far the mean of the cells is from the deterministic line, in standard errors."""
    found = ensemble_moments(runs.ssa.values[0], axis=0)
    places = _places(runs.ssa)
    ode, mean, sem = runs.ode.values[0, 0][places], found.mean[places], found.sem[places]
    noisy = sem > 1e-9 * np.abs(mean)  # oxygen has no noise
    scores = np.abs(mean - ode)[noisy] / sem[noisy]
    ode_engine, ssa_engine = (
        f"{run.engine} {run.record.versions[run.engine]}" for run in (runs.ode, runs.ssa)
    )
    return (
        f"The mean of the {int(runs.ssa.finished.sum())} cells is within 2 standard errors of the "
        f"deterministic line in {int((scores <= 2).sum())} of {len(scores)} places "
        f"(at most {scores.max(initial=0.0):.1f} away). Engines: {ode_engine} and {ssa_engine}."
    )


def figure(runs: Step) -> "Figure":
    """The deterministic line in the cloud of cells; time 0 is the step."""
    ode, ssa = (replace(run, times=run.times - BEFORE * _HOUR) for run in (runs.ode, runs.ssa))
    drawing = sn.plot_series(ssa, overlay=ode, replicates=60)
    drawing.suptitle("Cells after a step from 20 % to 1 % oxygen", fontsize=12, fontweight="bold")
    for axes in drawing.axes:
        axes.axvspan(-BEFORE, 0, color="#f6efda", zorder=0, linewidth=0)
        if axes.get_xlabel():
            axes.set_xlabel("hours at 1 % oxygen (shaded: 20 %)", fontsize=9)
    return drawing


def engines_agree(network: sn.Network, seed: int, workers: int | None) -> str:
    """Whether roadrunner and the compiled engine give the same cells, in one line."""
    if not available():
        return "The compiled engine was not built (no C compiler): roadrunner runs SSA."
    runs = [
        sn.simulate(
            network, t_end="2 h", points=2, method="ssa", replicates=BOTH, seed=seed + place,
            engine=engine, workers=workers, changes=sn.Set("O2_percent", 1.0), readouts=READOUTS,
        )
        for place, engine in enumerate(("roadrunner", "compiled"))
    ]  # fmt: skip
    found = [ensemble_moments(run.values[0, :, -1], axis=0) for run in runs]
    error = np.hypot(found[0].sem, found[1].sem)
    noisy = error > 1e-9 * np.abs(found[0].mean)  # oxygen has no noise, only rounding
    scores = np.abs(found[0].mean - found[1].mean)[noisy] / error[noisy]
    version = runs[0].record.versions["roadrunner"]
    verdict = "agree" if scores.max(initial=0.0) < 4 else "DISAGREE"
    return (
        f"roadrunner {version} and the compiled engine {verdict}: {BOTH} cells each after 2 h at 1 %, "
        f"means of {len(scores)} readouts at most {scores.max(initial=0.0):.1f} standard errors apart."
    )


def _places(run: sn.Trajectories) -> Sequence[int]:
    """Where in the run's times the table looks."""
    wanted = [(hours + BEFORE) * _HOUR for hours in LOOKS]
    return [int(np.argmin(np.abs(run.times - seconds))) for seconds in wanted]


def readouts() -> tuple[str, ...]:
    """Names of all that is shown."""
    pairs = [f"{t.name}_{cell}" for t in SHOWN if not t.share for cell in CELLS]
    return (*pairs, *(t.share for t in SHOWN if t.share), *WHOLE)


def treated(network: sn.Network, workers: int | None) -> sn.Trajectories:
    """Every arm from the vehicle's rest, by ODE."""
    return sn.join(
        *(
            sn.simulate(
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


def cloud(network: sn.Network, seed: int, workers: int | None) -> sn.Trajectories | None:
    """Some tumours under axitinib for its first days, exactly; None without the compiled engine,
    because it would take minutes.

    They start from the rest of the ODE, in whole molecules: to come to rest by SSA takes 120 days.
    """
    from simnet.claims.suite import whole_rest

    if not available():
        return None
    with progress("simulating tumours") as advance:
        return sn.simulate(
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


def arms_table(arms: sn.Trajectories) -> Sheet:
    """Each readout on one day in every arm: proximal and distal."""
    rows = []
    for item in SHOWN:
        for cell, values in zip(CELLS, _on_the_day(arms, item), strict=True):
            first = [item.title, cell] if cell == CELLS[0] else ["", cell]
            shown = (number(round(float(v), 3)) for v in values)  # whole molecules
            rows.append([*first, item.unit, *shown])
    for name, title in zip(WHOLE, ("Tumour, of its start", "Blood, of its start"), strict=True):
        values = arms.values[:, 0, :, arms.readout_names.index(name)]
        rows.append([title, "", "%", *(number(100 * v[_day(arms)] / v[0]) for v in values)])
    heads = [label.replace(" + ", "\n+ ") for label in arms.condition_names]
    made = table(["", "cell", "unit", *heads], rows, text=3)
    for index in range(1, 2 * len(SHOWN), 2):
        made.sections.add(index)
    return made


def _day(arms: sn.Trajectories) -> int:
    return int(np.argmin(np.abs(arms.times - LOOKED * 24 * _HOUR)))


def _on_the_day(arms: sn.Trajectories, item: Shown) -> FloatArray:
    """(2, arms): proximal and distal."""
    place = _day(arms)

    def values(name: str) -> FloatArray:
        return arms.values[:, 0, place, arms.readout_names.index(name)] / item.scale

    if item.share:
        distal = values(item.share)
        return np.array([1 / item.scale - distal, distal])
    return np.array([values(f"{item.name}_{cell}") for cell in CELLS])


def arms_figure(arms: sn.Trajectories, tumours: sn.Trajectories | None) -> "Figure":
    """Above, bars of both layers in each arm on one day; below, the tumour and its blood over time,
    and the stochastic tumours with the deterministic one."""
    from simnet.plot.figure import NotebookFigure

    figure = NotebookFigure(figsize=(13, 9.2), layout="constrained")
    panels = figure.subplots(3, 4)
    for place, (axes, item) in enumerate(zip(panels[:2].flat, SHOWN, strict=True)):
        _bars(axes, arms, item, labelled=place >= 4)
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


def _bars(axes: "Axes", arms: sn.Trajectories, item: Shown, *, labelled: bool) -> None:
    dress(axes, item.title, item.unit)
    places = np.arange(len(arms.condition_names))
    for shift, cell, values in zip((-0.2, 0.2), CELLS, _on_the_day(arms, item), strict=True):
        axes.bar(places + shift, values, width=0.38, color=CELL_COLOURS[cell], label=f"{cell} cell")
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xticks(places, SHORT if labelled else [""] * len(places), fontsize=8.5)
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.12)
    if item.name == SHOWN[0].name:
        axes.set_ylim(top=1.45 * axes.get_ylim()[1])  # room for the legend


def _lines(axes: "Axes", arms: sn.Trajectories, name: str, title: str) -> None:
    dress(axes, title, "%")
    days = arms.times / (24 * _HOUR)
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
    axes: "Axes", arms: sn.Trajectories, tumours: sn.Trajectories | None, name: str, title: str
) -> None:
    dress(axes, title, "1,000 molecules")
    row = arms.condition_names.index(CLOUD)
    shown = arms.times <= FIRST * _HOUR
    line = arms.values[row, 0, :, arms.readout_names.index(name)] / 1e3
    if tumours is not None:
        values = tumours.values[0, :, :, tumours.readout_names.index(name)] / 1e3
        label = f"{len(values)} single tumours (SSA)"
        for place, run in enumerate(values):
            shade = CELL_COLOURS["distal"]
            axes.plot(tumours.times / _HOUR, run, color=shade, lw=0.8, alpha=0.6,
                      label=label if place == 0 else None)  # fmt: skip
    axes.plot(arms.times[shown] / _HOUR, line[shown], color=INK, lw=1.8, ls="--", label="ODE")
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, FIRST)
    axes.set_xlabel(f"hours of {CLOUD}", fontsize=9, color=MUTED)
    if name == CLOUDED[0]:
        axes.legend(frameon=False, fontsize=8, loc="lower right")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the demo and exit."""
    app = typer.Typer(add_completion=False)
    app.command()(demo_command)
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(finish(lambda: app(given, prog_name="demo.py", standalone_mode=False)))


if __name__ == "__main__":
    main()
