"""Tables of claims, ablations and robustness: for a terminal, as Markdown and as JSON data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simnet.cli.outcome import wrote
from simnet.cli.tables import Sheet, console, count, number, say, table
from simnet.results.rounded import signed

if TYPE_CHECKING:
    from simnet.claims.measure import Finding
    from simnet.claims.robustness import Ablation, Robust, Robustness
    from simnet.claims.run import ClaimsResult

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
    return {
        "network": found.network,
        "digest": found.digest,
        "method": found.method,
        "replicates": found.replicates,
        "seed": found.seed,
        "passed": found.passed,
        "claims": found.frame().to_dict(orient="records"),
    }


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
    neutral = robust.claim.rule.neutral
    side = robust.claim.side
    return (
        "none"
        if side is None or neutral is None
        else f"{'>' if side == 'above' else '<'} {neutral:g}"
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %" if fraction == fraction else "–"


def _breaker(robust: "Robust") -> str:
    if not robust.breaker:
        return ""
    direction = "up" if robust.correlation > 0 else "down"
    return f"{robust.breaker} ({direction}, {signed(robust.correlation, 2)})"


def robustness_data(found: "Robustness") -> dict[str, Any]:
    """A robustness study as JSON data, without its design."""
    return {
        "network": found.network,
        "sets": len(found.design),
        "done": found.done,
        "fold": found.fold,
        "seed": found.seed,
        "parameters": list(found.parameters),
        "claims": found.frame().to_dict(orient="records"),
    }
