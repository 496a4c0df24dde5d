"""Writes docs/verification.md: `python tests/verify/document.py [--take]`.

The refusal matrix is made anew. The verdicts on the stochastic test suite are those of
tests/data/dsmts/verdicts.csv; --take replaces them by the results of the last `make verify`.
"""

import csv
import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "refusals")]

from dsmts import CASES, KINETICS, RESULTS, ROOT, RUNS, SEEDS, Case, Verdict, right  # noqa: E402
from refusals import constructs, rows  # noqa: E402

from simnet.results.terminal import signed  # noqa: E402

VERDICTS = CASES / "verdicts.csv"
FIGURES = ROOT / "tests" / "data" / "figures.json"
TARGET = ROOT / "docs" / "verification.md"


def take(results: Path, n: int = 10_000) -> None:
    """Collect the results of runs into the table of verdicts; the newest of each seed counts."""
    kept: dict[tuple[str, str], list[dict[str, object]]] = {}
    if VERDICTS.is_file():
        with VERDICTS.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                kept.setdefault((row["case"], row["engine"]), []).append(dict(row))
    lines: list[dict[str, object]] = []
    for engine, case in ((engine, Case(name)) for engine, name in RUNS):
        found: dict[int, Verdict] = {}
        files = results.glob(f"{case.name}-{engine}-n{n}-*.json")
        for path in sorted(files, key=lambda f: f.stat().st_mtime):
            verdict = Verdict(**json.loads(path.read_text(encoding="utf-8")))
            found[verdict.seed] = verdict
        verdicts = [found[s] for s in map(case.seed, range(SEEDS)) if s in found]
        if not verdicts:
            print(f"no {engine} result of case {case.name} in {results}: it stays as it was")
            lines += kept.get((case.name, engine), [])
        for v in verdicts:
            used = " ".join(
                f"{name} {number}" for name, number in v.versions.items() if name != "sources"
            )
            lines.append(
                {
                    "case": v.case,
                    "engine": v.engine,
                    "versions": used,
                    "n": v.n,
                    "seed": v.seed,
                    "points": v.points,
                    "untested": v.untested,
                    "z_outside": v.z_outside,
                    "z_largest": f"{v.z_largest:.2f}",
                    "y_outside": v.y_outside,
                    "y_largest": f"{v.y_largest:.2f}",
                    "p_mean": f"{v.p_mean:.2g}",
                    "p_variance": f"{v.p_variance:.2g}",
                    "bound": f"{v.bound:.2g}",
                    "run": "pass" if v.passed else "fail",
                    "verdict": "right" if right(verdicts) else "wrong",
                }
            )
    with VERDICTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def take_figures(folder: Path) -> None:
    """Collect what other tests wrote down as figures; those that are not there stay as they were."""
    figures = _figures()
    figures |= {
        p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))
    }
    text = json.dumps(figures, indent=2, sort_keys=True)
    FIGURES.write_text(text + "\n", encoding="utf-8", newline="\n")


def _figures() -> dict[str, dict[str, Any]]:
    found = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {}
    return dict(found)


def _mutants() -> str:
    found = _figures()["mutants"]
    counts = found["outcomes"]
    said = {
        "refused": "refused with a reason",
        "accepted": "accepted",
        "accepted for ODE": "accepted for `ode` and refused under `ssa`",
        "document": "held as a file that runs under `ode` only",
    }
    named = ", ".join(f"{counts.get(key, 0):,} {text}" for key, text in said.items())
    others = sum(n for key, n in counts.items() if key not in said)
    return (
        f"The last {found['mutants']:,} (seeds {found['seeds'][0]} to {found['seeds'][1]}, "
        f"{found['states']} states each): {named}; {others} hung, crashed or raised anything else, "
        f"{found['disagreements']} disagreed."
    )


def _memory() -> str:
    lines = [
        f"- {f['network']}: {f['replicates']:,} replicates in one process, "
        f"{f['warm']:.1f} MiB after {f['warm_after']:,}, {f['most']:.1f} MiB at most after that."
        for name, f in sorted(_figures().items())
        if name.startswith("memory-")
    ]
    return "\n".join(lines)


