"""`simnet claims`: what was reported of a network, beside what it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from simnet.cli.options import (
    EngineOption,
    FolderOption,
    ShardOption,
    WorkersOption,
    networks,
    shard_of,
    where_finished,
    workers_of,
)
from simnet.cli.output import (
    CHECK_FAILED,
    Sheet,
    console,
    count,
    drawn,
    interrupted,
    number,
    print_json,
    progress,
    say,
    table,
    wrote,
)
from simnet.errors import InputError, Problem, Problems
from simnet.results.terminal import signed

if TYPE_CHECKING:
    from simnet.claims.measure import Finding
    from simnet.claims.robustness import Ablation, Robust, Robustness
    from simnet.claims.run import ClaimsResult


# Tables of claims, ablations and robustness: for a terminal, as Markdown and as JSON data.


_GOOD, _BAD, _UNSURE = "bold green", "bold red", "bold yellow"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A heading, a table, and lines below it with their style."""

    heading: str
    table: Sheet
    lines: tuple[tuple[str, str], ...] = ()

    def show(self, *, markdown: bool) -> None:
        """Print it on standard output."""
        if markdown:
            print(self.as_markdown())
            return
        say(self.heading, style="bold")
        console().print(self.table)
        for line, style in self.lines:
            say(line, style=style or None)

    def as_markdown(self) -> str:
        """The table, with the heading before and the lines after it."""
        columns = tuple(self.table.columns)
        rule = ["---:" if i in self.table.numbers else "---" for i in range(len(columns))]
        rows = [columns, tuple(rule), *self.table.rows]
        cells = ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]
        lines = [line for line, _ in self.lines]
        return "\n".join([f"{self.heading}\n", *cells, *(f"\n{line}" for line in lines), ""])


def claims_shown(found: "ClaimsResult", files: Sequence[Path]) -> Shown:
    """Expected beside simulated."""
    parts = [found.network, found.method.upper()]
    if found.method == "ssa":
        parts += [f"{count(found.replicates, 'replicate')} of each arm", f"seed {found.seed}"]
    parts += [count(len(found.findings), "claim"), count(len(found.courses), "simulation")]
    rows = tuple(
        (
            finding.claim.id,
            finding.claim.readout,
            finding.claim.expectation,
            _simulated(finding),
            finding.verdict if finding.verdict != "fails" else "FAILS",
            finding.claim.condition,
            finding.claim.source,
        )
        for finding in found.findings
    )
    columns = ("id", "readout", "expected", "simulated", "verdict", "protocol", "source")
    made = Sheet(columns=columns, rows=list(rows), numbers=frozenset({3}))
    notes = [(f"{f.claim.id}: {f.note}", "dim") for f in found.findings if f.note]
    lines = [*notes, _summary(found), *((line, "") for line in wrote(files))]
    return Shown(heading=" · ".join(parts), table=made, lines=tuple(lines))


def _simulated(finding: "Finding") -> str:
    text = number(finding.value)
    if finding.interval is None:
        return text
    low, high = finding.interval
    return f"{text} ({number(low)} to {number(high)})"


def _summary(found: "ClaimsResult") -> tuple[str, str]:
    ids: dict[str, list[str]] = {}
    for finding in found.findings:
        ids.setdefault(finding.verdict, []).append(finding.claim.id)
    run = len(found.findings) - len(ids.get("left out", ()))
    held = len(ids.get("holds", ()))
    text = f"{held} of {count(run, 'claim')} {'holds' if held == 1 else 'hold'}"
    text += "".join(
        f"; {verdict}: {', '.join(ids[verdict])}"
        for verdict in ("fails", "undecided", "not run")
        if verdict in ids
    )
    style = _BAD if "fails" in ids else _UNSURE if {"undecided", "not run"} & ids.keys() else _GOOD
    return f"{text}.", style


def claims_data(found: "ClaimsResult") -> dict[str, Any]:
    """The findings as JSON data."""
    names = ("network", "digest", "method", "replicates", "seed", "passed")
    about = {name: getattr(found, name) for name in names}
    return about | {"claims": found.frame().to_dict(orient="records")}


def ablation_shown(found: "Ablation") -> Shown:
    """A row a mechanism: what is set, and which claims fall."""
    rows = tuple(
        (a.mechanism.name, ", ".join(a.fallen) or "none", a.mechanism.meaning, a.mechanism.text)
        for a in found.without
    )
    held = sum(f.verdict == "holds" for f in found.whole)
    fallen = {name for a in found.without for name in a.fallen}
    fallen |= {f.claim.id for a in found.without for f in a.findings if f.verdict == "not run"}
    never = [f.claim.id for f in found.whole if f.verdict == "holds" and f.claim.id not in fallen]
    lines = [(f"{held} of {count(len(found.whole), 'claim')} hold in the whole network.", "")]
    already = [f.claim.id for f in found.whole if f.verdict != "holds"]
    if already:
        lines.append((f"Fail already in the whole network: {', '.join(already)}.", _BAD))
    for ablated in found.without:
        missing = [f.claim.id for f in ablated.findings if f.verdict == "not run"]
        if missing:
            text = f"Could not be simulated without {ablated.mechanism.name}: {', '.join(missing)}."
            lines.append((text, _UNSURE))
    if never:
        lines.append((f"Hold without any one of the mechanisms: {', '.join(never)}.", ""))
    return Shown(
        heading=f"{found.network} · one mechanism at a time set to nothing, ODE",
        table=table(("without", "claims that fall", "meaning", "set"), rows, text=4),
        lines=tuple(lines),
    )


