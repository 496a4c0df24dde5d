"""`simnet run`: simulate, and show, save, plot or print what comes out."""

from pathlib import Path
from typing import Annotated

import typer

from simnet.cli.options import (
    CopiesOption,
    KineticsOption,
    Source,
    VolumeOption,
    WorkersOption,
    end_of_run,
    loaded,
    require_one_output,
    workers_of,
)
from simnet.cli.output import (
    check_folder,
    complain,
    console,
    count,
    drawn,
    heading,
    interrupted,
    overview,
    print_csv,
    print_json,
    progress,
    refuge,
    run_data,
    saved,
    say,
    wrote,
)
from simnet.cli.run_options import RunFields, with_run_options
from simnet.execute.simulate import Interrupted, simulate
from simnet.experiment.run import HALF_HOURS
from simnet.network.network import Network
from simnet.results.trajectories import Trajectories

_OUTPUT = "Output"


@with_run_options(
    method="ode (CVODE) or ssa (Gillespie); by default ode, and ssa for several replicates."
)
def run_command(
    source: Source,
    run: RunFields,
    workers: WorkersOption = None,
    readout: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Readout, species or parameter; may be repeated."),
    ] = None,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Save the run (Trajectories.load reads it) and summary.csv.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    plot: Annotated[
        bool,
        typer.Option(
            "--plot",
            help="Draw the readouts: NETWORK.png and .svg in --out, or simnet-NETWORK.png here. "
            "Takes no file name.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Record and summary as JSON on stdout.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    as_csv: Annotated[
        bool,
        typer.Option("--csv", help="The summary as CSV on stdout.", rich_help_panel=_OUTPUT),
    ] = False,
) -> None:
    """Simulate a network.

    --change acts at t = 0, --at later, --background before the start as well. Ctrl-C stops the run
    and saves the finished replicates.

    Examples:
        simnet run hypoxia --equilibrate "72 h" --change O2_percent=1 --plot
        simnet run hypoxia --replicates 100 --seed 1 --change "HIF1A=knockdown 0.9"
        simnet run hypoxia --change O2_percent=1 --at "24h: O2_percent=20"
        simnet run model.xml --method ssa --t-end 100 --csv > summary.csv
    """
    require_one_output(as_json=as_json, as_csv=as_csv)
    if out is not None:
        check_folder(out)
    network = loaded(source, kinetics, volume=volume, copies=copies)
    if "t_end" not in run:
        run["t_end"] = end_of_run(network)
    several = run.get("replicates", 1) > 1 or "precision" in run
    run.setdefault("points", HALF_HOURS)
    method: str = run.setdefault("method", "ssa" if several else "ode")
    try:
        with progress(f"{network.id}, {method.upper()}") as advance:
            result = simulate(
                network,
                readouts=readout or None,
                workers=workers_of(workers),
                progress=advance,
                **run,
            )
    except Interrupted as stop:
        raise interrupted(_save_finished(stop.trajectories, out)) from None
    files = saved(result, out) if out is not None else []
    if plot:
        files += _plot(result, out)
    if as_json:
        print_json(run_data(result, files))
    elif as_csv:
        print_csv(result.summary())
        for line in wrote(files):
            complain(line)
    else:
        _print(result, network, files)


def _plot(run: Trajectories, out: Path | None) -> list[Path]:
    from simnet.plot.series import plot_series

    name = run.record.network
    if out is None:
        return drawn(plot_series(run), [Path(f"simnet-{name}.png")])
    return drawn(plot_series(run), [out / f"{name}.png", out / f"{name}.svg"])


def _print(run: Trajectories, network: Network, files: list[Path]) -> None:
    say(heading(run), style="bold")
    console().print(overview(run))
    for line in wrote(files):
        say(line)
    if network.suggested_equilibration and run.conditions[0].equilibrate is None:
        complain(
            "note: the run started from the declared amounts, not from equilibrium; "
            f'--equilibrate "{network.suggested_equilibration}" starts it from there'
        )


def _save_finished(run: Trajectories | None, out: Path | None) -> str:
    """Save what an interrupted run has finished; says where."""
    if run is None:
        return "no replicate had finished, so nothing was saved"
    folder = refuge(run) if out is None else out
    saved(run, folder)
    done = count(int(run.finished.sum()), "finished replicate")
    return f"{folder} holds {done} of {run.record.run.count}"