def _checks() -> str:
    lines = [
        [_cell(check), _number(low), _number(high), _between(least, most)]
        for check, (low, high, least, most) in _figures().get("checks-symbiosis", {}).items()
    ]
    return _kept(["check", "from", "to", "asked"], lines)


def _claims() -> str:
    lines = [
        [name.removeprefix("claims-"), claim, _cell(condition), _cell(readout),
         _number(value), *(map(_number, ends) if ends else ("", "")), verdict]
        for name, findings in sorted(_figures().items())
        if name.startswith("claims-")
        for claim, condition, readout, value, *ends, verdict in findings
    ]  # fmt: skip
    head = ["network", "claim", "condition", "readout", "mean", "from", "to", "verdict"]
    return _kept(head, lines)


def _cvs() -> str:
    lines = [
        [name.removeprefix("cvs-"), f"{f['cells']:,}", f["t_end"], _cell(readout),
         signed(low, 3), signed(high, 3)]
        for name, f in sorted(_figures().items())
        if name.startswith("cvs-")
        for readout, (low, high) in f["intervals"].items()
    ]  # fmt: skip
    return _kept(["network", "cells a side", "after", "readout", "from", "to"], lines)


def _semantic() -> str:
    found = _figures().get("semantic", {})
    kinds = ("match", "wrong", "refused", "raised")
    order = {"roadrunner by itself": 0, "ode": 1, "export": 2, "ssa": 3}
    lines = [
        [way, *(f"{counts.get(kind, 0):,}" for kind in kinds)]
        for way, counts in sorted(
            found.get("verdicts", {}).items(), key=lambda pair: order[pair[0]]
        )
    ]
    table = _kept(["", "match", "wrong", "refused", "raised"], lines)
    if not found:
        return table
    flagged = ", ".join(found.get("flagged", [])) or "none"
    ssa = ", ".join(f"{n} {text}" for text, n in sorted(found.get("ssa", {}).items()))
    return f"{table}\n\nFlagged under `ode` by the estimate of the error: {flagged}. Of the matches " \
        f"under `ssa`: {ssa}."  # fmt: skip


def _kept(head: list[str], lines: list[list[str]]) -> str:
    return _table(head, lines) if lines else "The figures of the last run were not written down."


def _number(value: float | str) -> str:
    return f"{float(value):.3g}"


def _between(least: str, most: str) -> str:
    """What a check asks for, in words."""
    sides = [f"{word} {float(end):g}" for word, end in (("above", least), ("below", most))
             if not math.isinf(float(end))]  # fmt: skip
    return " and ".join(sides)


def document() -> str:
    """The text of docs/verification.md."""
    return _TEXT.format(
        suite=_suite(),
        reasons=_reasons(),
        matrix=_matrix(),
        constructs=len(constructs()),
        mutants=_mutants(),
        memory=_memory(),
        checks=_checks(),
        claims=_claims(),
        cvs=_cvs(),
        semantic=_semantic(),
    )


def _suite() -> str:
    with VERDICTS.open(encoding="utf-8") as file:
        verdicts = list(csv.DictReader(file))
    runs = sorted(Counter((v["engine"], v["versions"], int(v["n"])) for v in verdicts).items())
    wrong = sorted({f"{v['case']} ({v['engine']})" for v in verdicts if v["verdict"] != "right"})
    said = "; ".join(
        f"{k} with {engine}, {n:,} runs each ({used})" for (engine, used, n), k in runs
    )
    cases = len({v["case"] for v in verdicts})
    summary = f"{cases} cases; {said}. " + (
        f"Wrong: {', '.join(wrong)}." if wrong else "All of them are right."
    )
    head = ["engine", "case", "seed", "p mean", "p variance", "bound", "points", "untested",
            "Z outside (largest)", "Y outside (largest)", "verdict"]  # fmt: skip
    lines = [
        [
            v["engine"], v["case"], v["seed"], v["p_mean"], v["p_variance"], v["bound"], v["points"],
            v["untested"], f"{v['z_outside']} ({v['z_largest']})",
            f"{v['y_outside']} ({v['y_largest']})",
            v["verdict"] if v["run"] == "pass" else f"{v['verdict']} (this run fails)",
        ]
        for v in verdicts
    ]  # fmt: skip
    return f"{summary}\n\n{_table(head, lines)}"


