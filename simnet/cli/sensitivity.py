"""`simnet sensitivity`: which parameters matter for which readouts."""

import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli.options import (
    CopiesOption,
    KineticsOption,
    ShardOption,
    VolumeOption,
    WorkersOption,
    groups_of,
    loaded,
    networks,
    networks_or_init,
    print_example,
    require_one_output,
    settings_of,
    shard_of,
    where_finished,
    workers_of,
)
from simnet.cli.output import (
    complain,
    console,
    count,
    interrupted,
    print_csv,
    print_json,
    progress,
    say,
    writing,
)
from simnet.cli.run_options import RunFields, with_run_options
from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.execute.progress import roughly

if TYPE_CHECKING:
    from simnet.sensitivity.result import StudyResult
    from simnet.sensitivity.study import SensitivityStudy


# What a study costs: told with `--plan`, and asked about where it is over an hour.


ASKS_ABOVE = 3600.0
"""Seconds: a study that takes longer asks first."""

_UNTIMED = 200  # evaluations that are run without a look at how long they take


def confirm(
    study: "SensitivityStudy",
    workers: Workers,
    yes: bool,
    out: Path | None,
    part: tuple[int, int] | None,
) -> None:
    """Ask before what takes over an hour.

    Raises:
        InputError: it takes so long, and there is no one to ask.
    """
    count = _missing(study, out) // (part[1] if part else 1)
    if yes or count <= _UNTIMED:
        return
    seconds = _timed(study, count, workers)
    if not seconds > ASKS_ABOVE:  # also where it is not known, since rows fail
        return
    if not sys.stdin.isatty():
        why = f"{count:,} evaluations take about {roughly(seconds)}, and there is no terminal to confirm"
        way_out = "add --yes to run it; --samples, --parameters or --shard make it smaller"
        raise InputError(Problem(what="this study", why=why, way_out=way_out))
    if not asked(count, seconds):
        complain("nothing was run")
        raise typer.Exit(0)


def asked(evaluations: int, seconds: float) -> bool:
    """Whether the user says yes to so many evaluations; no where there is no one to ask."""
    if not sys.stdin.isatty():
        return False
    text = f"{evaluations:,} evaluations take about {roughly(seconds)}. Run them?"
    return typer.confirm(text, err=True)


def _timed(study: "SensitivityStudy", count: int, workers: Workers) -> float:
    from simnet.sensitivity.run import seconds_for

    with progress("timing a few samples"):
        return seconds_for(study, count, workers)


def _missing(study: "SensitivityStudy", out: Path | None) -> int:
    """Evaluations that the folder does not hold yet."""
    from simnet.results.parts import MANIFEST
    from simnet.sensitivity.run import missing_runs, opened

    if out is None or not (out / MANIFEST).is_file():
        return study.evaluations
    return missing_runs(study, opened(study, out))


def show_plan(study: "SensitivityStudy", workers: Workers, out: Path | None) -> None:
    """What a study would run, and for how long, on stdout; some rows are run to measure it."""
    from simnet.sensitivity.analysis import count_rows

    space = study.space
    rows = count_rows(study.analysis, space, study.size, study.own_settings)
    groups = f" in {len(space.labels) - 1} groups" if space.groups else ""
    brackets = f" × {len(study.brackets)} conditions" if len(study.brackets) > 1 else ""
    runs = f" × {study.runs} replicates" if study.runs > 1 else ""
    left = _missing(study, out)
    seconds = _timed(study, left, workers)
    lines = [
        f"{study.network.id}: {study.analysis}, {count(study.size, 'sample')} "
        f"({study.of_analysis.sample})",
        f"{len(space.factors) - 1} varied{groups}, and the dummy; {len(space.left_out)} left out",
        f"{study.evaluations:,} evaluations: {rows:,} rows{brackets}{runs}",
    ]
    if left != study.evaluations:
        lines.append(f"{left:,} of them are not finished yet")
    if math.isnan(seconds):
        lines.append("no estimate of the time: the rows that were tried cannot be run")
    else:
        lines.append(f"about {roughly(seconds)} on this machine")
    for line in lines:
        say(line)


# A study's result: on the screen, as JSON or CSV, and in its folder.


def write_result(result: "StudyResult", out: Path) -> None:
    """Figures and the report, into the folder that has the tables."""
    from simnet.report.write import write_report
    from simnet.sensitivity.figures import write_figures

    with progress("drawing"), writing(out):
        write_figures(result, out)
        write_report(result, out / "report.html", repeat=shlex.join(["simnet", *sys.argv[1:]]))
    control = "control.csv (the steady state), " if len(result.control) else ""
    complain(f"wrote {out}: report.html, indices.csv, {control}figures and more")


def show_result(result: "StudyResult", *, as_json: bool, as_csv: bool) -> None:
    """The indices on stdout."""
    if as_csv:
        print_csv(result.frame())
        return
    if as_json:
        frame = result.frame()
        frame["influential"] = frame["influential"].astype(object).where(frame["influential"].notna(), None)  # fmt: skip
        print_json(
            {
                "study": dict(result.about),
                "complete": result.complete,
                "converged": result.converged,
                "indices": frame.to_dict(orient="records"),
                "failures": result.failures.to_dict(orient="records"),
                "statements": list(result.statements),
            }
        )
        return
    console().print(result)


_VARIED, _OUTPUT, _ANALYSIS = "What is varied", "Output", "Analysis"


