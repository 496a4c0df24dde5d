"""`simnet claims`: what was reported of a network, beside what it does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simnet.cli.campaign import shard_of, where_finished
from simnet.cli.claim_tables import (
    ablation_data,
    ablation_shown,
    claims_data,
    claims_shown,
    robustness_data,
    robustness_shown,
)
from simnet.cli.completion import networks
from simnet.cli.exits import CHECK_FAILED, interrupted
from simnet.cli.experiment import WorkersOption, workers_of
from simnet.cli.tables import print_json
from simnet.errors import InputError, Problem

if TYPE_CHECKING:
    from simnet.claims.run import ClaimsResult

_STUDIES = "Ablation and robustness"


def claims_command(
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="NETWORK|FILE",
            help="A packaged network or a model file; by default all packaged networks with claims.",
            autocompletion=networks,
        ),
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Test only this claim; may be repeated.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Folder with claims.csv and protocols.toml, for your own network.",
        ),
    ] = None,
    method: Annotated[
        Literal["ode", "ssa"] | None,
        typer.Option(
            help="ode (the default), or ssa: means over replicates, with a 99 % interval."
        ),
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="SSA replicates of each arm; 100 by default.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Root seed; random by default, 1 with --robustness."),
    ] = None,
    workers: WorkersOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for the results; the same command resumes from it."
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Run the I-th of N parts, for job arrays; join with simnet merge."
        ),
    ] = None,
    ablate: Annotated[
        bool,
        typer.Option(
            "--ablate",
            help="Remove one mechanism at a time and report which claims then fail.",
            rich_help_panel=_STUDIES,
        ),
    ] = False,
    robustness: Annotated[
        int | None,
        typer.Option(
            metavar="SETS",
            help="Test the claims under this number of parameter sets (Latin hypercube) and report "
            "how often each holds, and which parameter breaks it.",
            rich_help_panel=_STUDIES,
        ),
    ] = None,
    fold: Annotated[
        float,
        typer.Option(
            metavar="FACTOR",
            help="With --robustness: parameters vary between value / FACTOR and value * FACTOR.",
            rich_help_panel=_STUDIES,
        ),
    ] = 2.0,
    kept: Annotated[
        bool,
        typer.Option(
            "--kept",
            help="With --robustness and --out: report the results that DIR holds, without running more.",
            rich_help_panel=_STUDIES,
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw each claim, into NETWORK-ID.png."),
    ] = None,
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Print the table as Markdown."),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the whole result as JSON."),
    ] = False,
) -> None:
    """Test published observations ("claims") against a network.

    Under SSA a claim fails if the whole 99 % interval of its value is outside the expected range,
    and is undecided if a part is. Exit code 3 if a claim fails.

    Examples:
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
    from simnet.claims.robustness import ablate as ablate_claims
    from simnet.claims.robustness import robustness as vary_claims
    from simnet.claims.run import run_claims
    from simnet.claims.suite import claimed_names
    from simnet.cli.progress import progress

    chosen: Literal["ode", "ssa"] = method or ("ssa" if replicates is not None else "ode")
    if seed is not None and chosen == "ode" and robustness is None:
        why, way_out = "ODE runs are deterministic", "add --method ssa, or leave it out"
        raise InputError(Problem(what=f"--seed {seed}", why=why, way_out=way_out))
    part = shard_of(shard, out)
    data: list[dict[str, Any]] = []
    failed = False
    for name in [network] if network is not None else claimed_names():
        title = f"claims of {name}, {chosen.upper()}"
        if ablate:
            title = f"{name} without one mechanism at a time"
        elif robustness is not None:
            title = f"{name} under {robustness} sets of parameters"
        try:
            with progress(title) as advance:
                common: dict[str, Any] = {
                    "folder": folder,
                    "workers": workers_of(workers),
                    "out": out,
                    "progress": advance,
                }
                if ablate:
                    ablation = ablate_claims(name, **common)
                    shown, plain = ablation_shown(ablation), ablation_data(ablation)
                elif robustness is not None:
                    common |= {"fold": fold, "seed": 1 if seed is None else seed, "shard": part}
                    robust = vary_claims(name, sets=robustness, run=not kept, **common)
                    shown, plain = robustness_shown(robust), robustness_data(robust)
                else:
                    common |= {"method": chosen, "replicates": replicates, "seed": seed}
                    found = run_claims(name, ids=claim or (), shard=part, **common)
                    failed |= bool(found.failed) if part else not found.passed
                    files = _draw(found, plot) if plot is not None else []
                    shown, plain = claims_shown(found, files), claims_data(found)
        except KeyboardInterrupt:  # typer would end without a word
            raise interrupted(where_finished(out)) from None
        data.append(plain)
        if not as_json:
            shown.show(markdown=markdown)
    if as_json:
        print_json(data)
    if failed:
        raise typer.Exit(CHECK_FAILED)


_NEEDS = (
    ("--from", "NETWORK", "needs the network of the claims"),
    ("--fold", "--robustness", "only applies to --robustness"),
    ("--out", "NETWORK", "needs the network of the results"),
    ("--kept", "--robustness", "only applies to --robustness"),
    ("--kept", "--out", "needs the folder of the results"),
)
_EXCLUDES = (
    ("--ablate", "--robustness", "cannot be combined"),
    ("--ablate", "--seed", "cannot be combined: ablations are deterministic (ODE)"),
    ("--ablate", "--shard", "cannot be combined: ablations are compared with each other"),
    ("--kept", "--shard", "cannot be combined: nothing is run"),
    *(
        (study, other, "cannot be combined")
        for study in ("--ablate", "--robustness")
        for other in ("--claim", "--method ssa", "--replicates", "--plot")
    ),
    ("--markdown", "--json", "both print to standard output"),
)


def _clashes(given: Mapping[str, bool]) -> Iterator[Problem]:
    """What in a call does not fit together."""
    for option, other, why in _NEEDS:
        if given[option] and not given[other]:
            yield Problem(what=option, why=why, way_out=f"add {other}")
    for option, other, why in _EXCLUDES:
        if given[option] and given[other]:
            yield Problem(what=f"{option} and {other}", why=why, way_out="give one of them")


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
