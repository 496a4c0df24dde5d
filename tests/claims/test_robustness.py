"""Robustness: fractions that are known, what breaks a claim, and that it goes on where it stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.catalogue.claims import Claim
from simnet.claims.robustness import latin_hypercube, robust, robustness, varied_parameters
from simnet.engines.base import Engine
from simnet.execute import run as runner
from simnet.execute.base import Backend, Workers
from simnet.network.network import Drug, Input, Network, Parameter
from simnet.results.parts import merge_parts


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
    """After Ctrl-C only the sets that are missing are run, with the same result."""
    whole = robustness(chain, sets=30, folder=folder, workers=0)
    out = folder / "values"

    def stop(done: int, _: int) -> None:
        if done == 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        robustness(chain, sets=30, folder=folder, out=out, workers=0, progress=stop)
    midway = robustness(chain, sets=30, folder=folder, out=out, run=False)
    assert midway.done == 12  # of four arms each, with two of the next
    assert np.array_equal(midway.values[midway.ran], whole.values[:12].ravel())
    ran: list[int] = []
    again = robustness(
        chain, sets=30, folder=folder, out=out, workers=0, progress=lambda d, _: ran.append(d)
    )
    assert ran == list(range(12 * 4 + 1, 30 * 4 + 1))
    assert np.array_equal(again.values, whole.values)
    assert repr(again.claims) == repr(whole.claims)  # NaN equals none
    robustness(chain, sets=30, folder=folder, out=out, progress=lambda *_: pytest.fail("ran again"))


def test_shards_make_the_whole(chain: Network, folder: Path) -> None:
    whole = robustness(chain, sets=9, folder=folder, workers=0)
    shards = [folder / "1", folder / "2"]
    parts = [
        robustness(chain, sets=9, folder=folder, out=out, shard=(i, 2), workers=0)
        for i, out in enumerate(shards, 1)
    ]
    assert [part.done for part in parts] == [5, 4]
    merge_parts(shards, folder / "all")
    merged = robustness(chain, sets=9, folder=folder, out=folder / "all", run=False)
    assert repr(merged.claims) == repr(whole.claims)
    assert np.array_equal(merged.values, whole.values)


def test_a_set_that_stalls_is_given_up(
    chain: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An arm may take 30 s, and not for ever: here no time at all."""
    requested: list[float | None] = []
    run = runner.backend_for

    def backend(engine: Engine, workers: Workers, timeout: float | None) -> Backend:
        requested.append(timeout)
        return run(engine, workers, 1e-9)

    monkeypatch.setattr("simnet.execute.run.backend_for", backend)
    found = robustness(chain, sets=2, folder=folder, workers=1)
    assert requested == [30.0]
    assert not found.ran.any()
    assert [claim.n for claim in found.claims] == [0] * 5


def test_another_study_is_refused(chain: Network, folder: Path) -> None:
    out = folder / "values"
    robustness(chain, sets=4, folder=folder, out=out, workers=0)
    with pytest.raises(sn.InputError, match="seed: it is 1 in the folder and here 2"):
        robustness(chain, sets=4, seed=2, folder=folder, out=out, workers=0)
    with pytest.raises(sn.InputError, match="no results there"):
        robustness(chain, sets=4, folder=folder, out=folder / "none", run=False)
    with pytest.raises(sn.InputError, match="is a file; name a folder"):
        robustness(chain, sets=4, folder=folder, out=folder / "claims.csv", workers=0)
    with pytest.raises(sn.InputError) as caught:
        robustness(chain, sets=1, fold=1.0, folder=folder)
    assert len(caught.value.problems) == 2


def test_a_readout_without_a_value_is_lost(chain: Network, claiming: Callable[..., Path]) -> None:
    """X rests at 10 k, and passes 100 only where k is above 10: in half of the sets."""
    put = claiming("pass,a book,rest,first_passage(X > 100.001),at most,1000,,F")
    found = robustness(chain, sets=40, folder=put, out=put / "values", workers=0)
    (claim,) = found.claims
    assert claim.n == 40
    above = found.design[:, found.parameters.index("k")] > 10.0001
    assert claim.holds == pytest.approx(above.mean(), abs=0.051)
    assert claim.breaker == "k"
    again = robustness(chain, sets=40, folder=put, out=put / "values", run=False)
    assert repr(again.claims) == repr(found.claims)
