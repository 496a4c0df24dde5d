"""Effects on times that have not come in some replicates, and on what is made of them."""

import numpy as np
import pytest

from simnet.screen.censored import compare_censored

INF = float("inf")


@pytest.mark.parametrize("shift", [0.0, -1000.0])
def test_what_has_not_come_is_later_than_all_that_has(shift: float) -> None:
    control = np.array([1.0, 2.0, 3.0, 4.0]) + shift
    found = compare_censored(control, np.full(4, INF))
    assert found.cliffs_delta == 1
    assert np.isnan(found.difference)
    assert "no means: not by the end in 4 of 4 replicates of the condition" in found.reason


def test_with_the_sign_turned_it_is_the_lowest() -> None:
    control = -np.array([1.0, 2.0, 3.0, 4.0])
    assert compare_censored(control, np.full(4, -INF)).cliffs_delta == -1
    assert compare_censored(np.full(4, -INF), np.full(4, INF)).cliffs_delta == 1
