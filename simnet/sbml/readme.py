"""The README of an archive: what is in it, and which file is for which tool."""

from collections.abc import Mapping, Sequence

from simnet.network.network import Network
from simnet.sbml.experiments import Experiment
from simnet.sbml.omex import About


def readme_text(
    network: Network,
    experiments: Sequence[Experiment],
    files: Mapping[str, str],
    about: About,
    no_ssa: str | None,
) -> str:
    """The README, in Markdown; `files` are the SBML files by method."""
    unit = network.time_unit or "the model's unit of time"
    lines = [f"# {about.title}", "", about.description, ""]
    lines += [f"- described by {uri}" for uri in about.described_by]
    lines += [f"- by {', '.join(about.creators)}"] if about.creators else []
    lines += [f"- licence: {about.licence}"] if about.licence else []
    lines += ["", "## Models", "", "| file | rate laws | for |", "| --- | --- | --- |"]
    lines.append(
        f"| `{files['ode']}` | continuous, such as k/2*A^2 for a homodimer | ODE solvers; and "
        "COPASI's SSA, which puts its own combinatorial factor into such laws |"
    )
    if "ssa" in files:
        lines.append(
            f"| `{files['ssa']}` | discrete, such as k/2*A*(A-1) | SSA engines that take laws as "
            "they are written: roadrunner, tellurium, GillesPy2 |"
        )
    else:
        lines += ["", f"There is no file for SSA: {no_ssa}."]
    lines += [
        "",
        "## Experiments",
        "",
        "`experiments.sedml` (SED-ML Level 1 Version 4) runs them. A dose is no event: the run goes "
        "in stretches of equal length, and parameters are set between them.",
        "",
        f"| experiment | what | method | stretches of ({unit}) | sets | expected |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for e in experiments:
        runs = f"SSA, {e.replicates} replicates, seed {e.seed}" if e.method == "ssa" else "CVODE"
        sets = "; ".join(
            f"`{name}` = {', '.join(f'{values[name]:g}' for values in e.settings)}"
            for name in e.settings[0]
        )
        lines.append(
            f"| {e.id} | {e.meaning} | {runs} | {len(e.settings)} x {e.stretch:g} | {sets} | "
            f"`expected/{e.id}.csv` |"
        )
    lines += [
        "",
        "Expected results are simnet's own: `time`, then each readout; of replicates each readout's "
        "mean and standard deviation. A value at the very time of a change is taken after it. Each tool has its own random numbers, so means agree within "
        "their standard error (sd over the root of the number of replicates), never digit by digit.",
        "",
    ]
    if any(r.symbol in network.species_index for r in network.readouts):
        lines += [
            "Species are amounts, in the files as in the expected results. tellurium shows them as "
            "concentrations: multiply by the size of their compartment.",
            "",
        ]
    return "\n".join(lines)
