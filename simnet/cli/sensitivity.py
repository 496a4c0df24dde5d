"""`simnet sensitivity`: which parameters matter for which readouts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simnet.cli.exits import INTERRUPTED, complain, writing
from simnet.cli.experiment import EquilibrateOption, KineticsOption
from simnet.cli.ordered import (
    Adds,
    Ats,
    Clamps,
    Doses,
    Knockdowns,
    Knockouts,
    Overexpressions,
    Scales,
    Sets,
    Washouts,
    changes_of,
)
from simnet.errors import InputError, Problem

if TYPE_CHECKING:
    from simnet.sensitivity.result import StudyResult
    from simnet.sensitivity.study import SensitivityStudy

ASKS_ABOVE = 3600.0
"""Seconds: a study that takes longer asks first."""

_UNTIMED = 200  # evaluations that are run without a look at how long they take
_VARIED, _OUTPUT, _METHOD = "What is varied", "Output", "Method"


def sensitivity_command(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK|STUDY.toml|init",
            help="A packaged name, an SBML or Antimony file, package.module:model, or a study file; "
            "init writes one.",
        ),
    ],
    network: Annotated[
        str | None,
        typer.Argument(metavar="[NETWORK]", help="With init: what the study is of."),
    ] = None,
    readout: Annotated[
        list[str] | None,
        typer.Option(metavar="EXPRESSION", help='"pS6@48h", "auc(GLUT2)"; may be repeated.'),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="local, morris, sobol (the default), pawn or prcc.",
            rich_help_panel=_METHOD,
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="As the method counts; sobol: a power of two.",
            rich_help_panel=_METHOD,
        ),
    ] = None,
    second_order: Annotated[
        bool,
        typer.Option("--second-order", help="Sobol: pairs as well.", rich_help_panel=_METHOD),
    ] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="The method's own, such as step=0.2.",
            rich_help_panel=_METHOD,
        ),
    ] = None,
    until_converged: Annotated[
        bool,
        typer.Option("--until-converged", help="Add samples until it is.", rich_help_panel=_METHOD),
    ] = False,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Half-width of an interval that counts as converged; 0.05.",
            rich_help_panel=_METHOD,
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
    simulate: Annotated[
        Literal["ode", "ssa"] | None,
        typer.Option(help="ode (CVODE), the default, or ssa (Gillespie)."),
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
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes; all processors if not given.")
    ] = None,
    engine: Annotated[str | None, typer.Option(metavar="NAME", help="As of simnet run.")] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Wall time that one run may take.")
    ] = None,
    kinetics: KineticsOption = None,
    set_: Sets = [],  # noqa: B006 - typer makes a new list
    scale: Scales = [],  # noqa: B006
    add: Adds = [],  # noqa: B006
    knockdown: Knockdowns = [],  # noqa: B006
    knockout: Knockouts = [],  # noqa: B006
    overexpress: Overexpressions = [],  # noqa: B006
    dose: Doses = [],  # noqa: B006
    washout: Washouts = [],  # noqa: B006
    clamp: Clamps = [],  # noqa: B006
    at: Ats = [],  # noqa: B006
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
    simnet sensitivity hypoxia --readout "HIF1A@4h" --method local
    simnet sensitivity hypoxia --readout "GLUT1@48h" --method sobol --samples 512 --out results
    simnet sensitivity hypoxia --readout "cv(GLUT1)@6h" --method morris --simulate ssa
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
    if as_json and as_csv:
        raise InputError(Problem(what="--json and --csv", why="both want stdout", way_out="one"))
    part = _shard(shard, out)
    changes = changes_of(context)
    given: dict[str, Any] = {
        "readouts": tuple(readout) if readout else None,
        "method": method,
        "samples": samples,
        "parameters": tuple(parameters) if parameters else None,
        "exclude": tuple(exclude) if exclude else None,
        "fold": fold,
        "groups": _groups(group),
        "initial_amounts": tuple(initial) if initial else None,
        "simulate": simulate,
        "replicates": replicates,
        "t_end": _number_or_text(t_end),
        "equilibrate": _number_or_text(equilibrate),
        "seed": seed,
        "settings": _settings(setting, second_order),
        "engine": engine,
        "timeout": _number_or_text(timeout),
        "changes": changes.start or None,
        "schedule": changes.schedule or None,
    }
    over = {name: value for name, value in given.items() if value is not None}
    study = _study(source, kinetics, over, tolerance)
    if plan:
        _plan(study, workers, out)
        return
    _confirm(study, workers, yes, out, part)
    result = _run(study, workers, out, part, until_converged, yes)
    if out is not None and result.complete:
        _write(result, out)
    _show(result, as_json=as_json, as_csv=as_csv)


def _study(
    source: str, kinetics: Any, over: dict[str, Any], tolerance: float | None
) -> "SensitivityStudy":
    from simnet.cli.experiment import loaded
    from simnet.cli.progress import progress
    from simnet.sensitivity.indices import Precision
    from simnet.sensitivity.study import SensitivityStudy
    from simnet.sensitivity.study_file import study_from_file

    if tolerance is not None:
        over["precision"] = Precision(tolerance=tolerance)
    if source.endswith(".toml"):
        with progress(f"reading {source}"):
            return study_from_file(source, over)
    if "readouts" not in over:
        way_out = 'for example --readout "pS6@48h"; simnet show lists what there is'
        raise InputError(Problem(what="--readout", why="none given", way_out=way_out))
    return SensitivityStudy(network=loaded(source, kinetics), **over)


def _run(
    study: "SensitivityStudy",
    workers: int | None,
    out: Path | None,
    part: tuple[int, int] | None,
    until_converged: bool,
    yes: bool,
) -> "StudyResult":
    from simnet.cli.progress import progress
    from simnet.sensitivity.run import run_study

    def may_go_on(evaluations: int, seconds: float) -> bool:
        return yes or seconds <= ASKS_ABOVE or _asked(evaluations, seconds)

    try:
        with progress(f"{study.network.id}, {study.method}") as advance:
            return run_study(
                study,
                workers=workers,
                out=out,
                shard=part,
                progress=advance,
                until_converged=until_converged,
                may_go_on=may_go_on,
            )
    except KeyboardInterrupt:
        where = "nothing was kept: give --out"
        if out is not None:
            where = f"{out} holds what is done, and the same command goes on from there"
        complain(f"interrupted; {where}")
        raise typer.Exit(INTERRUPTED) from None


def _confirm(
    study: "SensitivityStudy",
    workers: int | None,
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
    if seconds <= ASKS_ABOVE:
        return
    if not sys.stdin.isatty():
        from simnet.cli.progress import clock

        why = f"{count:,} evaluations take about {clock(seconds)}, and there is no one to ask"
        way_out = "--yes runs it; --samples, --parameters or --shard make it smaller"
        raise InputError(Problem(what="this study", why=why, way_out=way_out))
    if not _asked(count, seconds):
        complain("nothing was run")
        raise typer.Exit(0)


def _asked(evaluations: int, seconds: float) -> bool:
    from simnet.cli.progress import clock

    if not sys.stdin.isatty():
        return False
    text = f"{evaluations:,} evaluations take about {clock(seconds)}. Run them?"
    return typer.confirm(text, err=True)


def _timed(study: "SensitivityStudy", count: int, workers: int | None) -> float:
    from simnet.cli.progress import progress
    from simnet.sensitivity.pilot import seconds_for

    with progress("measuring a few rows"):
        return seconds_for(study, count, workers)


def _missing(study: "SensitivityStudy", out: Path | None) -> int:
    """Evaluations that the folder does not hold yet."""
    from simnet.results.parts import MANIFEST
    from simnet.sensitivity.run import missing_runs, opened

    if out is None or not (out / MANIFEST).is_file():
        return study.evaluations
    return missing_runs(study, opened(study, out))


def _plan(study: "SensitivityStudy", workers: int | None, out: Path | None) -> None:
    from simnet.cli.progress import clock
    from simnet.cli.tables import console, count
    from simnet.sensitivity.table import count_rows

    screen = console()
    space = study.space
    rows = count_rows(study.method, space, study.size, study.own_settings)
    groups = f" in {len(space.labels) - 1} groups" if space.groups else ""
    brackets = f" × {len(study.brackets)} conditions" if len(study.brackets) > 1 else ""
    runs = f" × {study.runs} replicates" if study.runs > 1 else ""
    left = _missing(study, out)
    seconds = _timed(study, left, workers)
    lines = [
        f"{study.network.id}: {study.method}, {count(study.size, 'sample')} "
        f"({study.of_method.sample})",
        f"{len(space.factors) - 1} varied{groups}, and the dummy; {len(space.left_out)} left out",
        f"{study.evaluations:,} evaluations: {rows:,} rows{brackets}{runs}",
    ]
    if left != study.evaluations:
        lines.append(f"{left:,} of them are not done yet")
    lines.append(f"about {clock(seconds)} on this machine")
    for line in lines:
        screen.print(line, markup=False, highlight=False, soft_wrap=True)


def _write(result: "StudyResult", out: Path) -> None:
    """Figures and the report, into the folder that has the tables."""
    from simnet.cli.progress import progress
    from simnet.report.sensitivity import write_study_report
    from simnet.sensitivity.drawings import write_figures

    with progress("drawing"), writing(out):
        write_figures(result, out)
        write_study_report(result, out / "report.html", repeat=_typed())
    complain(f"wrote {out}: report.html, indices.csv, figures and more")


def _typed() -> str:
    """The command as it was typed."""
    import shlex

    return shlex.join(["simnet", *sys.argv[1:]])


def _show(result: "StudyResult", *, as_json: bool, as_csv: bool) -> None:
    if as_csv:
        result.frame().to_csv(sys.stdout, index=False)
        return
    if as_json:
        from simnet.cli.tables import print_json

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
    from simnet.cli.tables import console

    console().print(result)


def _init(network: str | None, kinetics: Any) -> None:
    if network is None:
        way_out = "for example simnet sensitivity init hypoxia > study.toml"
        raise InputError(Problem(what="init", why="no network is named", way_out=way_out))
    from simnet.cli.experiment import loaded
    from simnet.sensitivity.study_file import example_study

    typer.echo(example_study(loaded(network, kinetics), network), nl=False)


def _shard(text: str | None, out: Path | None) -> tuple[int, int] | None:
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal()):
        way_out = "write 1/4 for the first of four"
        raise InputError(Problem(what=f"--shard {text}", why="not I/N", way_out=way_out))
    if out is None:
        raise InputError(Problem(what="--shard", why="needs a folder", way_out="give --out DIR"))
    return int(number), int(of)


def _groups(texts: list[str] | None) -> Any:
    if not texts:
        return None
    if texts == ["molecules"]:
        return "molecules"
    found, problems = {}, []
    for text in texts:
        name, equals, patterns = text.partition("=")
        members = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
        if name and equals and members and name not in found:
            found[name] = members
        else:
            why = "given twice" if name in found else "not NAME=PATTERN"
            way_out = "write --group oxygen=O2_*,PHD2_*, or --group molecules alone"
            problems.append(Problem(what=f"--group {text}", why=why, way_out=way_out))
    if problems:
        raise InputError(problems)
    return found


def _settings(texts: list[str] | None, second_order: bool) -> dict[str, float] | None:
    found: dict[str, float] = {"second_order": 1.0} if second_order else {}
    problems = []
    for text in texts or ():
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            way_out = "write --setting step=0.2"
            problems.append(
                Problem(what=f"--setting {text}", why="not NAME=NUMBER", way_out=way_out)
            )
    if problems:
        raise InputError(problems)
    return found or None


def _number_or_text(text: str | None) -> float | str | None:
    """A time without a unit is a number in the network's own."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text
