"""Where functions of time turn: windows and steps against widths that are known."""

import math

import pytest

from simnet.network.expression import Call, Expression, Number, Symbol, Time, times
from simnet.network.features import Stretch, features, merged

T = Time()


def call(op: str, *args: Expression | float) -> Call:
    return Call(op, tuple(Number(a) if isinstance(a, int | float) else a for a in args))


def gauss(at: float, width: float = 1.0) -> Call:
    """exp(-((t - at)/width)^2): 1.665 widths wide at half its height."""
    return call("exp", call("minus", call("power", call("divide", call("minus", T, at), width), 2)))


DAY = call("cos", call("divide", call("times", 2 * math.pi, T), 24))
SECH = call(  # of sech(t - 50)^2 / 4, as a quotient of what is monotone
    "divide",
    call("exp", call("minus", 50, T)),
    call("power", call("plus", 1, call("exp", call("minus", 50, T))), 2),
)


@pytest.mark.parametrize(
    ("law", "end", "step", "around"),
    [
        (gauss(50), 100.0, 0.416, (46.3, 53.7)),
        (gauss(50), 1e6, 0.416, (46.3, 53.7)),
        (gauss(5e5, 0.01), 1e6, 0.00416, (5e5 - 0.037, 5e5 + 0.037)),
        (SECH, 100.0, 0.881, (36.0, 64.0)),
        (call("divide", 1, call("plus", 1, gauss(50))), 100.0, 0.524, (46.5, 53.5)),
        (call("times", T, call("exp", call("minus", T))), 1e3, 0.61, (0.001, 14.0)),
    ],
    ids=["pulse", "long run", "narrow", "quotient", "dip", "rise and fall"],
)
def test_a_bump(law: Expression, end: float, step: float, around: tuple[float, float]) -> None:
    found = features(law, {}, 0.0, end)
    (stretch,) = found.stretches
    assert not found.missed
    assert stretch.step == pytest.approx(step, rel=0.05)
    assert stretch.start <= around[0] < around[1] <= stretch.end
    assert stretch.end - stretch.start < 5 * (around[1] - around[0])


@pytest.mark.parametrize(
    "law",
    [
        call("exp", call("times", -0.001, T)),
        call("tanh", call("times", 1000, call("minus", T, 50))),
        call("power", T, 2),
        gauss(500),
        gauss(-500),
        call(
            "divide", call("times", 3, call("power", T, 4)), call("plus", 16, call("power", T, 4))
        ),
    ],
)
def test_what_is_monotone_limits_nothing(law: Expression) -> None:
    found = features(law, {}, 0.0, 100.0)
    assert (found.stretches, found.missed) == ((), False)


@pytest.mark.parametrize("end", [100.0, 7e4])
@pytest.mark.parametrize(
    ("law", "step"),
    [
        (DAY, 3.0),
        (call("gt", DAY, 0.999), 24 * math.acos(0.999) / math.pi / 4),
        (call("exp", call("times", 50, DAY)), 24 / math.pi * 0.1667 / 4),
        (call("plus", DAY, call("sin", call("times", 2 * math.pi / 6, T))), 0.47),
    ],
    ids=["cosine", "its crests", "spikes", "harmonics"],
)
def test_a_period_stands_for_all(law: Expression, step: float, end: float) -> None:
    found = features(law, {}, 0.0, end)
    assert not found.missed
    assert min(s.step for s in found.stretches) == pytest.approx(step, rel=0.15)
    assert (found.stretches[0].start, found.stretches[-1].end) == (0.0, pytest.approx(end, rel=0.1))


def test_two_pulses_of_unlike_size() -> None:
    law = call("plus", gauss(50), call("times", 0.05, gauss(20, 0.1)))
    first, valley, second = features(law, {}, 0.0, 1000.0).stretches
    assert first.start < 20 < first.end < 21 < 45 < second.start < 50 < second.end
    assert [first.step, second.step] == pytest.approx([0.0416, 0.416], rel=0.06)
    assert valley.step > 5


def test_a_fast_wave_in_a_pulse_is_limited_by_its_period() -> None:
    fast = times(gauss(50), call("sin", call("times", 1000, T)))
    found = features(fast, {}, 0.0, 100.0)
    assert not found.missed
    assert min(s.step for s in found.stretches) == pytest.approx(2 * math.pi / 1000 / 8)


def test_what_cannot_be_followed_is_told() -> None:
    chirp = call("sin", call("times", 1e4, call("power", T, 2)))
    assert features(chirp, {}, 0.0, 100.0).missed
    assert features(times(gauss(50), call("sin", call("times", 1e9, T))), {}, 0.0, 100.0).missed


def test_waves_in_a_decay_are_looked_at_over_two_periods_at_least() -> None:
    spikes = times(call("exp", call("times", -1e-6, T)), call("exp", call("times", 50, DAY)))
    found = features(spikes, {}, 0.0, 7e4)
    assert min(s.step for s in found.stretches) < 24 / math.pi * 0.1667 / 3


def test_values_count() -> None:
    law = call("exp", call("minus", call("power", call("minus", T, Symbol("t0")), 2)))
    for t0 in (30.0, 70.0):
        (stretch,) = features(law, {"t0": t0}, 0.0, 100.0).stretches
        assert stretch.start < t0 < stretch.end


def test_stretches_that_overlap_are_one() -> None:
    a, b, c = (Stretch(start=s, end=s + 2, step=d) for s, d in ((0, 0.1), (1, 0.2), (9, 0.3)))
    assert merged([c, b, a]) == [Stretch(start=0, end=3, step=0.1), c]
