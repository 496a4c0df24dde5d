import numpy as np
import pytest

from simnet.errors import InputError
from simnet.experiment.times import TimeSpec, duration, time_text


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [("48 h", 172800), ("30min", 1800), ("7 d", 604800), ("1e3", 1000), (5, 5), (np.float64(2), 2)],
)
def test_durations(spec: TimeSpec, seconds: float) -> None:
    assert duration(spec, "t_end") == seconds


def test_durations_in_the_network_s_own_unit() -> None:
    assert duration("2 h", "t_end", "min") == 120
    assert duration(2, "t_end", None) == 2
    with pytest.raises(InputError, match="unit of time"):
        duration("2 h", "t_end", None)


@pytest.mark.parametrize("spec", ["48 hours ago", "", "h", "nan", None, True, float("inf"), [1]])
def test_what_is_no_time(spec: TimeSpec) -> None:
    with pytest.raises(InputError, match="t_end="):
        duration(spec, "t_end")


@pytest.mark.parametrize(
    ("seconds", "text"), [(172800, "48 h"), (1800, "30 min"), (604800, "7 d"), (0.5, "0.5 s")]
)
def test_time_text(seconds: float, text: str) -> None:
    assert time_text(seconds) == text
