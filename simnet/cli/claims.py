"""`simnet claims`: what was reported of a network, beside what it does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simnet.cli.campaign import interrupted, shard_of
from simnet.cli.claim_tables import (
    Shown,
    ablation_data,
    ablation_shown,
    claims_data,
    claims_shown,
    robustness_data,
    robustness_shown,
)
from simnet.cli.completion import networks
from simnet.cli.exits import CHECK_FAILED
from simnet.cli.experiment import WorkersOption, workers_of
from simnet.errors import InputError, Problem

if TYPE_CHECKING:
    from simnet.claims.run import ClaimsResult

_STUDIES = "Instead of the claims alone"
_OUTPUT = "Output"


def claims_command(
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="NETWORK|FILE",
            help="All packaged networks that have claims if not given.",
            autocompletion=networks,
        ),
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this claim; may be repeated.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Folder with claims.csv and protocols.toml, for a network of your own.",
        ),
    ] = None,
    method: Annotated[
        Literal["ode", "ssa"] | None,
        typer.Option(help="ode, or ssa: means over replicates, with a 99 % interval."),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="SSA runs of each arm; 100 if not given.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Root seed; drawn if not given.")
    ] = None,
    workers: WorkersOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for what is done; the same command goes on there."
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Only the I-th of N parts, for job arrays; join with simnet merge."
        ),
    ] = None,
    ablate: Annotated[
        bool,
        typer.Option(
            "--ablate",
            help="Take out one mechanism at a time: which claims fall?",
            rich_help_panel=_STUDIES,
        ),
    ] = False,
    robustness: Annotated[
        int | None,
        typer.Option(
            metavar="SETS",
            help="Run the claims under so many sets of parameters (Latin hypercube): how many "
            "keep their sign, and which parameter breaks the others?",
            rich_help_panel=_STUDIES,
        ),
    ] = None,
    fold: Annotated[
        float,
        typer.Option(
            metavar="FACTOR",
            help="With --robustness: how far parameters go from their value.",
            rich_help_panel=_STUDIES,
        ),
    ] = 2.0,
    kept: Annotated[
        bool,
        typer.Option(
            "--kept",
            help="With --robustness and --out: judge what DIR holds so far and run no more.",
            rich_help_panel=_STUDIES,
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Draw each claim: NETWORK-ID.png.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help="The table as Markdown.", rich_help_panel=_OUTPUT),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="All of it, as JSON on stdout.", rich_help_panel=_OUTPUT)
    ] = False,
) -> None:
    """Run the claims of a network: what was reported, and what the network does.

    Exit code 3 if a claim fails. Under SSA it fails only if the whole
    interval of its value is outside of what is expected, and is undecided
    if a part is.

    \b
    simnet claims
    simnet claims hypoxia --claim H4a --plot figures
    simnet claims hypoxia --method ssa --replicates 100 --seed 1
    simnet claims hypoxia --ablate --markdown
    simnet claims hypoxia --robustness 500 --out hypoxia
    """
    problems = list(
        _clashes(
            {
                "NETWORK": network is not None,
                "--claim": bool(claim),
                "--from": folder is not None,
                "--method ssa": method == "ssa",
                "--replicates": replicates is not None,
                "--seed": seed is not None,
                "--ablate": ablate,
                "--robustness": robustness is not None,
                "--fold": fold != 2.0,
                "--out": out is not None,
                "--shard": shard is not None,
                "--kept": kept,
                "--plot": plot is not None,
                "--markdown": markdown,
                "--json": as_json,
            }
        )
    )
    if problems:
        raise InputError(problems)
    from simnet.claims.suite import claimed_names

    chosen: Literal["ode", "ssa"] = method or ("ssa" if replicates is not None else "ode")
    if seed is not None and chosen == "ode" and robustness is None:
        why, way_out = "an ODE gives the same every time", "add --method ssa, or leave it out"
        raise InputError(Problem(what=f"--seed {seed}", why=why, way_out=way_out))
    part = shard_of(shard, out)
    how: dict[str, Any] = {"folder": folder, "workers": workers_of(workers), "out": out}
    shown: list[dict[str, Any]] = []
    failed = False
    for name in [network] if network is not None else claimed_names():
        try:
            if ablate:
                tables, data = _ablated(name, **how)
            elif robustness is not None:
                how |= {"shard": part, "run": not kept, "seed": 1 if seed is None else seed}
                tables, data = _varied(name, sets=robustness, fold=fold, **how)
            else:
                how |= {"shard": part, "replicates": replicates, "seed": seed}
                found = _run(name, ids=claim or (), method=chosen, **how)
                failed |= bool(found.failed) if part else not found.passed
                tables = claims_shown(found, _draw(found, plot) if plot is not None else [])
                data = claims_data(found)
        except KeyboardInterrupt:  # typer would end without a word
            raise interrupted(out) from None
        shown.append(data)
        if not as_json:
            tables.show(markdown=markdown)
    if as_json:
        from simnet.cli.tables import print_json

        print_json(shown)
    if failed:
        raise typer.Exit(CHECK_FAILED)


_NEEDS = (
    ("--from", "NETWORK", "says whose claims these are"),
    ("--fold", "--robustness", "has a factor"),
    ("--out", "NETWORK", "says whose results these are"),
    ("--kept", "--robustness", "can be judged midway"),
    ("--kept", "--out", "says where the values are"),
)
_EXCLUDES = (
    ("--ablate", "--robustness", "are two studies"),
    ("--ablate", "--seed", "do not go together, for it runs by ODE"),
    ("--ablate", "--shard", "do not go together, for its findings are compared"),
    ("--kept", "--shard", "do not go together, for nothing is run"),
    *(
        (study, other, "do not go together")
        for study in ("--ablate", "--robustness")
        for other in ("--claim", "--method ssa", "--replicates", "--plot")
    ),
    ("--markdown", "--json", "both want stdout"),
)


def _clashes(given: Mapping[str, bool]) -> Iterator[Problem]:
    """What in a call does not fit together."""
    for option, other, why in _NEEDS:
        if given[option] and not given[other]:
            yield Problem(what=option, why=f"only {other} {why}", way_out=f"add {other}")
    for option, other, why in _EXCLUDES:
        if given[option] and given[other]:
            yield Problem(what=f"{option} and {other}", why=why, way_out="give one of them")


def _run(name: str, *, method: Literal["ode", "ssa"], **how: Any) -> "ClaimsResult":
    from simnet.claims.run import run_claims
    from simnet.cli.progress import progress

    with progress(f"claims of {name}, {method.upper()}") as advance:
        return run_claims(name, method=method, progress=advance, **how)


def _ablated(name: str, **how: Any) -> tuple[Shown, dict[str, Any]]:
    from simnet.claims.robustness import ablate
    from simnet.cli.progress import progress

    with progress(f"{name} without one mechanism at a time") as advance:
        found = ablate(name, progress=advance, **how)
    return ablation_shown(found), ablation_data(found)


def _varied(name: str, *, sets: int, **how: Any) -> tuple[Shown, dict[str, Any]]:
    from simnet.claims.robustness import robustness
    from simnet.cli.progress import progress

    with progress(f"{name} under {sets} sets of parameters") as advance:
        found = robustness(name, sets=sets, progress=advance, **how)
    return robustness_shown(found), robustness_data(found)


def _draw(found: "ClaimsResult", folder: Path) -> list[Path]:
    """A picture of each claim that has a value."""
    from simnet.claims.draw import draw_claim
    from simnet.cli.outcome import drawn

    run = {f.claim.id for f in found.findings if f.verdict not in ("left out", "not run")}
    return [
        path
        for case in found.cases
        if case.claim.id in run
        for path in drawn(
            draw_claim(found, case), [folder / f"{found.network}-{case.claim.id}.png"]
        )
    ]
