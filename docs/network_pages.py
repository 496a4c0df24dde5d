"""The pages of the packaged networks, made from their own files.

    python docs/network_pages.py [NETWORK ...]
    python docs/network_pages.py --robustness [--kept] [NETWORK ...]

runs the claims of the networks (`simnet claims NETWORK --markdown`) and the same without each of
its mechanisms (`--ablate`), and keeps the tables in docs/networks/. With `--robustness` it runs the
claims under 500 sets of parameters instead (`--robustness 500`, values in out/robustness/, so that
it goes on where it stopped; an hour or two for `symbiosis`), or with `--kept` takes the sets that are
there. The rest of a page is made when the site is built: the mechanism drawn from the rules, the
README, inputs, readouts, genes, drugs and parameters.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import simnet as sn
from simnet.plot.diagram import draw_diagram

DOCS = Path(__file__).resolve().parent
NETWORKS = DOCS.parent / "networks"
STUDIES = ("claims", "robustness")
SETS = 500
_DIGEST = re.compile(r"<!-- network ([0-9a-f]{64}) -->")


def names() -> tuple[str, ...]:
    """The packaged networks."""
    return tuple(sn.packaged_names())


def kept(name: str, study: str = "claims") -> Path:
    """Where the tables of claims or of robustness are kept; they are not pages of their own."""
    return DOCS / "networks" / f"{name}.{study}.txt"


def digest_of_claims(name: str, study: str = "claims") -> str:
    """The digest of the network whose tables are kept; "" where there are none."""
    if not kept(name, study).is_file():
        return ""
    found = _DIGEST.search(kept(name, study).read_text(encoding="utf-8"))
    return found[1] if found else ""


def page(name: str) -> str:
    """The page of a network, as Markdown."""
    network = sn.load(name)
    parts = [f"# {name}", network.summary]
    parts += [
        f"{len(network.rules)} rules unroll to {len(network.species)} species and "
        f"{len(network.reactions):,} one-way reactions. `simnet show {name}` prints what is below.",
        "## What acts on what",
        f"Drawn from the reactions by `simnet show {name} --diagram {name}.svg`. "
        f"[Open it alone]({name}.svg) to enlarge it; resting on a line or box says what it is.",
        f'<div class="diagram"><object type="image/svg+xml" data="{name}.svg" '
        f'aria-label="What acts on what in {name}"></object></div>',
    ]
    readme = NETWORKS / name / "README.md"
    if readme.is_file():
        parts.append(_lowered(readme.read_text(encoding="utf-8")))
    parts += _tables(network)
    parts += [
        "## Parameters",
        f"{len(network.parameters)} parameters, from `networks/{name}/parameters.csv` "
        f"(`simnet show {name} --parameters`). The range is what sensitivity analysis varies.",
        _table(
            ["name", "value", "unit", "range", "meaning", "source", "confidence"],
            (
                (
                    p.id,
                    f"{p.value:.6g}",
                    _unit(p.unit),
                    _range(p),
                    p.meaning,
                    p.source,
                    p.confidence,
                )
                for p in network.parameters
            ),
        ),
    ]
    parts += [
        _DIGEST.sub("", kept(name, study).read_text(encoding="utf-8")).strip()
        for study in STUDIES
        if kept(name, study).is_file()
    ]
    return "\n\n".join(parts) + "\n"


def pictures(name: str) -> dict[str, str]:
    """The SVG files of the page: the diagram, and those that the README shows."""
    found = {f"{name}.svg": draw_diagram(sn.load(name))}
    for path in (NETWORKS / name).glob("*.svg"):
        found[f"{name}-{path.name}"] = path.read_text(encoding="utf-8")
    return found


def _lowered(readme: str) -> str:
    """A README inside a page: its title dropped, its pictures under the page's names."""
    lines = readme.splitlines()
    name = lines[0].strip("# `")
    body = "\n".join(lines[1:]).strip()
    return re.sub(r"\]\((\w+\.svg)\)", rf"]({name}-\1)", body)


def _tables(network: sn.Network) -> Iterable[str]:
    """Inputs, readouts, genes and drugs."""
    inputs = [(i.name, f"{i.baseline:g}", _unit(i.unit), i.meaning) for i in network.inputs]
    readouts = [(r.name, _unit(r.unit), r.meaning) for r in network.readouts]
    genes = [(g.name, g.symbol, ", ".join(g.parameters), g.meaning) for g in network.genes]
    drugs = [
        (d.name, d.target, f"{d.affinity:g} {d.unit}", d.meaning, d.source) for d in network.drugs
    ]
    for title, head, rows in (
        ("Inputs, by name", ["name", "baseline", "unit", "meaning"], inputs),
        ("Readouts", ["name", "unit", "meaning"], readouts),
        ("Genes", ["name", "symbol", "a knock-down scales", "meaning"], genes),
        ("Drugs", ["name", "target", "affinity", "meaning", "source"], drugs),
    ):
        if rows:
            yield f"## {title}"
            yield _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    lines += [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("\n", " ")


def _range(parameter: object) -> str:
    lower, upper = getattr(parameter, "lower", None), getattr(parameter, "upper", None)
    if lower is None or upper is None:
        return ""
    return "fixed" if lower == upper else f"{lower:.3g} to {upper:.3g}"


def _unit(unit: str | None) -> str:
    """As people say it: SBML counts molecules in items, and has a unit of what has none."""
    return "" if unit in (None, "1") else re.sub(r"\bitem\b", "molecules", str(unit))


def take(name: str) -> None:
    """Run the claims of a network and keep their tables."""
    _keep(name, "claims", {"Claims": [], "Ablation": ["--ablate"]})


def take_robustness(name: str, *, run: bool) -> None:
    """Run the claims of a network under many sets of parameters, or judge those that were run."""
    values = DOCS.parent / "out" / "robustness" / name
    more = ["--robustness", str(SETS), "--out", str(values.relative_to(DOCS.parent))]
    _keep(name, "robustness", {"Robustness": more}, [] if run else ["--kept"])


def _keep(
    name: str, study: str, calls: Mapping[str, Sequence[str]], silent: Sequence[str] = ()
) -> None:
    """Keep what calls print under their titles; `silent` arguments are not told."""
    command = [str(Path(sys.executable).with_name("simnet")), "claims", name, "--markdown"]
    tables = []
    for title, more in calls.items():
        call = [*command, *more, *silent]
        ran = subprocess.run(
            call, encoding="utf-8", capture_output=True, check=False, cwd=DOCS.parent
        )
        if ran.returncode not in (0, 3):
            raise SystemExit(ran.stderr)
        told = " ".join(["simnet", *command[1:], *more])
        tables += [f"## {title}", f"`{told}` prints:", ran.stdout.strip()]
    digest = f"<!-- network {sn.load(name).digest} -->"
    kept(name, study).write_text("\n\n".join([digest, *tables]) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Make the tables that are asked for."""
    chosen = [argument for argument in arguments if not argument.startswith("--")]
    for name in chosen or names():
        if not (NETWORKS / name / "claims.csv").is_file():
            continue
        if "--robustness" in arguments:
            take_robustness(name, run="--kept" not in arguments)
        else:
            take(name)


if __name__ == "__main__":
    main(sys.argv[1:])
