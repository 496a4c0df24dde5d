"""The benchmark's own instruments: what it runs, how it compares and how it cuts."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from simnet.network.expression import function
from simnet.network.values import initial_values, rate_functions

Module = Callable[[str], ModuleType]


def samples(n: int, *, mean: float = 100.0, sd: float = 10.0, seed: int = 1) -> np.ndarray:
    """(n, 3) amounts; the last species never changes."""
    drawn = np.random.default_rng(seed).normal(mean, sd, size=(n, 2))
    return np.column_stack([drawn, np.full(n, 7.0)])


def test_engines_that_do_the_same_agree(module: Module) -> None:
    found = module("agreement").agreement(samples(500), samples(2000, seed=2))
    assert found.compared == 2
    assert not found.alarm


@pytest.mark.parametrize("wrong", [{"mean": 103.0}, {"sd": 13.0}])
def test_another_mean_or_variance_is_told(module: Module, wrong: dict[str, float]) -> None:
    assert module("agreement").agreement(samples(1000), samples(1000, seed=2, **wrong)).alarm


def test_few_trajectories_say_nothing(module: Module) -> None:
    assert module("agreement").agreement(samples(4), samples(1000, mean=900.0)) is None


def test_pairs_in_the_workloads_are_mass_action(module: Module) -> None:
    network = module("cases").Case("W1").network
    pair = next(r for r in network.reactions if dict(r.reactants) == {"A": 2})
    assert dict(pair.law.orders) == {"A": 2}
    values = initial_values(network)
    written = function(pair.law.expression("discrete"))
    assert written({**values, "A": 5.0}, 0.0) == pytest.approx(values["k2"] * 5 * 4 / 2)


def test_laws_keep_their_value_as_text_of_species_and_numbers(module: Module) -> None:
    network = module("cases").Case("W2h").network
    values = initial_values(network) | {"p0": 33.0, "p2": 210.0, "On0": 1.0}
    text = module("ssa.text")
    for reaction, expected in zip(
        network.reactions, rate_functions(network, "discrete"), strict=True
    ):
        inlined = text.inlined(network, reaction.law.expression("discrete"))
        only_species = {s.id: values[s.id] for s in network.species}
        assert function(inlined)(only_species, 0.0) == pytest.approx(expected(values, 0.0))
        assert "k" not in text.written(inlined)


def test_numbers_of_laws_become_parameters_for_gillespy2(module: Module) -> None:
    network = module("cases").Case("W2h").network
    named = module("ssa.gillespy2").with_named_numbers(network)
    before = [f(initial_values(network), 0.0) for f in rate_functions(network, "discrete")]
    after = [f(initial_values(named), 0.0) for f in rate_functions(named, "discrete")]
    assert after == pytest.approx(before)
    assert not any(c.isdigit() for r in named.reactions[2:3] for c in "".join(r.law.orders))


def test_run_network_gets_rates_without_the_reactants_that_it_multiplies(module: Module) -> None:
    text = module("ssa.run_network").net_file(module("cases").Case("W1").network)
    values = initial_values(module("cases").Case("W1").network)
    assert f"3 c3 {values['k2'] / 2!r}" in text.splitlines()
    assert "3 1,1 2 c3" in text.splitlines()


def test_rounds_of_two_engines_and_of_one_that_is_missing(module: Module) -> None:
    case = module("cases").Case("W1")
    engines = ("roadrunner", "bngsim_that_nobody_has")
    table = module("rounds").measured(case, engines, slice_=0.001, budget=120.0)
    first, missing = table.rows
    assert len(first.per_round) == module("rounds").ROUNDS
    assert first.samples.shape == (first.n, 2)
    assert all(ns > 1 for ns in table.nanoseconds(first))
    assert missing.cut.startswith("missing")
    assert not missing.per_round
    shown = module("exact_ssa").section(table).text_of()
    assert "| bngsim_that_nobody_has | missing" in shown


def test_an_engine_that_takes_too_long_is_cut(module: Module) -> None:
    table = module("rounds").measured(
        module("cases").Case("W2"), ("roadrunner",), slice_=0.001, budget=0.0
    )
    (row,) = table.rows
    assert row.cut == "no result in 0 s"
    assert not row.per_round


def test_a_table_in_markdown(module: Module) -> None:
    page = module("page")
    section = page.Section(title="T", text="words", head=("a", "b"), rows=[("x|y", "1")])
    assert section.text_of() == "## T\nwords\n\n| a | b |\n| --- | ---: |\n| x/y | 1 |\n"
    assert page.ratios([3.0, 1.0, 2.0]) == "2.00 (1.00 to 3.00)"
    assert page.rounded([1234.0, 0.01234, 5.0]) == "5 (0.0123 to 1,234)"


def test_few_skewed_trajectories_are_judged_by_permutation(module: Module) -> None:
    """p-values of 5 bursty cells beside 60 that are no different are below 0.1 in a tenth of the
    cases: of 200, more than 40 have a chance below 1e-5. Another mean is told."""
    agreement = module("agreement")
    agreement.PERMUTATIONS = 1000
    draw = np.random.default_rng(1).negative_binomial
    p = [
        agreement.agreement(cells[:5], cells[5:]).mean_p
        for cells in (draw(0.2, 0.02, size=(65, 10)) for _ in range(200))
    ]
    assert sum(value < 0.1 for value in p) <= 40
    cells = draw(0.2, 0.02, size=(65, 10))
    assert agreement.agreement(cells[:5] + 300, cells[5:]).mean_p < 0.002
