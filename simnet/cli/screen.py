"""`simnet screen`: perturbations of a network, from a plan in a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli.options import (
    FolderOption,
    ShardOption,
    WorkersOption,
    networks,
    plans,
    print_example,
    require_one_output,
    shard_of,
    where_finished,
    workers_of,
)
from simnet.cli.output import (
    complain,
    console,
    count,
    interrupted,
    number,
    print_csv,
    print_json,
    progress,
    say,
    table,
)
from simnet.cli.run_options import RunFields, with_run_options
from simnet.errors import InputError, Problem

if TYPE_CHECKING:
    from simnet.screen.result import ScreenResult
    from simnet.screen.screen import Screen
    from simnet.sensitivity.result import StudyResult


_SHOWN = 20


@with_run_options(
    without=("change", "at"),
    method="ode (CVODE) or ssa (Gillespie). Options of a run override those of the plan.",
)
def screen_command(
    plan: Annotated[
        str,
        typer.Argument(
            metavar="PLAN.toml|init",
            help="A plan file; init prints an example.",
            autocompletion=plans,
        ),
    ],
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="[NETWORK|FILE]",
            help="With init: the network to screen.",
            autocompletion=networks,
        ),
    ] = None,
    run: RunFields = {},  # noqa: B006 - the options of a run
    out: FolderOption = None,
    workers: WorkersOption = None,
    shard: ShardOption = None,
    dry: Annotated[
        bool,
        typer.Option("--plan", help="Show the conditions and the estimated time; run nothing."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print effects and failures as JSON.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print effects as CSV.")] = False,
) -> None:
    """Screen perturbations of a network, alone or in combination.

    Finished simulations are stored in --out, even if the command is killed; the same command resumes
    there, and a plan with more conditions or replicates extends the folder.

    Examples:
        simnet screen init hypoxia > plan.toml
        simnet screen plan.toml --plan
        simnet screen plan.toml --out screen --workers 2
        simnet report screen
    """
    if plan == "init":
        from simnet.screen.spec_file import example_screen

        print_example("screen", network, example_screen)
        return
    if network is not None:
        why = f"is not expected after {plan!r}"
        raise InputError(
            Problem(what=network, why=why, way_out="the plan names the network; leave it out")
        )
    require_one_output(as_json=as_json, as_csv=as_csv)
    part = shard_of(shard, out)
    from simnet.screen.spec_file import screen_from_file

    with progress(f"reading {plan}"):
        screen = screen_from_file(plan, run)
    if dry:
        _dry(screen)
        return
    from simnet.screen.run import run_screen

    conditions = len(screen.arms)
    try:
        with progress(f"{screen.network.id}, {conditions} conditions") as advance:
            result = run_screen(
                screen, workers=workers_of(workers), out=out, shard=part, progress=advance
            )
    except KeyboardInterrupt:
        raise interrupted(where_finished(out)) from None
    if as_csv:
        print_csv(result.effects())
    elif as_json:
        print_json(_as_data(result))
    else:
        _print(result)
    if out is not None:
        complain(f"wrote {out}; simnet report {out} writes an HTML report")


def _as_data(result: "ScreenResult") -> dict[str, Any]:
    return {
        "run": result.record.run.to_json(),
        "complete": result.complete,
        "effects": result.effects().to_dict(orient="records"),
        "failures": result.failures().to_dict(orient="records"),
    }


def _dry(screen: "Screen") -> None:
    with progress("timing the control"):
        frame = screen.conditions()
    rows = [
        [str(row.condition), str(row.replicates), f"{row.estimated_s:.2g}"]
        for row in frame.itertuples()
    ]
    made = table(["condition", "replicates", "seconds"], rows[:_SHOWN])
    if len(rows) > _SHOWN:
        made.caption = f"and {len(rows) - _SHOWN:,} more"
    console().print(made)
    total = count(int(frame["replicates"].sum()), "simulation")
    say(f"{count(len(rows), 'condition')}, {total}: {frame.attrs['estimate']}")


def _print(result: "ScreenResult") -> None:
    record = result.record.run
    run = record.run
    ran = int(result.table.ran.sum())
    parts = [record.network, run.method.upper(), count(len(result.conditions), "condition")]
    parts += [count(ran, "simulation")] + ([f"seed {run.seed}"] if run.seed is not None else [])
    say(" · ".join(parts), "bold")
    if not result.complete:
        say("not complete: some simulations are in other shards or were not run", "yellow")
    effects = result.effects()
    size = effects["log2_fold_change"].abs()
    order = size.sort_values(ascending=False, kind="stable").index
    first = effects.loc[order].drop_duplicates("condition")  # the readout that changed most
    joined = first["change"].str.contains(" + ", regex=False)
    shown = [*first.index[~joined], *first.index[joined]][:_SHOWN]
    rows = [
        [
            str(row["condition"]),
            str(row["readout"]),
            number(row["control_mean"]),
            number(row["treated_mean"]),
            number(row["log2_fold_change"]),
            _interval(row["log2_low"], row["log2_high"]),
            str(row["n_treated"]),
            number(row["p_adjusted"]),
        ]
        for row in effects.loc[shown].to_dict(orient="records")
    ]
    columns = [
        "condition",
        "readout",
        "control",
        "treated",
        "log2 fold",
        "95 % interval",
        "n",
        "adj. p",
    ]
    title = "Largest effect of each condition, single changes first; time courses at their end"
    made = table(columns, rows, text=2, title=title).without_empty()
    if len(effects) > len(shown):
        made.caption = f"and {len(effects) - len(shown):,} more effects (--csv has all)"
    console().print(made)
    failures = result.failures()
    for row in list(failures.itertuples())[:5]:
        what = " ".join(part for part in (str(row.condition), str(row.readout)) if part)
        say(f"FAILED {what}: {row.reason}", "red")
    if len(failures) > 5:
        say(f"and {len(failures) - 5:,} more failures (--json has all)", "red")


def _interval(low: float, high: float) -> str:
    return "–" if low != low else f"{number(low)} to {number(high)}"


# `simnet merge`: the folders of shards, made one.


def merge_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write or to add to.")],
    shards: Annotated[
        list[Path],
        typer.Argument(metavar="SHARD...", help="Folders of the parts, of one plan or study."),
    ],
) -> None:
    """Merge the folders of a screen, a study, claims or an ensemble that ran in parts.

    Running the same plan with --out OUT afterwards simulates what is still missing and analyses the
    whole.

    Examples:
        simnet screen plan.toml --shard 1/2 --out part1
        simnet screen plan.toml --shard 2/2 --out part2
        simnet merge screen part1 part2
        simnet screen plan.toml --out screen
    """
    from simnet.results.parts import merge_parts

    merged = merge_parts(shards, out)
    complain(f"wrote {out}: {count(len(merged.keys()), 'item')} ({merged.kind})")


# `simnet report`: one page of a folder of results.


def report_command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder that simnet screen or simnet sensitivity wrote."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Output file; DIR/report.html by default.")
    ] = None,
) -> None:
    """Write an HTML report of a screen or a sensitivity study.

    The report is one file with all figures in it.

    Examples:
        simnet report screen
        simnet report screen --out screen.html
    """
    from simnet.report.write import write_report

    target = folder / "report.html" if out is None else out
    write_report(_result_in(folder), target)
    complain(f"wrote {target}")


def _result_in(folder: Path) -> "ScreenResult | StudyResult":
    from simnet.screen.result import ScreenResult
    from simnet.sensitivity.result import STUDY, StudyResult

    return StudyResult.load(folder) if (folder / STUDY).is_file() else ScreenResult.load(folder)
