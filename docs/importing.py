"""Writes the table of docs/importing.md, and what COPASI computes for the published models.

    python docs/importing.py

The models are those in tests/data/biomodels. COPASI runs through copasi-basico (the group `rivals`);
its values go to tests/data/biomodels/copasi.json, where the tests find them.
"""

import json
import math
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import simnet as sn
from simnet.arrays import FloatArray
from simnet.cli.sections import origin_of, splits
from simnet.network.network import Network
from simnet.network.stochastic import stochastic_problems

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "tests" / "data" / "biomodels"
EXPECTED = MODELS / "copasi.json"
PAGE = Path(__file__).with_name("importing.md")
BEGIN, END = "<!-- table: python docs/importing.py -->", "<!-- end of the table -->"
T_END, POINTS = 100.0, 11
"""Time in each model's own unit, and output times."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What became of one file."""

    file: str
    what: str
    sizes: str
    ode: str
    ssa: str


def copasi(path: Path) -> dict[str, list[float]]:
    """Concentrations of the species that COPASI integrates, by id."""
    import basico

    model = basico.load_model(str(path))
    basico.set_task_settings(
        basico.T.TIME_COURSE,
        {
            "method": {
                "Relative Tolerance": 1e-10,
                "Absolute Tolerance": 1e-12,
                "Max Internal Steps": 10_000_000,
            }
        },
    )
    frame = basico.run_time_course(duration=T_END, intervals=POINTS - 1, use_sbml_id=True)
    known = basico.get_species()
    ids = [i for i in known.sbml_id if i in frame.columns]
    values = {i: [float(f"{x:.12g}") for x in frame[i]] for i in sorted(ids)}
    basico.remove_datamodel(model)
    return values


def ours(network: Network, ids: list[str]) -> dict[str, FloatArray]:
    """Concentrations of species by id, as COPASI gives them."""
    run = sn.simulate(
        network,
        t_end=T_END,
        points=POINTS,
        readouts=ids,
        rtol=1e-10,
        workers=0,
    )
    place = {s.id: network.compartment_by_id[s.compartment].size for s in network.species}
    amounts = network.document is None
    return {i: run.readout(i)[0] / (place[i] if amounts else 1.0) for i in ids}


def distance(mine: dict[str, FloatArray], theirs: dict[str, list[float]]) -> float:
    """The largest difference of a species, relative to its own largest value; what stays below a
    millionth of the model's largest value is measured by that."""
    top = max(abs(x) for values in theirs.values() for x in values)
    worst = 0.0
    for name, values in theirs.items():
        scale = max(np.abs(values).max(), 1e-6 * top)
        worst = max(worst, float(np.abs(mine[name] - np.array(values)).max()) / scale)
    return worst


def row(path: Path, theirs: dict[str, list[float]]) -> Row:
    """Load, compare and see what SSA would say."""
    network = sn.load(path)
    network_ids = network.species_index
    compared = {i: v for i, v in theirs.items() if i in network_ids}
    off = distance(ours(network, list(compared)), compared)
    split = len(splits(network))
    direct = network.document is not None
    sizes = f"{len(network.species)} species"
    if not direct:
        sizes += f", {len(network.reactions)} reactions" + (f" ({split} split)" if split else "")
    ode = ("the file itself, " if direct else "") + f"COPASI's to {_power(off)}"
    return Row(
        file=path.stem, what=origin_of(str(path)), sizes=sizes, ode=ode, ssa=_ssa(path, network)
    )


def _ssa(path: Path, network: Network) -> str:
    problems = list(stochastic_problems(network))
    if not problems:
        return "yes"
    if network.document is not None:
        return f"no: {problems[0].what}: {problems[0].why}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sn.SimnetWarning)
        left = list(stochastic_problems(sn.load(path, copies=1000)))
    unit = network.substance_unit or ""
    how = "`--volume` or `--copies`" if "mol" in unit else "`--copies`"
    if not left:
        return f"as molecules, with {how}"
    more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
    return f"no, nor as molecules: {left[0].what.split(':')[0]} {left[0].why}{more}"


def _power(off: float) -> str:
    return f"1e{math.ceil(math.log10(off)):d}" if off > 0 else "the last digit"


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| file | is | holds | `ode` | `ssa` |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {r.file} | {r.what} | {r.sizes} | {r.ode} | {r.ssa} |" for r in rows]
    return "\n".join(lines)


def main() -> None:
    """Run COPASI and write both files."""
    files = sorted(MODELS.glob("*.xml"))
    expected = {path.name: copasi(path) for path in files}
    EXPECTED.write_text(json.dumps(expected, indent=0) + "\n", encoding="utf-8")
    made = table([row(path, expected[path.name]) for path in files])
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
