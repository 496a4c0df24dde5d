"""Robustness: fractions that are known, what breaks a claim, and that it goes on where it stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.catalogue.claims import Claim
from simnet.claims.courses import Settings
from simnet.claims.robustness import latin_hypercube, robust, robustness, varied_parameters
from simnet.network.network import Drug, Input, Network, Parameter


def test_known_fractions(chain: Network, claiming: Callable[..., Path]) -> None:
    """Only k is varied, evenly in log2 from 5 to 20, and X rests at 10 k: at least 100 sqrt(2) in a
    quarter of the sets, exactly so in a Latin hypercube; X doubles with k in all of them."""
    folder = claiming(
        "quarter,s,rest,X@100s,at least,141.4214,,F",
        "half,s,rest,X@100s / X@100s[k=10],fold above,1,,F",
        "always,s,rest,X@100s[k=20] / X@100s[k=10],fold at least,2.1,,F",
    )
    found = robustness(chain, sets=40, folder=folder, workers=0)
    assert found.parameters == ("k",)
    quarter, half, always = found.claims
    assert (quarter.keeps, quarter.holds, quarter.n) == (0.25, 0.25, 40)
    assert (quarter.breaker, quarter.correlation) == ("k", pytest.approx(1.0))
    assert half.keeps == 0.5
    assert half.breaker == "k"
    assert (always.keeps, always.holds, always.breaker) == (1.0, 0.0, "")
    assert list(found.frame()["sign"]) == ["none", "above", "above"]


def test_the_parameter_that_breaks_it_is_named(
    chain: Network, claiming: Callable[..., Path]
) -> None:
    """X rests at k / g: with both varied, "at most 80" is broken by a large k or a small g, and Y's
    m has no part in it."""
    free = {"g": 0.1, "m": 0.2}
    parameters = tuple(
        replace(p, lower=None, upper=None) if p.id in free else p for p in chain.parameters
    )
    network = replace(chain, parameters=parameters)
    folder = claiming("low,s,rest,X@100s,at most,80,,F", "high,s,rest,X@100s,at least,125,,F")
    found = robustness(network, sets=100, folder=folder, workers=0)
    low, high = found.claims
    assert low.keeps == pytest.approx(0.35, abs=0.1)  # 1/2 (1 - log2(1.25) / 2)^2
    signs = {"k": -1, "g": 1}
    for found_, sign in ((low, 1), (high, -1)):
        assert found_.breaker in signs
        assert np.sign(found_.correlation) == sign * signs[found_.breaker]
        assert abs(found_.correlation) > 0.5


def test_which_parameters_have_a_role(chain: Network) -> None:
    """Not those without room, nor zeros, nor what protocols set."""
    network = replace(
        chain,
        parameters=(
            *chain.parameters,
            Parameter(id="free", value=1.0),
            Parameter(id="zero", value=0.0),
            Parameter(id="oxygen", value=20.0),
            Parameter(id="drug_nM", value=1.0),
        ),
        inputs=(Input(name="O2", parameter="oxygen", baseline=20.0),),
        drugs=(Drug(name="drug", parameter="drug_nM", target="X", affinity=1.0, unit="nM"),),
    )
    assert [parameter.id for parameter in varied_parameters(network)] == ["k", "free"]


def test_the_design_is_within_the_factor_and_the_range() -> None:
    parameters = (
        Parameter(id="a", value=8.0),
        Parameter(id="b", value=8.0, lower=6.0, upper=9.0),
    )
    design = latin_hypercube(parameters, sets=50, fold=2.0, seed=1)
    assert design.shape == (50, 2)
    strata = np.floor(50 * np.log2(design[:, 0] / 4) / 2)
    assert sorted(strata) == list(range(50))
    assert (design[:, 1] >= 6).all()
    assert (design[:, 1] <= 9).all()


def test_the_rank_correlation_is_spearmans() -> None:
    """Against scipy, with ties in the values."""
    from scipy.stats import spearmanr

    generator = np.random.default_rng(1)
    design = generator.random((60, 3))
    values = np.round(design[:, 1] - 0.5 * design[:, 2] + 0.3 * generator.random(60), 1)
    claim = Claim(
        id="a",
        source="s",
        condition="p",
        readout="X",
        comparison="at least",
        expected=0.6,
        tolerance=None,
        evidence="F",
    )
    found = robust(claim, values, design, ("a", "b", "c"))
    assert found.keeps == pytest.approx((values >= 0.6).mean())
    assert found.breaker == "b"
    assert found.correlation == pytest.approx(spearmanr(design[:, 1], values).statistic)


def test_it_goes_on_where_it_stopped(chain: Network, folder: Path) -> None:
    """Half of a file, and a line that was cut off: only the rest is run, with the same result."""
    file = folder / "values.jsonl"
    whole = robustness(chain, sets=30, folder=folder, out=file, workers=0)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 31
    file.write_text("\n".join(lines[:12]) + "\n" + lines[12][:9])
    ran: list[tuple[int, int]] = []
    again = robustness(
        chain,
        sets=30,
        folder=folder,
        out=file,
        workers=0,
        progress=lambda done, total: ran.append((done, total)),
    )
    assert ran[-1] == (19 * 4, 19 * 4)
    assert np.array_equal(again.values, whole.values)
    robustness(
        chain, sets=30, folder=folder, out=file, progress=lambda *_: pytest.fail("ran again")
    )


def test_a_set_that_stalls_is_given_up(
    chain: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An arm may take 30 s, and not for ever."""
    asked: list[float | None] = []

    def noted(*_: Any, settings: Settings, **__: Any) -> None:
        asked.append(settings.timeout)

    monkeypatch.setattr("simnet.claims.robustness.run_sets", noted)
    robustness(chain, sets=2, folder=folder, workers=1)
    assert asked == [30.0]


def test_another_study_is_refused(chain: Network, folder: Path) -> None:
    file = folder / "values.jsonl"
    robustness(chain, sets=4, folder=folder, out=file, workers=0)
    with pytest.raises(sn.InputError, match="holds another study"):
        robustness(chain, sets=4, seed=2, folder=folder, out=file, workers=0)
    with pytest.raises(sn.InputError) as caught:
        robustness(chain, sets=1, fold=1.0, folder=folder)
    assert len(caught.value.problems) == 2


def test_a_readout_without_a_value_is_lost(chain: Network, claiming: Callable[..., Path]) -> None:
    """X rests at 10 k, and passes 100 only where k is above 10: in half of the sets."""
    put = claiming("pass,a book,rest,first_passage(X > 100.001),at most,1000,,F")
    found = robustness(chain, sets=40, folder=put, out=put / "values.jsonl", workers=0)
    (claim,) = found.claims
    assert claim.n == 40
    above = found.design[:, found.parameters.index("k")] > 10.0001
    assert claim.holds == pytest.approx(above.mean(), abs=0.051)
    assert claim.breaker == "k"
    again = robustness(chain, sets=40, folder=put, out=put / "values.jsonl", run=False)
    assert again.claims == found.claims