def ablation_data(found: "Ablation") -> dict[str, Any]:
    """An ablation as JSON data."""
    return {
        "network": found.network,
        "without": [
            {
                "mechanism": a.mechanism.name,
                "meaning": a.mechanism.meaning,
                "set": a.mechanism.text,
                "fallen": list(a.fallen),
            }
            for a in found.without
        ],
        "claims": found.frame().to_dict(orient="records"),
    }


def robustness_shown(found: "Robustness") -> Shown:
    """A row a claim: how often it keeps its sign, and what breaks it."""
    sets, parameters = len(found.design), len(found.parameters)
    drawn = count(sets, "set") if found.done == sets else f"{found.done} of {count(sets, 'set')}"
    heading = [found.network, f"{drawn} of {count(parameters, 'parameter')}"]
    heading += [f"within a factor of {number(found.fold)}", f"seed {found.seed}", "ODE"]
    rows = tuple(
        (
            robust.claim.id,
            robust.claim.readout,
            robust.claim.expectation,
            _sign(robust),
            _percent(robust.keeps),
            _percent(robust.holds),
            _breaker(robust),
        )
        for robust in found.claims
    )
    lines = [
        (
            "Keeps sign, holds: percentage of the parameter sets (equal for a claim without a sign). "
            "Broken by: if fewer than 70 % keep the sign, the parameter with the largest rank "
            "correlation with the margin (up: a larger value helps).",
            "dim",
        )
    ]
    missing = found.done - min((robust.n for robust in found.claims), default=found.done)
    if missing:
        lines.append((f"Up to {missing} sets could not be simulated and are not counted.", _UNSURE))
    columns = ("id", "readout", "expected", "sign", "keeps sign", "holds", "broken by")
    made = Sheet(columns=columns, rows=list(rows), numbers=frozenset({4, 5}))
    return Shown(heading=" · ".join(heading), table=made, lines=tuple(lines))


def _sign(robust: "Robust") -> str:
    neutral, side = robust.claim.rule.neutral, robust.claim.side
    if side is None or neutral is None:
        return "none"
    return f"{'>' if side == 'above' else '<'} {neutral:g}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %" if fraction == fraction else "–"


def _breaker(robust: "Robust") -> str:
    if not robust.breaker:
        return ""
    direction = "up" if robust.correlation > 0 else "down"
    return f"{robust.breaker} ({direction}, {signed(robust.correlation, 2)})"


def robustness_data(found: "Robustness") -> dict[str, Any]:
    """A robustness study as JSON data, without its design."""
    names = ("network", "done", "fold", "seed", "parameters")
    return {
        **{name: getattr(found, name) for name in names},
        "sets": len(found.design),
        "claims": found.frame().to_dict(orient="records"),
    }


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
    engine: EngineOption = None,
    out: FolderOption = None,
    shard: ShardOption = None,
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
        bool, typer.Option("--markdown", help="Print the table as Markdown.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole result as JSON.")
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
    _require_compatible(
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
            "--engine": engine is not None,
            "--kept": kept,
            "--plot": plot is not None,
            "--markdown": markdown,
            "--json": as_json,
        }
    )
    from simnet.claims.robustness import ablate as ablate_claims
    from simnet.claims.robustness import robustness as vary_claims
    from simnet.claims.run import run_claims
    from simnet.claims.suite import claimed_names

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
                common: dict[str, Any] = {"folder": folder, "out": out, "progress": advance}
                common["workers"] = workers_of(workers)
                if ablate:
                    ablation = ablate_claims(name, **common)
                    shown, plain = ablation_shown(ablation), ablation_data(ablation)
                elif robustness is not None:
                    common |= {"fold": fold, "seed": 1 if seed is None else seed, "shard": part}
                    robust = vary_claims(name, sets=robustness, run=not kept, **common)
                    shown, plain = robustness_shown(robust), robustness_data(robust)
                else:
                    common |= {"method": chosen, "replicates": replicates, "seed": seed}
                    common |= {"engine": engine or "auto", "shard": part}
                    found = run_claims(name, ids=claim or (), **common)
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
        for other in ("--claim", "--method ssa", "--replicates", "--engine", "--plot")
    ),
    ("--markdown", "--json", "both print to standard output"),
)


def _require_compatible(given: Mapping[str, bool]) -> None:
    """Raise InputError for what in a call does not fit together."""
    problems = Problems()
    for option, other, why in _NEEDS:
        if given[option] and not given[other]:
            problems.add(option, why, f"add {other}")
    for option, other, why in _EXCLUDES:
        if given[option] and given[other]:
            problems.add(f"{option} and {other}", why, "give one of them")
    if problems:
        raise InputError(problems)


def _draw(found: "ClaimsResult", folder: Path) -> list[Path]:
    """A picture of each claim that has a value."""
    from simnet.claims.draw import draw_claim

    run = {f.claim.id for f in found.findings if f.verdict not in ("left out", "not run")}
    return [
        path
        for case in found.cases
        if case.claim.id in run
        for path in drawn(
            draw_claim(found, case), [folder / f"{found.network}-{case.claim.id}.png"]
        )
    ]
