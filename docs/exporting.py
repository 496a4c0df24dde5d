"""Writes docs/exporting.md: which file is for which tool, measured; libsbml's verdict; annotation.

    python docs/exporting.py

It takes a minute or two, and the tools of the group `rivals` in pyproject.toml.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import libsbml
import numpy as np

import simnet as sn
from simnet.catalogue.annotations import accession
from simnet.cli.sections import coverage, sources, terms_of
from simnet.network.expression import Kinetics, RateLaw, Symbol
from simnet.network.network import Compartment, Network, Parameter, Reaction, Readout, Species
from simnet.results.terminal import signed
from simnet.sbml.antimony import sbml_to_antimony
from simnet.sbml.write import to_sbml
from simnet.verify.master_equation import solve

PAGE = Path(__file__).with_name("exporting.md")
END, POINTS, RUNS = 4 * 3600.0, 5, 2000
CATEGORIES = {
    "general": libsbml.LIBSBML_CAT_GENERAL_CONSISTENCY,
    "identifiers": libsbml.LIBSBML_CAT_IDENTIFIER_CONSISTENCY,
    "units": libsbml.LIBSBML_CAT_UNITS_CONSISTENCY,
    "MathML": libsbml.LIBSBML_CAT_MATHML_CONSISTENCY,
    "SBO": libsbml.LIBSBML_CAT_SBO_CONSISTENCY,
    "overdetermined": libsbml.LIBSBML_CAT_OVERDETERMINED_MODEL,
    "modelling practice": libsbml.LIBSBML_CAT_MODELING_PRACTICE,
}


def main() -> None:
    """Measure, and write the page."""
    parts = [HEAD, tools(), strict(), annotation(), TAIL]
    PAGE.write_text("\n".join(parts), encoding="utf-8", newline="\n")
    print(f"wrote {PAGE.name}")


# ---------------------------------------------------------------------- the same numbers elsewhere
def tools() -> str:
    """What each tool gives for each file."""
    with tempfile.TemporaryDirectory() as folder:
        ode = ode_differences(Path(folder))
        ssa = ssa_deviations(Path(folder))
    rows = [
        "## Which file is for which tool",
        "",
        "| tool | ODE | SSA | why | ODE: largest relative difference | SSA: mean ± sd, continuous file | "
        "SSA: mean ± sd, discrete file |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for tool, (for_ode, for_ssa, why) in TOOLS.items():
        measured = [ssa.get((tool, kinetics), "–") for kinetics in ("continuous", "discrete")]
        difference = f"{ode[tool]:.0e}" if tool in ode else "–"
        rows.append(
            f"| {tool} | {for_ode} | {for_ssa} | {why} | {difference} | {' | '.join(measured)} |"
        )
    mean, sd = exact_dimers()
    rows += [
        "",
        f"ODE: amounts of all species of `hypoxia` in 4 h at 1 % O2, against simnet, each at a relative "
        f"tolerance of 1e-9. SSA: D at t = 20 s in 2 A ⇌ D from 5 A (k = 0.02, kr = 0.1 per second), "
        f"{RUNS:,} runs; exact, by the master equation, is {mean:.4f} ± {sd:.4f}; z is the distance of "
        "the mean in standard errors. `tests/export` holds all of it.",
        "",
    ]
    return "\n".join(rows)


def ode_differences(folder: Path) -> dict[str, float]:
    """By tool: of hypoxia at 1 % O2, the largest relative difference of an amount."""
    network = sn.load("hypoxia")
    own = {r.name for r in network.readouts}
    ids = [s.id for s in network.species if s.id not in own]
    here = amounts_here(network, ids)
    path = sn.write_sbml(network, folder / "hypoxia.xml")
    antimony = folder / "hypoxia.ant"
    antimony.write_text(sbml_to_antimony(path.read_text()), encoding="utf-8")
    found = {
        "COPASI (basico)": copasi_ode(path, ids),
        "bngsim": bngsim_ode(path, network, ids),
        "Antimony": amounts_here(sn.load(str(antimony)), ids),
    }
    floor = 1e-3
    return {
        tool: float((np.abs(values - here) / np.maximum(np.abs(here), floor)).max())
        for tool, values in found.items()
    }


def amounts_here(network: Network, ids: list[str]) -> Any:
    run = sn.simulate(
        network,
        t_end=END,
        points=POINTS,
        changes=sn.Set("O2_percent", 1),
        readouts=ids,
        rtol=1e-9,
        workers=0,
    )
    return run.values[0, 0]


def copasi_ode(path: Path, ids: list[str]) -> Any:
    import basico

    model = basico.load_model(str(path))
    method = {
        "name": "Deterministic (LSODA)",
        "Relative Tolerance": 1e-9,
        "Absolute Tolerance": 1e-10,
    }
    basico.set_parameters("O2_percent", exact=True, initial_value=1.0, model=model)
    basico.set_task_settings("Time-Course", {"method": method}, model=model)
    table = basico.run_time_course(
        model=model, duration=END, intervals=POINTS - 1, use_numbers=True, use_sbml_id=True
    )
    basico.remove_datamodel(model)
    return table[ids].to_numpy()


def bngsim_ode(path: Path, network: Network, ids: list[str]) -> Any:
    import bngsim

    model = bngsim.Model.from_sbml(str(path))
    model.set_param("O2_percent", 1.0)
    found = bngsim.Simulator(model, method="ode").run(
        t_span=(0.0, END), n_points=POINTS, rtol=1e-9, atol=1e-9
    )
    names = list(found.species_names)
    size = network.compartments[0].size  # it gives concentrations
    return np.asarray(found.species)[:, [names.index(i) for i in ids]] * size


def dimers() -> Network:
    """2 A <-> D from 5 A."""
    a, d = (Species(id=i, name=i, compartment="cell", initial=n) for i, n in (("A", 5), ("D", 0)))
    return Network(
        id="dimers",
        compartments=(Compartment(id="cell", size=1.0),),
        species=(a, d),
        parameters=(
            Parameter(id="half_k", value=0.01, unit="1/(item s)"),
            Parameter(id="kr", value=0.1, unit="1/s"),
        ),
        assignments=(),
        reactions=(
            Reaction(
                id="bind",
                reactants=(("A", 2),),
                products=(("D", 1),),
                law=RateLaw(rate=Symbol("half_k"), orders=(("A", 2),)),
            ),
            Reaction(
                id="part",
                reactants=(("D", 1),),
                products=(("A", 2),),
                law=RateLaw(rate=Symbol("kr"), orders=(("D", 1),)),
            ),
        ),
        readouts=(Readout(name="D", symbol="D", unit="item"),),
    )


def exact_dimers() -> tuple[float, float]:
    (found,) = solve(dimers(), np.array([20.0]), ("D",))
    mean = float(found.weights @ found.values["D"])
    return mean, float((found.weights @ (found.values["D"] - mean) ** 2) ** 0.5)


def ssa_deviations(folder: Path) -> dict[tuple[str, str], str]:
    """By tool and kinetics: what SSA gives, in words."""
    kinds: tuple[Kinetics, ...] = ("continuous", "discrete")
    samplers = {
        "COPASI (basico)": copasi_ssa,
        "bngsim": bngsim_ssa,
        "roadrunner, tellurium": roadrunner_ssa,
    }
    mean, sd = exact_dimers()
    found = {}
    for kinetics in kinds:
        path = sn.write_sbml(dimers(), folder / f"dimers-{kinetics}.xml", kinetics=kinetics)
        for tool, sampler in samplers.items():
            sample = sampler(path)
            z = (sample.mean() - mean) / (sd / len(sample) ** 0.5)
            said = f"{sample.mean():.3f} ± {sample.std(ddof=1):.3f} (z {signed(z, 1)})"
            found[tool, kinetics] = said if abs(z) < 4.06 else f"{said}: wrong"
    return found


def copasi_ssa(path: Path) -> Any:
    import basico

    model = basico.load_model(str(path))
    ends = []
    for seed in range(1, RUNS + 1):
        table = basico.run_time_course(
            model=model,
            duration=20.0,
            intervals=1,
            method="directMethod",
            use_seed=True,
            seed=seed,
            use_numbers=True,
            use_sbml_id=True,
            update_model=False,
        )
        ends.append(table["D"].iloc[-1])
    basico.remove_datamodel(model)
    return np.array(ends)


def bngsim_ssa(path: Path) -> Any:
    import bngsim

    model = bngsim.Model.from_sbml(str(path))
    found = bngsim.Simulator(model, method="ssa").run_replicates(
        RUNS, t_span=(0.0, 20.0), n_points=2, seed=1, squeeze=True
    )
    return np.round(np.asarray(found.species)[:, -1, list(found.species_names).index("D")])


def roadrunner_ssa(path: Path) -> Any:
    import roadrunner

    model = roadrunner.RoadRunner(str(path))
    model.setIntegrator("gillespie")
    model.integrator.setValue("variable_step_size", False)
    model.timeCourseSelections = ["D"]
    ends = []
    for seed in range(1, RUNS + 1):
        model.resetAll()
        model.integrator.setValue("seed", seed)
        ends.append(model.simulate(0, 20, 2)[-1, 0])
    return np.array(ends)


# ------------------------------------------------------------------------------ libsbml, annotation
def strict() -> str:
    """libsbml's findings in each category, for each packaged file."""
    rows = [
        "## libsbml, strict",
        "",
        "Errors and warnings of `checkConsistency` with every category on:",
        "",
        f"| file | {' | '.join(CATEGORIES)} |",
        f"| --- |{' --- |' * len(CATEGORIES)}",
    ]
    practice: list[str] = []
    for name in sn.packaged_names():
        network = sn.load(name)
        for kinetics, end in (("continuous", ""), ("discrete", "-ssa")):
            document = libsbml.readSBMLFromString(to_sbml(network, kinetics))  # type: ignore[arg-type]
            counts = []
            for category in CATEGORIES.values():
                for other in CATEGORIES.values():
                    document.setConsistencyChecks(other, other == category)
                document.getErrorLog().clearLog()
                document.checkConsistency()
                counts.append(document.getNumErrors())
                if category == libsbml.LIBSBML_CAT_MODELING_PRACTICE:
                    log = (document.getError(i) for i in range(document.getNumErrors()))
                    practice += [f"- `{name}{end}.xml`: {error.getMessage()}" for error in log]
            rows.append(f"| `{name}{end}.xml` | {' | '.join(map(str, counts))} |")
    said = practice or ["There is nothing in modelling practice either, so nothing to explain."]
    return "\n".join([*rows, "", *said, ""])


