"""Cell-to-cell variability: keyed, of mean one, and before anything else in a run."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.execute.plan import planned
from simnet.experiment.condition import variability_from_record
from simnet.experiment.run import Run
from simnet.experiment.variability import (
    LogNormal,
    Normal,
    Spread,
    Uniform,
    draw,
    targets,
    uniform,
    variability_record,
    whole_amounts,
)
from simnet.network.expression import Call, Symbol
from simnet.network.network import Assignment, Gene, Input, Network

N = 20_000
PINNED = 0.27411111690782464


def keys(n: int) -> list[bytes]:
    return [i.to_bytes(4, "little") for i in range(n)]


@pytest.fixture(scope="module")
def cell(make_network: Callable[..., Network]) -> Network:
    """A gene with an input, a protein with a complex, a species that starts from a parameter."""
    network = make_network(
        "cell",
        {"M": 0, "P": 20, "PQ": 5, "Q": 7},
        {"k": 2.0, "g": 0.1, "kon": 0.01, "start": 7.0, "stress": 1.0},
        [("", "M", "k"), ("M", "", "g"), ("P + Q", "PQ", "kon")],
    )
    made_of = {"M": ("M",), "P": ("P",), "PQ": ("P", "Q"), "Q": ("Q",)}
    species = [replace(s, molecules=made_of[s.id]) for s in network.species]
    species[3] = replace(species[3], initial_expression=Symbol("start"))
    return replace(
        network,
        species=tuple(species),
        genes=(Gene(name="MGENE", symbol="M", parameters=("k",)),),
        inputs=(Input(name="stress", parameter="stress", baseline=1.0),),
        assignments=(Assignment(id="total", expression=Call("plus", (Symbol("P"), Symbol("PQ")))),),
    )


@pytest.mark.parametrize(
    ("spread", "cv"),
    [
        (LogNormal(cv=0.3), 0.3),
        (LogNormal(cv=1.0), 1.0),
        (Normal(cv=0.25), 0.25),
        (Uniform(fold=4), 0.6 / np.sqrt(3)),
        (LogNormal(cv=0), 0.0),
        (Normal(cv=0), 0.0),
        (Uniform(fold=1), 0.0),
    ],
)
def test_factors_have_mean_one_and_the_cv_that_was_asked_for(spread: Spread, cv: float) -> None:
    """By the midpoint rule over the quantiles; the tails of a log-normal need the most points."""
    u = (np.arange(200_000) + 0.5) / 200_000
    factors = np.array([spread.factor(x) for x in u])
    assert factors.mean() == pytest.approx(1, abs=2e-4)
    assert factors.std() == pytest.approx(cv, rel=5e-3, abs=1e-12)
    assert spread.cv == pytest.approx(cv)
    assert factors.min() > 0
    assert (np.diff(factors) >= 0).all()


def test_a_normal_factor_never_leaves_zero_to_two() -> None:
    spread = Normal(cv=0.25)
    assert 0 <= spread.factor(1e-16) < spread.factor(1 - 1e-16) <= 2


def test_a_uniform_factor_spans_its_fold() -> None:
    spread = Uniform(fold=4)
    assert spread.factor(1 - 1e-12) / spread.factor(1e-12) == pytest.approx(4)


def test_keyed_numbers_are_uniform_and_names_independent() -> None:
    drawn = np.array([[uniform(key, name) for name in ("A", "B")] for key in keys(N)])
    assert ((drawn > 0) & (drawn < 1)).all()
    counts = np.histogram(drawn[:, 0], 20, (0, 1))[0]
    assert ((counts - N / 20) ** 2 / (N / 20)).sum() < 46  # chi-square, 19 df: once in 2000
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 4 / np.sqrt(N)
    assert abs(np.corrcoef(drawn[1:, 0], drawn[:-1, 0])[0, 1]) < 4 / np.sqrt(N)


def test_pinned_draws() -> None:
    """So that a record gives the same cells in every later version."""
    assert uniform(b"key", "A") == PINNED
    assert uniform(b"ke", "yA") != PINNED


def test_a_name_draws_the_same_whatever_else_varies(cell: Network) -> None:
    alone = draw({"MGENE": LogNormal(cv=0.3)}, cell, b"7")
    among = draw({"g": Uniform(fold=2), "MGENE": LogNormal(cv=0.3)}, cell, b"7")
    assert alone == draw({"MGENE": LogNormal(cv=0.3)}, cell, b"7")
    assert alone[0] in among
    assert alone != draw({"MGENE": LogNormal(cv=0.3)}, cell, b"8")


def test_names_mean_what_they_mean_in_a_knock_down(cell: Network) -> None:
    spread = LogNormal(cv=0.3)
    found = targets({"MGENE": spread, "g": spread, "PQ": spread}, cell)
    assert found == {"MGENE": ("k",), "g": ("g",), "PQ": ("PQ",)}
    both = targets({"P": spread}, cell)
    assert both == {"P": ("P", "PQ")}  # every species that holds the protein, by one factor
    factors = {change.factor for change in draw({"P": spread}, cell, b"1")}
    assert len(factors) == 1
    assert targets({"M": spread}, cell) == {"M": ("k",)}  # the gene's symbol
    assert targets({"cell": spread}, cell) == {"cell": ("cell",)}


def test_a_cell_has_its_own_parameters_and_what_follows_from_them(cell: Network) -> None:
    spread = dict.fromkeys(("k", "start", "P", "cell"), LogNormal(cv=0.3))
    run = Run(t_end=1.0, method="ode", replicates=3, seed=1, variability=spread)
    plan = planned(cell, run, (run.condition(),), workers=0)
    cells = [replicate.program for replicate in plan.job(0).replicates]
    for own in cells:
        assert own is not None
        assert own.settings["g"] == 0.1
        assert own.amounts["PQ"] / 5 == pytest.approx(own.amounts["P"] / 20)  # one factor
        assert own.amounts["Q"] == own.settings["start"]  # which it is computed from
        factors = own.settings["k"] / 2, own.settings["start"] / 7, own.amounts["P"] / 20
        assert len({1.0, own.settings["cell"], *factors}) == 5
    assert len({own.settings["k"] for own in cells if own}) == 3


def test_amounts_become_whole_without_bias() -> None:
    amounts = {"A": 0.3, "B": 2.75, "C": 4.0, "D": 0.0}
    drawn = [whole_amounts(amounts, key) for key in keys(N)]
    for name, amount in amounts.items():
        values = np.array([d[name] for d in drawn])
        assert set(values) <= {np.floor(amount), np.ceil(amount)}
        part = amount % 1
        assert abs(values.mean() - amount) <= 4 * np.sqrt(part * (1 - part) / N)
    rounded = np.array([[d["A"], d["B"]] for d in drawn])
    assert abs(np.corrcoef(rounded.T)[0, 1]) < 4 / np.sqrt(N)
    assert whole_amounts(amounts, b"1") == whole_amounts(amounts, b"1")


@pytest.mark.parametrize("distribution", [LogNormal(cv=0.3), Uniform(fold=3)])
def test_a_population_has_the_spread_of_its_draws(cell: Network, distribution: Spread) -> None:
    drawn = [draw({"MGENE": distribution}, cell, key)[0].factor for key in keys(4000)]
    assert np.mean(drawn) == pytest.approx(1, abs=4 * distribution.cv / np.sqrt(4000))
    assert np.std(drawn) == pytest.approx(distribution.cv, rel=0.06)


def test_records_round_trip() -> None:
    variability = {"A": LogNormal(cv=0.3), "B": Normal(cv=0.1), "C": Uniform(fold=2)}
    record = json.loads(json.dumps(variability_record(variability)))
    assert variability_from_record(record) == variability
    assert record["C"] == {"distribution": "Uniform", "fold": 2.0}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LogNormal(cv=-0.1), "at least 0"),
        (lambda: LogNormal(cv=float("nan")), "at least 0"),
        (lambda: LogNormal(cv="30%"), "at least 0"),  # type: ignore[arg-type]
        (lambda: Normal(cv=0.5), "use LogNormal"),
        (lambda: Uniform(fold=0.5), "at least 1"),
    ],
)
def test_distributions_check_themselves(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


def test_all_mistakes_are_named_at_once(cell: Network) -> None:
    spread = LogNormal(cv=0.3)
    wrong = {"stress": spread, "total": spread, "MGEN": spread, "g": 0.3, "k": spread, "M": spread}
    with pytest.raises(InputError) as caught:
        draw(wrong, cell, b"1")  # type: ignore[arg-type]
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    assert "set by the experimenter" in text
    assert "computed from others" in text
    assert "did you mean MGENE" in text
    assert "write LogNormal(cv=0.3)" in text
    assert "k varies as 'k' already" in text
