"""`simnet sensitivity`: which parameters matter for which readouts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli.campaign import interrupted, shard_of
from simnet.cli.changes import AtOption, BackgroundOption, ChangeOption, given
from simnet.cli.completion import networks, networks_or_init
from simnet.cli.conversion import CopiesOption, VolumeOption
from simnet.cli.experiment import (
    AllowNegativeOption,
    EquilibrateOption,
    KineticsOption,
    WorkersOption,
    loaded,
    require_one_output,
    workers_of,
)
from simnet.cli.study_cost import ASKS_ABOVE, asked, confirm, show_plan
from simnet.cli.study_options import groups_of, number_or_text, settings_of
from simnet.cli.study_output import show_result, write_result
from simnet.errors import InputError, Problem
from simnet.execute.cluster import Workers

if TYPE_CHECKING:
    from simnet.sensitivity.result import StudyResult
    from simnet.sensitivity.study import SensitivityStudy

_VARIED, _OUTPUT, _ANALYSIS = "What is varied", "Output", "Analysis"


def sensitivity_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK|STUDY.toml|init",
            help="A packaged name, an SBML or Antimony file, package.module:model, or a study file; "
            "init writes one.",
            autocompletion=networks_or_init,
        ),
    ],
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="[NETWORK]", help="With init: what the study is of.", autocompletion=networks
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
            help="As the analysis counts; sobol: a power of two.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    second_order: Annotated[
        bool,
        typer.Option("--second-order", help="Sobol: pairs as well.", rich_help_panel=_ANALYSIS),
    ] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="The analysis' own, such as step=0.2.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    until_converged: Annotated[
        bool,
        typer.Option(
            "--until-converged", help="Add samples until it is.", rich_help_panel=_ANALYSIS
        ),
    ] = False,
    most_samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="With --until-converged: at most so many; 16 times --samples.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Half-width of an interval that counts as converged; 0.05.",
            rich_help_panel=_ANALYSIS,
        ),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help='"k_*"; may be repeated. All with a declared range if not given.',
            rich_help_panel=_VARIED,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Not these.", rich_help_panel=_VARIED),
    ] = None,
    fold: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Value / X to value * X, not declared ranges.",
            rich_help_panel=_VARIED,
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATTERN,...",
            help="Moved together, with one index; or molecules.",
            rich_help_panel=_VARIED,
        ),
    ] = None,
    initial: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPECIES", help="Amounts at the start as well.", rich_help_panel=_VARIED
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(metavar="[ode|ssa]", help="ode (CVODE), the default, or ssa (Gillespie)."),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="SSA runs of each row; 20 if not given.")
    ] = None,
    t_end: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The latest time that a readout names if not given."),
    ] = None,
    equilibrate: EquilibrateOption = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Of the design and all runs; 0.")
    ] = None,
    workers: WorkersOption = None,
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="As of simnet run.")] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Wall time that one run may take.")
    ] = None,
    allow_negative: AllowNegativeOption = False,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    change: ChangeOption = [],  # noqa: B006 - typer makes a new list
    at: AtOption = [],  # noqa: B006
    background: BackgroundOption = [],  # noqa: B006
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Runs, tables, figures and report; the same command goes on there.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Only the I-th of N parts, for job arrays; join with simnet merge.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Only say how many evaluations there are, and how long they take."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask, also for over an hour.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Indices as JSON on stdout.", rich_help_panel=_OUTPUT)
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Indices as CSV on stdout.", rich_help_panel=_OUTPUT)
    ] = False,
) -> None:
    """Find out which parameters of a network matter for a readout.

    \b
    simnet sensitivity hypoxia --readout "HIF1A@4h" --analysis local
    simnet sensitivity hypoxia --readout "GLUT1@48h" --analysis sobol --samples 512 --out results
    simnet sensitivity hypoxia --readout "cv(GLUT1)@6h" --analysis morris --method ssa
    simnet sensitivity init hypoxia > study.toml
    simnet sensitivity study.toml --out results

    A dummy that no model reads is varied along: what is not above it is
    noise. Options replace what a study file says. Readouts are values at a
    time, auc, max, first_passage, mean, cv, ... and ratios of two conditions.
    """
    if source == "init":
        _init(network, kinetics)
        return
    if network is not None:
        raise InputError(Problem(what=network, why=f"is not expected after {source!r}"))
    require_one_output(as_json=as_json, as_csv=as_csv)
    if most_samples is not None and not until_converged:
        why = "says when --until-converged ends, which is not there"
        raise InputError(Problem(what="--most-samples", why=why, way_out="give both"))
    part = shard_of(shard, out)
    where = workers_of(workers)
    done = given(change, at, background)
    options: dict[str, Any] = {
        "readouts": tuple(readout) if readout else None,
        "analysis": analysis,
        "samples": samples,
        "parameters": tuple(parameters) if parameters else None,
        "exclude": tuple(exclude) if exclude else None,
        "fold": fold,
        "groups": groups_of(group),
        "initial_amounts": tuple(initial) if initial else None,
        "method": method,
        "replicates": replicates,
        "t_end": number_or_text(t_end),
        "equilibrate": number_or_text(equilibrate),
        "seed": seed,
        "settings": settings_of(setting, second_order),
        "engine": engine,
        "timeout": number_or_text(timeout),
        "allow_negative": allow_negative or None,
        "background": done.background or None,
        "changes": done.changes or None,
        "schedule": done.schedule or None,
    }
    over = {name: value for name, value in options.items() if value is not None}
    reading = {"kinetics": kinetics, "volume": volume, "copies": copies}
    reading = {name: value for name, value in reading.items() if value is not None}
    study = _study(source, reading, over, tolerance)
    if plan:
        show_plan(study, where, out)
        return
    confirm(study, where, yes, out, part)
    result = _run(study, where, out, part, until_converged, most_samples, yes)
    if out is not None and result.complete:
        write_result(result, out)
    show_result(result, as_json=as_json, as_csv=as_csv)


def _study(
    source: str, reading: dict[str, Any], over: dict[str, Any], tolerance: float | None
) -> "SensitivityStudy":
    from simnet.cli.progress import progress
    from simnet.sensitivity.indices import IndexPrecision
    from simnet.sensitivity.study import SensitivityStudy
    from simnet.sensitivity.study_file import study_from_file

    if tolerance is not None:
        over["index_precision"] = IndexPrecision(tolerance=tolerance)
    if source.endswith(".toml"):
        with progress(f"reading {source}"):
            return study_from_file(source, over, **reading)
    if "readouts" not in over:
        way_out = 'for example --readout "pS6@48h"; simnet show lists what there is'
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
    from simnet.cli.progress import progress
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
        raise interrupted(out) from None


def _init(network: str | None, kinetics: Any) -> None:
    if network is None:
        way_out = "for example simnet sensitivity init hypoxia > study.toml"
        raise InputError(Problem(what="init", why="no network is named", way_out=way_out))
    from simnet.sensitivity.study_file import example_study

    typer.echo(example_study(loaded(network, kinetics), network), nl=False)
