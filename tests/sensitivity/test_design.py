"""Designs: nested, reproducible, with a dummy; outputs that do not fit are refused."""

import ast
from pathlib import Path

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.seeds import study_generator
from simnet.sensitivity.analysis import (
    Outputs,
    analyse,
    analysis_named,
    count_rows,
    make_design,
    nested_hypercube,
)
from simnet.sensitivity.table import ANALYSES


@pytest.mark.parametrize("name", ANALYSES)
def test_a_longer_design_begins_with_the_shorter(name, space):
    few = ANALYSES[name].sizes(64)
    many = ANALYSES[name].sizes(256)
    short = make_design(name, space(5), few, seed=7)
    long = make_design(name, space(5), many, seed=7)
    assert np.array_equal(long.matrix[: short.rows], short.matrix)
    assert np.array_equal(long.block[: short.rows], short.block)
    assert long.rows == count_rows(name, space(5), many) > short.rows


@pytest.mark.parametrize("name", ANALYSES)
def test_equal_seeds_give_equal_bits_and_others_do_not(name, space):
    samples = ANALYSES[name].sizes(64)
    first, again, other = (make_design(name, space(3), samples, seed=s) for s in (0, 0, 1))
    assert np.array_equal(first.matrix, again.matrix)
    assert np.array_equal(first.matrix, other.matrix) == (name == "local")


@pytest.mark.parametrize("name", ["sobol", "morris", "prcc", "pawn"])
def test_positions_fill_the_ranges(name, space):
    """Every factor, the dummy too: mean 1/2 within 5 standard errors (alarm 6e-7 each)."""
    design = make_design(name, space(5, 2.0, 4.0), ANALYSES[name].sizes(256), seed=3)
    assert design.positions.min() >= 0
    assert design.positions.max() <= 1
    assert design.matrix[:, :5].min() >= 2
    assert design.matrix[:, :5].max() <= 4
    blocks = design.by_block(design.positions).mean(axis=1)
    error = blocks.std(axis=0) / np.sqrt(len(blocks))
    assert (np.abs(blocks.mean(axis=0) - 0.5) < 5 * error + 0.002).all()


def test_each_doubling_is_a_latin_hypercube():
    points = nested_hypercube(study_generator(1, "test"), 64, 5)
    for n in (1, 2, 4, 8, 16, 32, 64):
        strata = np.sort((points[:n] * n).astype(int), axis=0)
        assert (strata == np.arange(n)[:, np.newaxis]).all()


def test_new_points_of_a_hypercube_are_paired_at_random():
    """Correlations of 10 pairs of columns over 1024 points: below 5 / sqrt(1024)."""
    correlations = np.corrcoef(nested_hypercube(study_generator(2, "test"), 1024, 5).T)
    assert np.abs(correlations - np.eye(5)).max() < 5 / 32


def test_generators_are_keyed():
    same, again, other = (study_generator(*key).random() for key in ((1, "a"), (1, "a"), (1, "b")))
    assert same == again != other
    assert study_generator(1, "a", "b").random() != study_generator(1, "a b").random()


def test_mistakes_are_told(space):
    with pytest.raises(InputError, match="did you mean sobol"):
        analysis_named("sobl")
    with pytest.raises(InputError) as error:
        make_design("sobol", space(2), 100, seed=1, settings={"secondorder": 1})
    assert len(error.value.problems) == 2
    with pytest.raises(InputError, match="seed=-1: not a whole number"):
        make_design("sobol", space(2), 64, seed=-1)
    for wrong in (0, "many", None):
        with pytest.raises(InputError, match=r"samples=.*not a whole number"):
            make_design("morris", space(2), wrong, seed=1)
    design = make_design("morris", space(2), 8, seed=1)
    short = Outputs(readout="y", estimate=np.zeros(3), variance=np.zeros(3))
    with pytest.raises(InputError, match="3 rows, and the design has 32"):
        analyse(design, short)
    with pytest.raises(InputError, match="negative variance"):
        Outputs(readout="y", estimate=np.zeros(3), variance=-np.ones(3))


@pytest.mark.parametrize("name", ANALYSES)
def test_every_method_makes_the_same_table(name, space, outputs):
    design = make_design(name, space(3), ANALYSES[name].sizes(64), seed=5)
    frame = analyse(design, outputs(design, lambda x: x[:, 0] + 1, sd=0.01, seed=6)).frame()
    assert list(frame.columns) == (
        "readout analysis index factor estimate low high dummy above_low above_high influential "
        "converged n tolerated".split()
    )
    assert set(frame["factor"]) == {"x1", "x2", "x3", "dummy"}
    assert not frame.loc[frame["factor"] == "dummy", "influential"].any()
    assert frame.loc[frame["factor"] == "x1", "influential"].iloc[0]
    assert ANALYSES[name].under_noise
    assert ANALYSES[name].sample


def test_only_its_file_and_the_table_name_an_analysis(repository: Path) -> None:
    """No code elsewhere asks which analysis it is: what differs is in the rows of the table."""
    for path in sorted((repository / "simnet").rglob("*.py")):
        compared = {
            part.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Compare)
            for part in ast.walk(node)
            if isinstance(part, ast.Constant)
        }
        assert not compared & ANALYSES.keys(), path
