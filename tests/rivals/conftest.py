"""The models, our own samples of them, and the table that the comparisons leave."""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import simnet as sn


def _module(path: Path) -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


PEERS = _module(Path(__file__).with_name("peers.py"))
INSTALLED = (
    "simnet-bio", "libroadrunner", "bngsim", "copasi-basico", "python-copasi", "gillespy2", "bionetgen"
)  # fmt: skip
SMALL, PACKAGED = 2000, 200  # replicates


@pytest.fixture(scope="session")
def peers() -> ModuleType:
    """The module peers.py."""
    return PEERS


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def _birth_death(d: Any) -> None:
    x = d.monomer("X")
    d.rule("birth", None >> x(), 1.0)
    d.rule("death", x() >> None, 0.1)
    d.observable("X_copies", x())
    d.start(x(), 3)


def _binding(d: Any) -> None:
    a, b = d.monomer("A", "b"), d.monomer("B", "a")
    d.rule("bind", a(b=None) + b(a=None) | a(b=1) % b(a=1), 0.005, 0.1)
    d.observable("AB_copies", a(b=1) % b(a=1))
    d.start(a(b=None), 30)
    d.start(b(a=None), 20)


def _homodimer(d: Any) -> None:
    a = d.monomer("A", "a")
    d.rule("pair", a(a=None) + a(a=None) | a(a=1) % a(a=1), 0.02, 0.1)
    d.observable("A_free", a(a=None))
    d.observable("A_paired", a(a=1) % a(a=1), match="species")
    d.start(a(a=None), 5)


def _telegraph(d: Any) -> None:
    gene, mrna = d.monomer("gene", state=["off", "on"]), d.monomer("mRNA")
    d.rule("switch", gene(state="off") | gene(state="on"), 0.1, 0.2)
    d.rule("transcribe", gene(state="on") >> gene(state="on") + mrna(), 2.0)
    d.rule("decay", mrna() >> None, 0.2)
    d.observable("mRNA_copies", mrna())
    d.start(gene(state="off"), 1)
    d.start(mrna(), 0)


def _saturation(d: Any) -> None:
    """A Hill law, as an expression: 10 P^2/(20^2 + P^2) + 0.5 makes P."""
    p = d.monomer("P")
    seen = d.observable("P_copies", p())
    most, half = d.parameter("most", 10.0), d.parameter("half", 20.0)
    rate = d.expression("activation", 0.5 + most * seen**2 / (half**2 + seen**2))
    d.rule("make", None >> p(), rate)
    d.rule("lose", p() >> None, 0.25)
    d.start(p(), 20)


MODELS: dict[str, tuple[Callable[[Any], None], float]] = {
    "birth_death": (_birth_death, 20.0),
    "binding": (_binding, 20.0),
    "homodimer": (_homodimer, 20.0),
    "telegraph": (_telegraph, 20.0),
    "saturation": (_saturation, 20.0),
}
HORIZON = 600.0  # seconds, of packaged networks
CASES = [*MODELS, *sn.packaged_names()]


@pytest.fixture(scope="session")
def perl_or_skip() -> None:
    """BioNetGen needs perl. In CI its absence is a failure."""
    if shutil.which("perl") is None:
        if os.environ.get("CI"):
            pytest.fail("perl is missing, and CI must run BioNetGen")
        pytest.skip("perl is not installed")


@pytest.fixture(scope="session", params=CASES)
def case(request: pytest.FixtureRequest, perl_or_skip: None) -> Any:
    """A model at its horizon."""
    name = request.param
    if name in MODELS:
        build, t_end = MODELS[name]
        draft = _module(Path(__file__).parents[1] / "rules" / "pysb_draft.py").Draft(name)
        build(draft)
        model, network = draft.model, sn.load(draft.model)
    else:
        t_end, network = HORIZON, sn.load(name)
        model = importlib.import_module(f"simnet.networks.{name}.rules").build()
    names = tuple(r.name for r in network.readouts)
    return PEERS.Case(name, network, model, t_end, 2, names)


@pytest.fixture(scope="session")
def replicates(case: Any) -> int:
    """2,000 of small models, 200 of packaged networks."""
    return SMALL if case.name in MODELS else PACKAGED


@pytest.fixture(scope="session")
def ours(case: Any, replicates: int) -> Any:
    """Our samples, by readout (n, T)."""
    return PEERS.simnet(case, replicates)


@pytest.fixture(scope="session")
def rows() -> Iterator[list[str]]:
    """Rows of the table: printed, and written where SIMNET_RIVALS_TABLE says."""
    found: list[str] = []
    yield found
    if not found:
        return
    versions = ", ".join(f"{name} {_version(name)}" for name in INSTALLED)
    head = "| model | readout | n | against | simnet: mean ± sd | the other: mean ± sd | z | p |"
    text = "\n".join(
        [
            f"{versions}, run_network of bionetgen.",
            "",
            head,
            "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: |",
            *found,
            "",
        ]
    )
    print(f"\n{text}")
    target = os.environ.get("SIMNET_RIVALS_TABLE")
    if target:
        Path(target).write_text(text, encoding="utf-8")