@with_run_options(
    without=("precision",),
    replicates="SSA replicates of each sample; 20 by default.",
    t_end="End of the run; by default the latest time in the readouts.",
    seed="Seed of the design and of all runs; 0 by default.",
    rtol="Relative tolerance of the ODE integrator; 1e-6 by default, 1e-8 for local.",
)
def sensitivity_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK|STUDY.toml|init",
            help="A packaged network, a model file, or a study file; init prints an example study.",
            autocompletion=networks_or_init,
        ),
    ],
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="[NETWORK]", help="With init: the network to study.", autocompletion=networks
        ),
    ] = None,
    readout: Annotated[
        list[str] | None,
        typer.Option(metavar="EXPRESSION", help='"pS6@48h", "auc(GLUT2)"; may be repeated.'),
    ] = None,
    analysis: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="local, morris, sobol (the default), pawn or prcc.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Number of samples; the unit depends on the analysis. sobol: a power of two.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    second_order: Annotated[
        bool,
        typer.Option(
            "--second-order",
            help="With sobol: second-order indices (pairs) as well.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A setting of the analysis, such as step=0.2.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    until_converged: Annotated[
        bool,
        typer.Option(
            "--until-converged",
            help="Add samples until the indices have converged.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = False,
    most_samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="With --until-converged: upper limit; 16 times --samples by default.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Half-width of the interval of a converged index; 0.05 by default.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help='Vary these, such as "k_*"; may be repeated. By default all with a declared range.',
            rich_help_panel=_VARIED,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Do not vary these; may be repeated.", rich_help_panel=_VARIED
        ),
    ] = None,
    fold: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Vary from value / X to value * X in place of the declared range.",
            rich_help_panel=_VARIED,
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATTERN,...",
            help="Vary these together, with one index; 'molecules' for a group per molecule.",
            rich_help_panel=_VARIED,
        ),
    ] = None,
    initial: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPECIES",
            help="Vary the initial amount of a species as well.",
            rich_help_panel=_VARIED,
        ),
    ] = None,
    run: RunFields = {},  # noqa: B006 - the options of a run
    workers: WorkersOption = None,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of runs, tables, figures and report; the same command resumes there.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    shard: ShardOption = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Show the number of evaluations and the estimated time; run nothing."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before a study of more than an hour.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print indices as JSON.", rich_help_panel=_OUTPUT)
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print indices as CSV.", rich_help_panel=_OUTPUT)
    ] = False,
) -> None:
    """Estimate which parameters of a network influence a readout.

    Readouts are values at a time, auc, max, first_passage, mean, cv and others, and ratios of two
    conditions. A dummy factor that the model does not use is varied as well: an index that is not
    above that of the dummy is noise. Options override those of a study file.

    Examples:
        simnet sensitivity hypoxia --readout "HIF1A@4h" --analysis local
        simnet sensitivity hypoxia --readout "GLUT1@48h" --samples 512 --out results
        simnet sensitivity init hypoxia > study.toml
        simnet sensitivity study.toml --out results
    """
    if source == "init":
        from simnet.sensitivity.study_file import example_study

        print_example("sensitivity", network, example_study, kinetics=kinetics)
        return
    if network is not None:
        raise InputError(Problem(what=network, why=f"is not expected after {source!r}"))
    require_one_output(as_json=as_json, as_csv=as_csv)
    if most_samples is not None and not until_converged:
        why = "only applies to --until-converged"
        raise InputError(Problem(what="--most-samples", why=why, way_out="give both"))
    part = shard_of(shard, out)
    where = workers_of(workers)
    options: dict[str, Any] = {
        "readouts": tuple(readout) if readout else None,
        "analysis": analysis,
        "samples": samples,
        "parameters": tuple(parameters) if parameters else None,
        "exclude": tuple(exclude) if exclude else None,
        "fold": fold,
        "groups": groups_of(group),
        "initial_amounts": tuple(initial) if initial else None,
        "settings": settings_of(setting, second_order),
    }
    over = run | {name: value for name, value in options.items() if value is not None}
    reading = {"kinetics": kinetics, "volume": volume, "copies": copies}
    reading = {name: value for name, value in reading.items() if value is not None}
    study = _study(source, reading, over, tolerance)
    if plan:
        show_plan(study, where, out)
        return
    confirm(study, where, yes, out, part)
    result = _run(study, where, out, part, until_converged, most_samples, yes)
    show_result(result, as_json=as_json, as_csv=as_csv)
    if out is not None and result.complete:
        write_result(result, out)


def _study(
    source: str, reading: dict[str, Any], over: dict[str, Any], tolerance: float | None
) -> "SensitivityStudy":
    from simnet.sensitivity.indices import IndexPrecision
    from simnet.sensitivity.study import SensitivityStudy
    from simnet.sensitivity.study_file import study_from_file

    if tolerance is not None:
        over["index_precision"] = IndexPrecision(tolerance=tolerance)
    if source.endswith(".toml"):
        with progress(f"reading {source}"):
            return study_from_file(source, over, **reading)
    if "readouts" not in over:
        way_out = 'for example --readout "pS6@48h"; simnet show lists the readouts'
        raise InputError(Problem(what="--readout", why="none given", way_out=way_out))
    return SensitivityStudy(network=loaded(source, **reading), **over)


def _run(
    study: "SensitivityStudy",
    workers: Workers,
    out: Path | None,
    part: tuple[int, int] | None,
    until_converged: bool,
    most_samples: int | None,
    yes: bool,
) -> "StudyResult":
    from simnet.sensitivity.run import run_study

    def may_go_on(evaluations: int, seconds: float) -> bool:
        return yes or seconds <= ASKS_ABOVE or asked(evaluations, seconds)

    try:
        with progress(f"{study.network.id}, {study.analysis}") as advance:
            return run_study(
                study,
                workers=workers,
                out=out,
                shard=part,
                progress=advance,
                until_converged=until_converged,
                most_samples=most_samples,
                may_go_on=may_go_on,
            )
    except KeyboardInterrupt:
        raise interrupted(where_finished(out)) from None
