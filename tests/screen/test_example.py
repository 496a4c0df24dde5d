"""The screen that `simnet screen init` writes."""

from pathlib import Path

import pytest

import simnet as sn
from simnet.screen.spec_file import example_screen, screen_from_file


@pytest.fixture(scope="module")
def of_hypoxia() -> str:
    return example_screen(sn.load("hypoxia"), "hypoxia")


def test_what_is_read_answers_what_is_changed(of_hypoxia: str) -> None:
    """The drugs act on VEGFR2, which is far down the list of readouts; O2, the first, answers nothing."""
    listed = of_hypoxia[of_hypoxia.index("readouts = [") :]
    names = [line.strip(' ",') for line in listed[: listed.index("]")].splitlines()[1:]]
    assert names == ["pVEGFR2", "HIF1A", "GLUT1", "MCT4", "pVEGFR2@6h", "auc(pVEGFR2)"]


def test_it_is_a_plan(of_hypoxia: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(of_hypoxia, encoding="utf-8")
    assert len(screen_from_file(path).arms) == 44


def test_without_drugs_and_genes_parameters_are_scaled(gene_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(example_screen(sn.load(gene_file), str(gene_file)), encoding="utf-8")
    made = screen_from_file(path)
    assert [arm.name for arm in made.arms][:3] == ["control", "k x0.5", "g x0.5"]
    assert [readout.name for readout in made.screen_readouts] == ["X", "X@6h", "auc(X)"]
