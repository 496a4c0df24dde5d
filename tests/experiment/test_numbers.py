"""Numbers that users give, and those that are none."""

import math

import numpy as np
import pytest

import simnet as sn
from simnet.experiment.times import finite_number, is_between, whole_number


def test_whole_numbers() -> None:
    assert whole_number(np.int64(3), "points", 2) == 3  # type: ignore[arg-type]
    for wrong in (1, 2.0, True, "3", None, math.inf):
        with pytest.raises(sn.InputError, match="not a whole number of at least 2"):
            whole_number(wrong, "points", 2)  # type: ignore[arg-type]


def test_what_lies_between() -> None:
    assert is_between(np.float64(0.5), 0, 1)
    assert not any(is_between(x, 0, 1) for x in (0, 1, math.nan, True, "0.5", None, []))


def test_finite_numbers() -> None:
    assert finite_number(np.float32(0.5), "above") == 0.5
    for wrong in (math.nan, math.inf, True, "3", None, []):
        with pytest.raises(sn.InputError, match=r"above=.*not a finite number"):
            finite_number(wrong, "above")  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 2.5, "seven", math.inf, None])
def test_a_repeat_has_a_whole_number(count: object) -> None:
    with pytest.raises(sn.InputError, match="Repeat count"):
        sn.Repeat("0 h", "24 h", count, sn.Set("k", 1))  # type: ignore[arg-type]