def annotation() -> str:
    """Coverage, databases and sources of the packaged networks."""
    names = sn.packaged_names()
    rows = [
        "## Annotation",
        "",
        "`simnet show NAME --annotations` prints it with every term. MIRIAM, as RDF with identifiers.org "
        "addresses; the terms are in one table, `networks/_modules/annotations.csv`, which gives the "
        "PySB monomers their annotations and says of each term where it was read. A parameter whose source is "
        "a DOI, a PMC or PubMed number or a BioModels entry has its address (`isDescribedBy`); other sources "
        "are text in its notes, `assumed` among them.",
        "",
        f"| what | {' | '.join(f'`{name}`' for name in names)} |",
        f"| --- |{' --- |' * len(names)}",
    ]
    networks = [sn.load(name) for name in names]
    for lines in zip(*(coverage(network) for network in networks), strict=True):
        rows.append(
            f"| {lines[0].what} | {' | '.join(f'{r.annotated} of {r.total}' for r in lines)} |"
        )
    told = [sources(network) for network in networks]
    rows.append(
        f"| parameters with the address of a source | {' | '.join(str(a) for a, _ in told)} |"
    )
    rows.append(f"| parameters that are assumed | {' | '.join(str(b) for _, b in told)} |")
    both = [terms_of(network) for network in networks]
    rows.append(f"| statements | {' | '.join(str(len(terms)) for terms, _ in both)} |")
    rows.append(f"| unverified | {' | '.join(str(len(doubtful)) for _, doubtful in both)} |")
    terms = {t.uri: t for found, _ in both for t in found}.values()
    kinds = Counter(accession(t.uri).partition(":")[0] for t in terms)
    read = Counter(t.read_in.partition(", HGNC")[0] for t in terms)
    rows += ["", "Terms: " + ", ".join(f"{n} of {kind}" for kind, n in sorted(kinds.items())) + "."]
    rows += ["", "Read in:", ""]
    rows += [f"- {where}: {n}" for where, n in sorted(read.items())]
    doubtful = [t for t in terms if t.read_in == "unverified"]
    if doubtful:
        rows += ["", "Unverified:", "", *(f"- {accession(t.uri)} ({t.name})" for t in doubtful)]
    return "\n".join([*rows, ""])


