"""A study as a TOML file: the same as `SensitivityStudy`, with the network by its name.

network = "hypoxia"
readouts = ["HIF1A@4h", "auc(GLUT1)"]
analysis = "sobol"
samples = 512
changes = ["O2_percent=1", "24h: axitinib=10nM, HIF1A=knockdown 0.9"]

[groups]
oxygen = ["O2_*"]
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem
from simnet.execute.spec_file import decoded, load_network, read_toml, toml_text
from simnet.experiment.notation import Treatment, read_all, read_treatment
from simnet.experiment.run import Precision
from simnet.network.network import Network
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.study import SensitivityStudy
from simnet.sensitivity.table import ANALYSES


def study_from_file(
    path: str | Path, over: Mapping[str, Any] | None = None, **reading: Any
) -> SensitivityStudy:
    """The study that a file describes.

    Args:
        path: of the file; a network that is a file may also lie beside it.
        over: fields of the study that replace those of the file.
        reading: of `load`, such as kinetics=, in place of those in the file.

    Raises:
        InputError: it cannot be read, or all that is wrong with its content.
    """
    return study_from_data(read_toml(path), over, **reading)


def study_from_data(
    data: Mapping[str, Any], over: Mapping[str, Any] | None = None, **reading: Any
) -> SensitivityStudy:
    """The study that a file's content describes; arguments and errors as of `study_from_file`."""
    problems: list[Problem] = []
    over = over or {}
    own = {
        "method": str,
        "precision": Precision | IndexPrecision,
    }  # of which the study names the right argument
    values = decoded(data, SensitivityStudy, problems, own=own, given=tuple(over))
    done = read_all(values.pop("changes", ()), read_treatment, "changes", problems)
    if problems:
        raise InputError(problems)
    for name, items in vars(sum(done, Treatment())).items():
        values[name] = (*values.get(name, ()), *items)
    network = load_network(values, **reading)
    return SensitivityStudy(**{"network": network, **values, **over})


_EXAMPLE = """\
# Which parameters of {id} influence the readouts?
#   simnet sensitivity study.toml --plan           estimates the time
#   simnet sensitivity study.toml --out results/   runs it; after an interruption, resumes it

network = {name}
# A value at a time; also auc(A), max(A), cv(A)@6h, and A@6h[DRUG=10nM] / A@6h.
readouts = [{readouts}]
analysis = "morris"  # {analyses}
samples = 16  # trajectories; sobol: 512, a power of two
seed = 0

# What is varied: all parameters with a declared range, unless given here.
# parameters = ["k_*"]
{varied}

# How each row is simulated.
method = "ode"  # or "ssa", with replicates = 20
# replicates = 20{equilibrate}

# Changes, as in the brackets of readouts; also "24h: NAME=VALUE", "from the start: ..."
# changes = [{change}]

# [groups]  # moved together, with one index; or groups = "molecules" above
# name = ["k_*"]
"""


def example_study(network: Network, name: str) -> str:
    """A file to begin with: the network's first readouts, what can be varied, and the choices."""
    at = "48h" if network.time_unit == "s" else "100"
    readouts = [readout.name for readout in network.readouts[:2]] or [network.species[0].id]
    ranged = [p.id for p in network.parameters if p.lower is not None and p.upper is not None]
    inputs = [i.parameter for i in network.inputs if i.parameter in ranged]
    varied = ["fold = 2  # no parameter has a declared range: each from half to double its value"]
    if ranged:
        varied = [
            f"# {len(ranged)} have a range: {', '.join(ranged[:6])}, ...",
            "# fold = 2  # from half to double each value, instead of the declared ranges",
        ]
    if inputs:
        listed = ", ".join(map(toml_text, inputs))
        varied += [f"exclude = [{listed}]  # what an experimenter sets"]
    before = network.suggested_equilibration
    first = next(iter(network.inputs), None)
    return _EXAMPLE.format(
        id=network.id,
        name=toml_text(name),
        readouts=", ".join(toml_text(f"{readout}@{at}") for readout in readouts),
        analyses=", ".join(ANALYSES),
        varied="\n".join(varied),
        equilibrate=f"\nequilibrate = {toml_text(before)}  # 0 for none" if before else "",
        change=toml_text(f"{first.name}={first.baseline:g}" if first else "NAME=VALUE"),
    )