def _reasons() -> str:
    if not KINETICS:
        return "No case needs its kinetics declared: the homodimer laws are k\\*P\\*(P-1)/2, "\
            "which no ODE modeler writes, and are taken as they stand."  # fmt: skip
    return "\n".join(f"- {name}: `{kinetics}`, {why}" for name, (kinetics, why) in KINETICS.items())


def _matrix() -> str:
    cells = [[_cell(text) for text in row] for row in rows()]
    return _table(["construct", "ode", "ssa", "message"], cells)


def _table(head: list[str], lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


def _cell(text: str) -> str:
    text = " ".join(text.split())
    for mark in "\\|*>_":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("<", "&lt;")  # mkdocs knows no escape of it


_TEXT = """# Verification
What simnet computes, held against what is known exactly; and what it refuses to compute.

This file is written by `python tests/verify/document.py`, and a test checks that it is up to date. The refusal matrix is made anew each time. The verdicts on the suite are those of the last `make verify` whose results were taken over, with `python tests/verify/document.py --take`; they are kept in `tests/data/dsmts/verdicts.csv`.

- Every engine of `simnet/engines/table.py` that does `ssa` runs the suite, the closed forms and the master equations; a new row joins by itself. `reference`, which is slow, runs the small cases only and makes a tenth of the long runs.
- `make test` runs the suite with 500 runs a case (00005 and 00023, of 90,000 firings a run, with 100 runs up to t = 10), the refusal matrix, and 60 mutants.
- `make verify` runs the suite with 10,000 runs a case, and 2,000 mutants. It can be stopped: finished cases are kept in `out/verify/dsmts/`, and a second start skips them while simnet's sources and the engine's version are the same.

## The SBML stochastic test suite
{suite}

How a case is decided (`tests/verify/dsmts.py`):
- The suite asks for Z = sqrt(n) (mean - mu)/sigma in (-3, 3) and Y = sqrt(n/2) (s^2/sigma^2 - 1) in (-5, 5) at each time. Its points are correlated in time, and its range of Y is that of a normal distribution, so these counts are shown and decide nothing.
- Each mean and each variance, of each output at each time, has a p-value; the case fails where the smallest is below 1e-4 divided by their number (Bonferroni).
- The p-value of a mean is that of Pearson's type III distribution with skewness g/sqrt(n): for g = 0 the normal distribution. That of a variance takes s^2/sigma^2 as chi2(f)/f, with the f that gives it its true variance: 2/f = k/n + 2/(n-1). Here g and k are the exact skewness and excess kurtosis, which `tests/verify/exact_moments.py` computes from the case's SBML, apart from simnet: cumulants of a linear system, or the master equation. The same computation confirms every mean and standard deviation of the suite's files.
- 00003 is why: at t = 50 its excess kurtosis is 93, and the suite's own Y then exceeds its range by chance. Where f < 30 a variance is left out ("untested").
- A case that fails is run with three other root seeds, and all four are shown; it is wrong where two of the four fail.

{reasons}

00034 and 00035 have the law k\\*(100 - 2\\*P2)\\*(99 - 2\\*P2), which interval arithmetic alone cannot show to be positive. They are accepted because P2 cannot exceed 50: it starts at 0, the one reaction that makes it makes one at a time, and its law is exactly zero at 50; at the whole numbers from 0 to 50 the law is not negative. A change that could lift P2 above 50 (a dose, a schedule, an event) is refused together with the law. See `simnet/network/bounds.py`.

## The refusal matrix
{constructs} constructs of SBML, each added to a small model: X decays from 20 molecules with k = 0.1 per second. "warns" is a run with a warning. Of what runs, the amount at t = 4 is compared with a number worked out by hand, under `ssa` in the mean (`tests/refusals/constructs.toml`).

{matrix}

## The SBML semantic test suite
Half of the time-course cases of its core, run by `tests/verify/semantic.py` as a user would, at defaults, in one process; a case matches where each output lies within the case's own tolerances. 60 of them lie in `tests/data/semantic` and run in `make test`; `make verify` runs all that lie where the environment variable SIMNET_SEMANTIC points.
- `ode`: `simulate`, with `allow_negative=True` where right values are negative, and for 01626, where an amount that is no output is.
- export: what `write_sbml` writes, in roadrunner by itself.
- `ssa`: with `copies=`, where the case is accepted (`kinetics="continuous"`). At the end, and without events halfway as well, means lie within 4 standard errors where laws are linear (1e4 molecules of what there is most, 100 replicates); elsewhere the bias has to fall with 1e3, 1e4 and 1e5 molecules. Where laws depend on time, a tenth of these.

{semantic}

## Broken and hostile files
`tests/sbml/test_read_hostile.py`: each gives an error that names the file, in bounded time and memory, and this process lives.
- Cut off, binary, UTF-16, not SBML: refused with the line.
- Entities and DOCTYPE: refused before a parser sees them; no file and no address is opened.
- More than 32 MB: refused before it is read.
- Elements nested more than 200 deep; function definitions that make more than 1,000,000 terms, or call each other in a ring; assignment rules that read each other over more than 200 levels or make more than 100,000 terms: refused (libsbml or roadrunner would crash or hang).
- A missing value (NaN) that a law reads: refused under both methods. A propensity that is infinite at the start, or more than 2^53 molecules: refused under `ssa`.
- An engine that crashes takes its replicate along, nothing else.

## Mutants
`tests/verify/mutants.py` changes `sbml/hypoxia.xml` and `sbml/hypoxia-ssa.xml` in one to three places, by seed: numbers, symbols, operators, references, attributes, whole elements, single bytes. Each mutant is loaded in a process of its own. It has to be refused with an error of simnet's, or else, at 20 random states, every propensity in both kinetics, every assignment, every initial value and every state change has to agree to 1e-12 with `tests/verify/sbml_values.py`, which evaluates libsbml's syntax trees of the mutated file and shares no code with simnet; and the same must hold for the file that simnet writes of it.

{mutants}

## Events on state
Under `ssa` an event on the state alone takes effect exactly when a firing, another event or a change makes its trigger true. Bare libroadrunner 2.10 loses an event that makes its own trigger false where the very next firing makes it true again, repeats one that another event made true, and starts a run with the triggers of the run before; so each model with such events is armed with a hidden reaction that makes it look again after each event (`simnet/engines/state.py`). `tests/truth/test_state_events.py` holds it against a Poisson number modulo a threshold (every run), gamma-distributed first passage times and master equations with hysteresis and division, whole or cut into segments. A fraction of a molecule, a negative amount or no number is an error of the replicate, also where it is overwritten before anyone looks.

## Memory
Resident memory of one worker process with roadrunner, each replicate of two segments (`tests/memory/test_flat.py`; libroadrunner 2.10 keeps 128 bytes of each array that it gives out):
{memory}

## Packaged networks under SSA
The checks on magnitude 10 and 11 of `symbiosis`, for means of 16 cells an arm over the 14th day (`tests/networks/symbiosis/test_ssa.py`): 99 % intervals. A check fails where its interval lies outside of what is asked.

{checks}

The claims of the other networks, for means of 40 cells an arm (`tests/claims/test_ssa.py`): 99 % intervals. "undecided" means that the interval holds a bound of what is expected; "left out", that the protocol is of the ODE alone.

{claims}

## Noise and the sizes of tokens
All sizes of tokens and quanta halved at once (`tests/networks/test_convergence.py`): log ratio of the CVs of each mRNA, 95 % interval. All of them have to lie within -0.1 and 0.1. `hypoxia` (at 1 % O2) and `lactate_mtor` (rapamycin 100 nM) start as declared; `symbiosis` (axitinib 10 nM and rapamycin 100 nM) starts without mRNA, so that bursts alone spread it: from its declared start, 8,000 cells after 1 h of axitinib left 7 of 24 intervals too wide to tell, and none outside.

{cvs}
"""


def main() -> None:
    if "--take" in sys.argv[1:]:
        take(RESULTS)
        take_figures(RESULTS.parent / "figures")
    TARGET.write_text(document(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