TOOLS = {
    "COPASI (basico)": (
        "continuous",
        "continuous",
        "it puts its own combinatorial factor into laws of Level 3 files that count items: the discrete "
        "file is corrected twice",
    ),
    "roadrunner, tellurium": (
        "continuous",
        "discrete",
        "laws are taken as they are written; tellurium runs the whole archive (`simnet verify`), and "
        "shows species as concentrations",
    ),
    "bngsim": (
        "continuous",
        "either",
        "k\\*A^2 is known as mass action, and the falling factorial taken by itself; species are shown as "
        "concentrations",
    ),
    "GillesPy2": (
        "–",
        "discrete",
        "laws are taken as they are written; its SSA knows no assignment rules, so only networks whose "
        "laws read none",
    ),
    "Antimony": (
        "continuous",
        "discrete",
        "a notation, no solver: read back by simnet, the numbers are the same; our own catalogue (readouts, "
        "inputs, genes) is lost",
    ),
    "AMICI": (
        "continuous",
        "–",
        "not tested: AMICI 1.0 needs a newer sympy than PySB allows in the same environment",
    ),
}

HEAD = """\
# Exporting

Written by `docs/exporting.py`; every number is measured there.

```
simnet export hypoxia --to hypoxia.xml                              # SBML L3V2 for ODE solvers
simnet export hypoxia --to hypoxia-ssa.xml --kinetics discrete      # for SSA
simnet export hypoxia --to hypoxia.omex                             # both, with experiments
simnet export hypoxia --to hypoxia.ant                              # Antimony
simnet export mine.xml --to mine.omex --t-end "10 h" --creator "A. Modeler" --licence CC0-1.0
```

No single SBML file is right for every tool: for 2 A → D the ODE's law is k/2·A², the propensity
k/2·A·(A−1). So there are two files, and each says of itself, in its notes, which it is.
"""

TAIL = """\
## What an archive holds

| member | what |
| --- | --- |
| `NAME.xml`, `NAME-ssa.xml` | the network, with continuous and with discrete laws |
| `experiments.sedml` | SED-ML Level 1 Version 4: a time course and a dose schedule under CVODE (KISAO:0000019), replicates under SSA (KISAO:0000241) with a seed (KISAO:0000488) |
| `expected/*.csv` | what each experiment gives in simnet; of replicates the mean and sd of each readout, for tools do not agree on how to say that in SED-ML |
| `README.md` | which file is for which tool, the experiments, the licence |
| `metadata.rdf` | title, creators, licence, the paper's DOI |

A dose is no SBML event, for SSA engines drop events or delay them. It is a repeated task whose model
is not reset: the run goes in stretches of equal length, and parameters are set between them. In a packaged
network the first stretch brings it to rest. SBML files and all other members are the same bytes each time; the
zip around them has time stamps, so compare archives member by member.
"""

if __name__ == "__main__":
    main()
