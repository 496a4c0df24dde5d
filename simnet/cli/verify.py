"""`simnet verify`: engines against each other and against the master equation."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simnet.cli.options import CopiesOption, KineticsOption, Source, VolumeOption, loaded
from simnet.cli.output import (
    CHECK_FAILED,
    Sheet,
    console,
    count,
    interrupted,
    number,
    print_json,
    progress,
    say,
    spread,
    table,
    unit_text,
)

if TYPE_CHECKING:
    from simnet.network.network import Readout
    from simnet.verify.exports import ExportCheck
    from simnet.verify.verification import EngineComparison, Verification

_ROWS_SHOWN = 30


def verify_command(
    source: Source,
    t_end: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help='End of the runs, such as "30 min"; by default 48 h, or less if the slow reference '
            "engine would take more than some minutes.",
        ),
    ] = None,
    replicates: Annotated[
        int,
        typer.Option(
            metavar="N", help="Replicates of each engine; fewer for the slow reference engine."
        ),
    ] = 500,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Root seed; random by default.")
    ] = None,
    readout: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Readout, species or parameter; may be repeated."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Worker processes; all processors by default, 0 for none."),
    ] = None,
    kinetics: KineticsOption = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    exports: Annotated[
        bool,
        typer.Option(
            help="Whether tellurium runs the network's COMBINE archive and Antimony text."
        ),
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole comparison as JSON.")
    ] = False,
) -> None:
    """Verify the stochastic simulation of a network, engine against engine.

    Runs all SSA engines and compares means, standard deviations and distributions; if the state
    space is small, also with the exact solution of the chemical master equation. The probability of
    a false alarm is 1 in 10,000 at most. tellurium runs what simnet export writes: the COMBINE
    archive and the Antimony text. Exit code 3 if there is a significant difference.

    Examples:
        simnet verify hypoxia --t-end "10 min"
        simnet verify model.xml --t-end 100 --replicates 5000
    """
    from simnet.verify.cross_check import cross_check

    network = loaded(source, kinetics, volume=volume, copies=copies)
    try:
        with progress(f"{network.id}, engine against engine") as advance:
            found = cross_check(
                network,
                t_end=t_end,
                replicates=replicates,
                seed=seed,
                readouts=readout or None,
                workers=workers,
                progress=advance,
            )
        elsewhere = None
        if exports:
            from simnet.verify.exports import check_exports

            with progress(f"{network.id}, exported files in tellurium"):
                elsewhere = check_exports(network, float(found.times[-1]))
    except KeyboardInterrupt:  # typer would end without a word
        raise interrupted("nothing was saved") from None
    if as_json:
        print_json(as_data(found, elsewhere))
    else:
        _print(found)
        if elsewhere is not None:
            _print_exports(elsewhere)
    if not found.agree or (elsewhere is not None and not elsewhere.agree):
        raise typer.Exit(CHECK_FAILED)


def as_data(found: "Verification", exports: "ExportCheck | None" = None) -> dict[str, Any]:
    """A verification as JSON data."""
    return {
        "exports": exports and asdict(exports) | {"agree": exports.agree},
        "network": found.network,
        "digest": found.digest,
        "agree": found.agree,
        "false_alarm_rate": found.alpha,
        "tests": found.tests,
        "seed": found.seed,
        "time_unit": found.time_unit,
        "engines": [
            {"name": name, "version": version, "replicates": found.replicates[name]}
            for name, version in found.engines.items()
        ],
        "master_equation_states": found.states,
        "left_out": found.left_out,
        "failures": list(found.failures),
        "comparisons": found.frame().to_dict(orient="records"),
    }


def _print(found: "Verification") -> None:
    say(f"{found.network} · SSA to {_time(found, found.times[-1])} · seed {found.seed}", "bold")
    for name, version in found.engines.items():
        say(f"{name} {version}: {count(found.replicates[name], 'replicate')}")
    if found.states:
        say(f"CME: the chemical master equation, exact, {count(found.states, 'state')}")
    for name, reason in found.left_out.items():
        say(f"{name}: left out, {' '.join(reason.split())}")
    _tables(found)
    for failure in found.failures[:5]:
        say(f"FAILED {failure}", "red")
    chance = number(1 / found.alpha)
    noticed = f"{found.noticed:.2g} standard deviations"
    made = f"{count(found.tests, 'test')} of means, standard deviations and distributions"
    if found.agree:
        say(f"AGREE: no difference in {made}.", "bold green")
        say(
            f"Detectable here: a mean that differs by {noticed} or more; more replicates reveal smaller ones."
        )
    else:
        say(_accusation(found, made), "bold red")
    say(f"p is corrected for multiple testing (Holm): at most one false alarm in {chance} calls.")


def _print_exports(found: "ExportCheck") -> None:
    from simnet.verify.exports import TOLERANCE

    for what, reason in found.left_out.items():
        say(f"{found.tool}: {what} left out, {reason}")
    if not found.differences:
        return
    differing = [
        f"{name} by {number(difference)}"
        for name, difference in found.differences.items()
        if difference > TOLERANCE
    ]
    if differing:
        text, style = f"DISAGREE: {found.tool} differs in {', '.join(differing)}", "bold red"
    else:
        text = (
            f"{found.tool} agrees on the exported files ({', '.join(found.differences)}): "
            f"largest relative difference {found.largest:.1g}."
        )
        style = ""
    say(text, style)


def _accusation(found: "Verification", made: str) -> str:
    """Who differs from whom, and in what."""
    pairs: dict[str, dict[str, None]] = {}
    for c in found.disagreements:
        pairs.setdefault(f"{c.first} and {c.second}", {})[c.readout] = None
    parts = [
        f"{pair} differ significantly in {', '.join(list(names)[:8])}"
        + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        for pair, names in pairs.items()
    ]
    if found.failures:
        parts.append(f"{len(found.failures)} replicates failed")
    return f"DISAGREE: {'; '.join(parts)} ({made})."


def _tables(found: "Verification") -> None:
    """The comparisons by readout and time: those that disagree, then the least likely ones."""
    groups = [list(group) for _, group in groupby(found.comparisons, lambda c: (c.readout, c.time))]
    groups.sort(key=lambda group: min(c.p for c in group) >= found.alpha)
    shown = groups
    if len(groups) > _ROWS_SHOWN:
        least = sorted(groups, key=lambda group: min(min(c.pvalues) for c in group))
        chosen = {id(group) for group in least[:_ROWS_SHOWN]}
        shown = [group for group in groups if id(group) in chosen]
    made = _table(found, shown)
    if len(shown) < len(groups):
        made.caption = (
            f"the {len(shown)} with the smallest p-values of {len(groups)} (--json has all)"
        )
    console().print(made)


def _table(found: "Verification", groups: Sequence[list["EngineComparison"]]) -> Sheet:
    from simnet.results.terminal import signed

    sides = [*found.engines, *(["CME"] if found.states else [])]
    columns = ["readout", "time", *(f"{side}\nmean ± sd" for side in sides)]
    columns += ["largest z", "smallest p", "verdict", "ODE"]
    places = {r.name: i for i, r in enumerate(found.readouts)}
    moments = found.frame().set_index(["readout", "time"])["ode"].to_dict()
    rows = []
    for group in groups:
        seen = {c.first: (c.mean[0], c.sd[0]) for c in group}
        seen |= {c.second: (c.mean[1], c.sd[1]) for c in group}
        first = group[0]
        p = min(c.p for c in group)
        z = max((c.z for c in group), key=abs)
        rows.append(
            [
                _named(found.readouts[places[first.readout]]),
                _time(found, first.time),
                *(_moments(*seen[side]) if side in seen else "–" for side in sides),
                signed(z, 1),
                number(p) if p < 0.01 else f"{p:.2f}",
                "agree" if p >= found.alpha else "DIFFER",
                number(moments[first.readout, first.time]),
            ]
        )
    made = table(columns, rows, text=2)
    made.names = 2
    return made


def _named(readout: "Readout") -> str:
    unit = unit_text(readout.unit)
    return f"{readout.name} ({unit})" if unit else readout.name


def _moments(mean: float, sd: float) -> str:
    return f"{number(mean)} ± {number(spread(sd, mean))}"


def _time(found: "Verification", time: float) -> str:
    from simnet.experiment.times import time_text

    return (
        time_text(time) if found.time_unit == "s" else f"{time:.4g} {found.time_unit or ''}".strip()
    )
