"""`simnet run`: simulate, and show, save, plot or print what comes out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from simnet.cli.changes import AtOption, BackgroundOption, ChangeOption, VariabilityOption, given
from simnet.cli.exits import complain, interrupted
from simnet.cli.options import (
    AllowNegativeOption,
    CopiesOption,
    EndOption,
    EquilibrateOption,
    KineticsOption,
    Source,
    VolumeOption,
    WorkersOption,
    end_of_run,
    loaded,
    require_one_output,
    workers_of,
)
from simnet.cli.output import console, count, print_csv, print_json, say
from simnet.execute.simulate import Interrupted, simulate
from simnet.experiment.notation import read_variability
from simnet.network.network import Network
from simnet.results.trajectories import Trajectories

_OUTPUT = "Output"


def run_command(
    source: Source,
    method: Annotated[
        Literal["ode", "ssa"] | None,
        typer.Option(
            help="ode (CVODE) or ssa (Gillespie); by default ode, and ssa for several replicates."
        ),
    ] = None,
    replicates: Annotated[int, typer.Option(metavar="N", help="Independent SSA runs.")] = 1,
    t_end: EndOption = None,
    points: Annotated[int, typer.Option(metavar="N", help="Output times, evenly spaced.")] = 97,
    equilibrate: EquilibrateOption = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Root seed of SSA; random by default.")
    ] = None,
    workers: WorkersOption = None,
    readout: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Readout, species or parameter; may be repeated."),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="auto, compiled, roadrunner or reference; for ssa auto takes the fastest that is exact.",
        ),
    ] = "auto",
    timeout: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Wall time that one replicate may take."),
    ] = None,
    rtol: Annotated[
        float, typer.Option(metavar="R", help="Relative tolerance of the ODE integrator.")
    ] = 1e-8,
    max_step: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Longest step of the ODE integrator."),
    ] = None,
    allow_negative: AllowNegativeOption = False,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    change: ChangeOption = [],  # noqa: B006 - typer makes a new list
    at: AtOption = [],  # noqa: B006
    background: BackgroundOption = [],  # noqa: B006
    variability: VariabilityOption = [],  # noqa: B006
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
            help="Draw: NETWORK.png and .svg in --out, or simnet-NETWORK.png here.",
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

    --change and --background say what is done, --at when. Ctrl-C stops the run and saves the
    finished replicates.

    Examples:
        simnet run hypoxia --equilibrate "72 h" --change O2_percent=1 --plot
        simnet run hypoxia --replicates 100 --seed 1 --change "HIF1A=knockdown 0.9"
        simnet run hypoxia --change O2_percent=1 --at "24h: O2_percent=20"
        simnet run model.xml --method ssa --t-end 100 --csv > summary.csv
    """
    from simnet.cli.output import check_folder, progress, run_data, saved

    done = given(change, at, background)
    require_one_output(as_json=as_json, as_csv=as_csv)
    if out is not None:
        check_folder(out)
    network = loaded(source, kinetics, volume=volume, copies=copies)
    end = end_of_run(network, t_end)
    chosen = method or ("ssa" if replicates > 1 else "ode")
    try:
        with progress(f"{network.id}, {chosen.upper()}") as advance:
            run = simulate(
                network,
                t_end=end,
                points=points,
                method=chosen,
                replicates=replicates,
                seed=seed,
                workers=workers_of(workers),
                equilibrate=equilibrate,
                background=done.background,
                changes=done.changes,
                schedule=done.schedule,
                variability=read_variability(variability, "--variability"),
                readouts=readout or None,
                engine=engine,
                timeout=timeout,
                rtol=rtol,
                max_step=max_step,
                allow_negative=allow_negative,
                progress=advance,
            )
    except Interrupted as stop:
        raise interrupted(_save_finished(stop.trajectories, out)) from None
    files = saved(run, out) if out is not None else []
    if plot:
        files += _plot(run, out)
    if as_json:
        print_json(run_data(run, files))
    elif as_csv:
        print_csv(run.summary())
    else:
        _print(run, network, files)


def _plot(run: Trajectories, out: Path | None) -> list[Path]:
    from simnet.cli.output import drawn
    from simnet.plot.series import plot_series

    name = run.record.network
    if out is None:
        return drawn(plot_series(run), [Path(f"simnet-{name}.png")])
    return drawn(plot_series(run), [out / f"{name}.png", out / f"{name}.svg"])


def _print(run: Trajectories, network: Network, files: list[Path]) -> None:
    from simnet.cli.output import heading, overview, wrote

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
    from simnet.cli.output import refuge, saved

    if run is None:
        return "no replicate had finished, so nothing was saved"
    folder = refuge(run) if out is None else out
    saved(run, folder)
    done = count(int(run.finished.sum()), "finished replicate")
    return f"{folder} holds {done} of {run.record.run.count}"
