"""`make demo`: cells under hypoxia, deterministic and stochastic, then the symbiosis of two layers of
tumour cells under five treatments.

The step from 20 % to 1 % oxygen is run by roadrunner's CVODE and by exact SSA; before that both
engines for SSA run the same cells for some hours and are compared.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from simnet.cli.demo_tumour import LOOKED, arms_figure, arms_table, cloud, treated
from simnet.cli.exits import INTERRUPTED, complain, finish
from simnet.cli.outcome import check_folder, drawn
from simnet.cli.tables import console, fold, number, spread, table, unit_text
from simnet.execute.simulate import Interrupted, simulate
from simnet.experiment.change import Set
from simnet.experiment.schedule import At
from simnet.network.network import Network
from simnet.results.moments import ensemble_moments
from simnet.results.trajectories import Trajectories
from simnet.rules.load import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

READOUTS = ("O2", "HIF1A", "GLUT1", "MCT4", "VEGFA_mRNA", "VEGF")
BOTH = 200  # cells that each engine runs for the comparison
BEFORE, AFTER = 6, 48  # hours at 20 % that are shown, hours at 1 %
LOOKS = (-BEFORE, 4, 24, 48)  # hours after the step at which the table looks
_HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """Both runs of the step; times are in seconds from `BEFORE` hours ahead of it."""

    ode: Trajectories
    ssa: Trajectories


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
    network = load("hypoxia")
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
    except Interrupted as stop:
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
    tumour = load("symbiosis")
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


def simulated(network: Network, replicates: int, seed: int, workers: int | None) -> Step:
    """The step under CVODE and by exact SSA."""
    from simnet.cli.progress import progress

    points = 2 * (BEFORE + AFTER) + 1
    step = At(f"{BEFORE} h", Set("O2_percent", 1.0))
    with progress("simulating cells") as advance:
        ode = simulate(
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
        ssa = simulate(
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


def comparison(runs: Step) -> "Table":
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
        made.rows[index].end_section = True
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
    from simnet.plot.series import plot_series

    ode, ssa = (replace(run, times=run.times - BEFORE * _HOUR) for run in (runs.ode, runs.ssa))
    drawing = plot_series(ssa, overlay=ode, replicates=60)
    drawing.suptitle("Cells after a step from 20 % to 1 % oxygen", fontsize=12, fontweight="bold")
    for axes in drawing.axes:
        axes.axvspan(-BEFORE, 0, color="#f6efda", zorder=0, linewidth=0)
        if axes.get_xlabel():
            axes.set_xlabel("hours at 1 % oxygen (shaded: 20 %)", fontsize=9)
    return drawing


def engines_agree(network: Network, seed: int, workers: int | None) -> str:
    """Whether roadrunner and the compiled engine give the same cells, in one line."""
    from simnet.engines.compiled import available

    if not available():
        return "The compiled engine was not built (no C compiler): roadrunner runs SSA."
    runs = [
        simulate(
            network, t_end="2 h", points=2, method="ssa", replicates=BOTH, seed=seed + place,
            engine=engine, workers=workers, changes=Set("O2_percent", 1.0), readouts=READOUTS,
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


def _places(run: Trajectories) -> Sequence[int]:
    """Where in the run's times the table looks."""
    wanted = [(hours + BEFORE) * _HOUR for hours in LOOKS]
    return [int(np.argmin(np.abs(run.times - seconds))) for seconds in wanted]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the demo and exit."""
    app = typer.Typer(add_completion=False)
    app.command()(demo_command)
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(finish(lambda: app(given, prog_name="simnet.cli.demo", standalone_mode=False)))


if __name__ == "__main__":
    main()
