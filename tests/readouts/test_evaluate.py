"""Values of readouts against closed forms."""

from collections.abc import Callable

import numpy as np
import pytest

from simnet.errors import InputError, SimulationError, UnknownNameError
from simnet.experiment.change import Set
from simnet.readouts.data import Courses
from simnet.readouts.evaluate import evaluate, evaluate_course, replicate_values
from simnet.readouts.parser import parse_readout
from simnet.readouts.statistics import last_tenths
from simnet.results.trajectories import Trajectories

Make = Callable[..., Courses]
K2 = (Set("k", 2.0),)
T = np.linspace(0.0, 10.0, 1001)


def value(text: str, courses: Courses, **others: Courses) -> float:
    """The estimate of a deterministic readout."""
    by_condition = {(): courses} | ({K2: others["k2"]} if others else {})
    return evaluate(parse_readout(text), by_condition, deterministic=True).estimate


# ---------------------------------------------------------------- one course, in closed form
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X@4", np.exp(-4)),
        ("X@0", 1.0),
        ("auc(X)", 1 - np.exp(-10)),
        ("auc(X, 2, 4)", np.exp(-2) - np.exp(-4)),
        ("average(X, 2, 4)", (np.exp(-2) - np.exp(-4)) / 2),
        ("max(X, 2, 4)", np.exp(-2)),
        ("min(X, 2, 4)", np.exp(-4)),
        ("time_of_max(1 - X)", 10.0),
        ("time_of_max(X, 3, 7)", 3.0),
        ("half_time(X)", -np.log((1 + np.exp(-10)) / 2)),
        ("half_time(X, 2, 4)", -np.log((1 + np.exp(-2)) / 2)),
        ("half_time(3 - X)", -np.log((1 + np.exp(-10)) / 2)),
        ("first_passage(X < 0.5)", np.log(2)),
        ("first_passage(X < 0.5, 2, 4)", 2.0),
        ("first_passage(0.5 >= X)", np.log(2)),
        ("first_passage(X <= Y)", np.log(2)),
        ("first_passage(X < 0.5) / 0.5s", 2 * np.log(2)),
        ("1h - X@0", 3599.0),
        ("log(X@4)", -4.0),
        ("log2(X@4)", -4 / np.log(2)),
        ("abs(-X@0)", 1.0),
        ("-X@1^2", -np.exp(-2)),
        ("X@1^-2", np.exp(2)),
        ("2^3^X@0", 8.0),
        ("6 / 3 * X@0 - 1 - 1", 0.0),
        ("X@1 * Y@1 + Y@1", (np.exp(-1) + 1) / 2),
        ("steady(Y)", 0.5),
        ("steady(X^2)", np.exp(-20)),
        ("max(log(X))", 0.0),
        ("mean(X@1)", np.exp(-1)),
        ("median(X)@1", np.exp(-1)),
        ("fraction(X > 0.5)@1", 0.0),
    ],
)
def test_of_an_exponential(text: str, expected: float, make_courses: Make) -> None:
    X = np.exp(-T)
    courses = make_courses(T, np.stack([X, np.full_like(X, 0.5)], axis=1), names="XY")
    assert value(text, courses) == pytest.approx(expected, rel=5e-5, abs=1e-12)


def test_straight_lines_are_exact_on_any_grid(make_courses: Make) -> None:
    line = make_courses([0, 1, 4, 10], [0, 2, 8, 20])
    assert value("auc(X)", line) == 100
    assert value("average(X, 1, 4)", line) == 5
    assert value("first_passage(X > 5)", line) == pytest.approx(2.5)
    assert value("half_time(X)", line) == pytest.approx(5)
    assert value("half_time(X, 1, 10)", line) == pytest.approx(4.5)  # from the window's start


def test_times_convert_to_the_unit_of_the_network(make_courses: Make) -> None:
    hours = make_courses([0, 30, 60, 120], [0, 3, 6, 12], unit="min")
    assert value("X@1h", hours) == 6
    assert value("X@3600 s", hours) == 6
    assert value("auc(X, 1h, 2h) / 1h", hours) == 9
    unknown = make_courses([0, 1], [0, 3], unit=None)
    assert value("X@1", unknown) == 3
    with pytest.raises(InputError, match="unit of time"):
        value("X@1h", unknown)


def test_two_conditions(make_courses: Make) -> None:
    base, other = make_courses(T, np.exp(-T)), make_courses(T, np.exp(-2 * T))
    assert value("log(X@3[k=2] / X@3)", base, k2=other) == pytest.approx(-3)
    assert value("auc(X[k=2]) - auc(X)", base, k2=other) == pytest.approx(-0.5, abs=1e-4)
    assert value("time_of_max(X - X[k=2])", base, k2=other) == pytest.approx(np.log(2), abs=0.01)


# ---------------------------------------------------------------- replicates
def test_a_value_of_each_replicate(make_courses: Make) -> None:
    gone = [np.nan] * 3
    courses = make_courses([0, 1, 2], [0, 1, 4], gone, [0, 3, 6], [0, 2, 2])
    found = evaluate(parse_readout("X@2 - X@1"), {(): courses})
    np.testing.assert_array_equal(found.values, [3, np.nan, 3, 0])  # type: ignore[arg-type]
    assert found.estimate == 2
    assert found.variance == pytest.approx(3 / 3)  # s^2 = 3, n = 3
    assert found.n == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean(X@1)", 3.0),
        ("var(X@1)", 14 / 3),
        ("sd(X@1)", np.sqrt(14 / 3)),
        ("cv(X@1)", np.sqrt(14 / 3) / 3),
        ("fano(X@1)", 14 / 9),
        ("median(X@1)", 2.5),
        ("quantile(X@1, 0.9)", 5.1),
        ("fraction(X@1 > 1)", 0.75),
        ("fraction(X@1 >= 1)", 1.0),
        ("fraction(2 > X@1)", 0.25),
        ("X@1 / mean(X@1)", 1.0),
        ("max(mean(X))", 3.5),  # the largest mean: max(X) would give 5
        ("mean(X[k=2]@1) - mean(X@1)", 0.0),
    ],
)
def test_statistics_of_replicates(text: str, expected: float, make_courses: Make) -> None:
    rows = [0, 1, 8], [0, 2, 2], [0, 3, 2], [0, 6, 2]
    found = evaluate(
        parse_readout(text),
        {(): make_courses([0, 1, 2], *rows), K2: make_courses([0, 1, 2], *rows)},
    )
    assert found.estimate == pytest.approx(expected)
    assert (found.values, found.n) == (None, 4)
    assert np.isfinite(found.variance)


def test_the_variance_of_a_median_with_ties(make_courses: Make) -> None:
    courses = make_courses([0, 1], *([0, x] for x in (0, 0, 1, 2, 2, 2, 2)))
    found = evaluate(parse_readout("median(X@1)"), {(): courses})
    error = np.sqrt(7 / 4)  # of the rank, 3 of 0..6: the lower one is between 0 and 1
    assert found.estimate == 2
    assert found.variance == pytest.approx(((2 - (3 - error - 1)) / 2) ** 2)


def test_where_conditions_meet_each_is_its_mean(make_courses: Make) -> None:
    base = make_courses([0, 1], [0, 1], [0, 3])
    other = make_courses([0, 1], [0, 8], [0, 8], [0, 32])
    found = evaluate(parse_readout("X@1[k=2] / X@1"), {(): base, K2: other})
    assert (found.values, found.estimate, found.n) == (None, 8.0, 2)


def test_the_variance_of_a_ratio_is_that_of_each_side(make_courses: Make) -> None:
    # d(a/b) = da/b - a db/b^2; with n = 400 the jackknife is that to a few parts in a thousand
    noise = np.tile([-1.0, 1.0], 200)[:, np.newaxis]
    a, b = 40 + noise * [0, 1], 10 + noise * [0, 1]
    found = evaluate(
        parse_readout("X@1[k=2] / X@1"),
        {(): make_courses([0, 1], *b), K2: make_courses([0, 1], *a)},
    )
    sem2 = (400 / 399) / 400
    assert found.variance == pytest.approx(sem2 / 10**2 + 40**2 * sem2 / 10**4, rel=5e-3)


def test_one_replicate_tells_no_variance_unless_it_is_deterministic(make_courses: Make) -> None:
    one = {(): make_courses([0, 1], [1, 2]), K2: make_courses([0, 1], [1, 3])}
    for text in ("X@1", "mean(X)@1", "X@1[k=2] / X@1", "time_of_max(mean(X))", "median(X@1)"):
        asked = parse_readout(text)
        assert np.isnan(evaluate(asked, one).variance), text
        assert evaluate(asked, one, deterministic=True).variance == 0, text


def test_two_replicates_tell_no_variance_of_a_spread(make_courses: Make) -> None:
    two = make_courses([0, 1], [1, 2], [1, 4])
    found = evaluate(parse_readout("sd(X@1)"), {(): two})
    assert found.estimate == pytest.approx(np.sqrt(2))
    assert np.isnan(found.variance)


# ---------------------------------------------------------------- first passage
def test_a_count_passes_at_the_first_output_time_that_shows_it(make_courses: Make) -> None:
    courses = make_courses([0, 1, 2, 3], [0, 0, 4, 4], [0, 3, 3, 3])
    found = evaluate(parse_readout("first_passage(X > 2)"), {(): courses})
    np.testing.assert_array_equal(found.values, [2, 1])  # type: ignore[arg-type]
    mean = evaluate(parse_readout("first_passage(mean(X) > 2)"), {(): courses})
    assert mean.estimate == pytest.approx(1.25)  # the mean course is 0, 1.5, 3.5, 3.5


@pytest.mark.parametrize("sign", [">", ">=", "<", "<="])
def test_whether_the_bound_counts(sign: str, make_courses: Make) -> None:
    up = "<" not in sign
    courses = {(): make_courses([0, 1, 2, 3], [0, 3, 3, 4] if up else [4, 3, 3, 0])}
    found = evaluate(parse_readout(f"first_passage(X {sign} 3)"), courses)
    assert found.estimate == (1 if "=" in sign else 3)


def test_what_has_not_come_has_no_mean(make_courses: Make) -> None:
    courses = {(): make_courses([0, 1, 2], [0, 3, 3], [0, 0, 3], [0, 0, 0], [0, 0, 3], [0, 3, 3])}
    passage = parse_readout("first_passage(X > 2)")
    message = "holds at no time in 1 of 5 replicates, so there is no mean; run longer, or take"
    for text in ("first_passage(X > 2)", "mean(first_passage(X > 2))"):
        with pytest.raises(SimulationError, match=message):
            evaluate(parse_readout(text), courses)
    np.testing.assert_array_equal(replicate_values(passage, courses), [1, 2, np.inf, 2, 1])
    median = evaluate(parse_readout("median(first_passage(X > 2))"), courses)
    assert median.estimate == 2
    # One standard error of the rank, sqrt(5/4), from the median's, 2, reaches to rank 3.1 of 0..4,
    # between 2 and inf.
    assert np.isnan(median.variance)
    early = evaluate(parse_readout("quantile(first_passage(X > 2), 0.25)"), courses)
    assert (early.estimate, np.isfinite(early.variance)) == (1, True)
    soon = evaluate(parse_readout("fraction(first_passage(X > 2) < 1.5s)"), courses)
    assert soon.estimate == pytest.approx(0.4)
    assert soon.variance == pytest.approx(0.4 * 0.6 / 4)
    with pytest.raises(SimulationError, match="was not reached by the end; run longer"):
        evaluate(parse_readout("quantile(first_passage(X > 2), 0.9)"), courses)
    with pytest.raises(SimulationError, match=r"division by a time that .* is inf in replicate 2"):
        evaluate(parse_readout("1 / first_passage(X > 2)"), courses)
    with pytest.raises(SimulationError, match="the comparison holds at no time, so there is no"):
        evaluate(parse_readout("first_passage(mean(X) > 5)"), courses)


# ---------------------------------------------------------------- steady
def test_a_steady_value_is_refused_while_it_drifts(make_courses: Make) -> None:
    rising = make_courses(T, 100 * (1 - np.exp(-T / 3)))
    message = r"X is not steady: its mean over the last tenth of the run is 95\.\d+, and 94\.\d+ "
    with pytest.raises(SimulationError, match=message):
        value("steady(X)", rising)
    risen = make_courses(T, 100 * (1 - np.exp(-T)))
    assert value("steady(X)", risen) == pytest.approx(100, rel=1e-4)
    assert value("steady(X)", make_courses(T, np.exp(-2 * T))) == pytest.approx(0, abs=1e-6)
    with pytest.raises(SimulationError, match="is not steady"):
        value("steady(X, 0, 3)", risen)


def test_the_last_tenths_are_exact_on_any_grid() -> None:
    times = np.array([0.0, 1, 4, 10])
    assert last_tenths(times, times) == (pytest.approx(8.5), pytest.approx(9.5))


def test_noise_is_no_drift(make_courses: Make) -> None:
    # 3 standard errors of 30 replicates: a false alarm in 0.6 % of ensembles (t, 29 degrees of
    # freedom); 5 or more in 200 come by chance with p = 0.005, and the seed is fixed
    generator = np.random.default_rng(3)
    refused = 0
    for _ in range(200):
        courses = make_courses(T[::50], *generator.normal(10, 3, (30, 21)))
        try:
            evaluate(parse_readout("steady(X)"), {(): courses})
        except SimulationError:
            refused += 1
    assert refused < 5


# ---------------------------------------------------------------- courses
def test_a_time_course_of_a_statistic(make_courses: Make) -> None:
    courses = {(): make_courses([0, 1], [1, 2], [3, 6])}
    found = evaluate_course(parse_readout("sd(X) / mean(X)"), courses)
    np.testing.assert_allclose(found.estimate, [np.sqrt(2) / 2, np.sqrt(8) / 4])
    assert found.values is None
    each = evaluate_course(parse_readout("2 * X"), courses)
    np.testing.assert_array_equal(each.values, [[2, 4], [6, 12]])  # type: ignore[arg-type]
    np.testing.assert_allclose(each.variance, [4, 16])
    np.testing.assert_array_equal(each.times, [0, 1])


def test_courses_and_numbers_are_not_mixed_up(make_courses: Make) -> None:
    courses = {(): make_courses([0, 1], [1, 2], [3, 6])}
    with pytest.raises(InputError, match=r"is a time course; take it at a time, \(2 \* X\)@6h"):
        evaluate(parse_readout("2 * X"), courses)
    with pytest.raises(InputError, match="is not a time course; use evaluate"):
        evaluate_course(parse_readout("X@1"), courses)
    with pytest.raises(InputError, match="is one for all replicates; use evaluate"):
        replicate_values(parse_readout("cv(X)@1"), courses)


# ---------------------------------------------------------------- what has no value
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / X@1", "division by zero: X@1 is 0 in replicate 2 in the base condition"),
        ("X@1[k=2] / X@1[k=2]", r"X@1\[k=2\] is 0 in replicate 2 in condition \[k=2\]"),
        ("auc(1 / X)", "X is 0 in replicate 0 in the base condition at t = 2"),
        ("log2(X@1)", "logarithm of what is not positive: X@1 is 0 in replicate 2"),
        ("log(X@2 - 3)", "X@2 - 3 is -3 in replicate 0"),
        ("X@1^-1", "division by zero: X@1 is 0 in replicate 2"),
        ("(X@0 - 3)^0.5", "root of a negative: X@0 - 3 is -1 in replicate 0"),
        ("10^(X@0 * 1000)", r"10\^\(X@0 \* 1000\) is inf in replicate 0"),
        ("1 / mean(X@1 - X@1)", r"division by zero: mean\(X@1 - X@1\) is 0$"),
        ("cv(X@1 - X@1)", r"division by zero: mean\(X@1 - X@1\) is 0 in the base condition"),
        ("max(cv(X))", r"division by zero: mean\(X\) is 0 in the base condition at t = 2"),
        ("half_time(X + X@1)", "at the start and the end X . X@1 is 2 in replicate 2"),
        ("1 / (1 - 1) * X@1", r"division by zero: 1 - 1 is 0$"),
    ],
)
def test_what_is_not_defined_names_where(text: str, message: str, make_courses: Make) -> None:
    courses = make_courses([0, 1, 2], [2, 3, 0], [np.nan] * 3, [2, 0, 0], [2, 3, 0])
    if "half" in text:
        courses = make_courses([0, 1, 2], [2, 3, 0], [np.nan] * 3, [2, 0, 2], [2, 3, 0])
    with pytest.raises(SimulationError, match=message) as caught:
        evaluate(parse_readout(text), {(): courses, K2: courses})
    assert str(caught.value).startswith(f"readout {parse_readout(text)}: ")


def test_a_gap_in_a_finished_replicate_is_refused(make_courses: Make) -> None:
    courses = {(): make_courses([0, 1], [1, 2], [1, np.nan])}
    assert evaluate(parse_readout("X@0"), courses).n == 2
    with pytest.raises(SimulationError, match="X@1 is nan in replicate 1"):
        evaluate(parse_readout("X@1"), courses)


def test_no_finished_replicate_is_refused(make_courses: Make) -> None:
    with pytest.raises(SimulationError, match="no replicate is finished in the base condition"):
        evaluate(parse_readout("X@1"), {(): make_courses([0, 1], [np.nan, np.nan])})


@pytest.mark.parametrize("function", ["sd", "var", "cv", "fano"])
def test_a_spread_needs_two_replicates(function: str, make_courses: Make) -> None:
    asked = parse_readout(f"{function}(X@1)")
    with pytest.raises(InputError, match="needs two replicates at least, but there is 1"):
        evaluate(asked, {(): make_courses([0, 1], [1, 2])}, deterministic=True)
    with pytest.raises(SimulationError, match="the others failed"):
        evaluate(asked, {(): make_courses([0, 1], [1, 2], [np.nan, np.nan])})


def test_what_was_not_run_is_named(make_courses: Make) -> None:
    base, other = make_courses([0, 1], [1, 2]), make_courses([0, 2], [1, 2])
    with pytest.raises(InputError, match=r"no time courses were given in condition \[k=2\]"):
        evaluate(parse_readout("X@1[k=2] - X@1"), {(): base})
    with pytest.raises(UnknownNameError, match="'Z': not among the time courses"):
        evaluate(parse_readout("Z@1"), {(): base})
    with pytest.raises(InputError) as caught:  # both at once
        evaluate(parse_readout("Z@1[k=2] - Z@1"), {(): base})
    assert len(caught.value.problems) == 2
    for time in ("0.5", "0.999999", "1.1", "5h"):
        with pytest.raises(InputError, match=f"{time} is not an output time"):
            evaluate(parse_readout(f"X@{time}"), {(): base})
    assert evaluate(parse_readout("X@0.9999999999"), {(): base}).estimate == 2  # but for rounding
    with pytest.raises(InputError, match="the window from 1 to 0 is empty"):
        evaluate(parse_readout("auc(X, 1, 0)"), {(): base})
    with pytest.raises(
        InputError, match=r"times in the base condition are others than in condition"
    ):
        evaluate(parse_readout("auc(X[k=2]) - auc(X)"), {(): base, K2: other})
    with pytest.raises(InputError, match="2 replicates are not deterministic"):
        evaluate(
            parse_readout("X@1"), {(): make_courses([0, 1], [1, 2], [1, 2])}, deterministic=True
        )


def test_courses_check_themselves() -> None:
    with pytest.raises(InputError, match=r"shape \(1, 2\), not \(replicates, 2 times, 1 names\)"):
        Courses(times=np.arange(2.0), values=np.ones((1, 2)), names=("X",))
    with pytest.raises(InputError, match="not a rising row"):
        Courses(times=np.zeros(2), values=np.ones((1, 2, 1)), names=("X",))
    with pytest.raises(InputError, match="occurs twice"):
        Courses(times=np.arange(2.0), values=np.ones((1, 2, 2)), names=("X", "X"))


def test_a_run_is_evaluated(decay_run: Trajectories) -> None:
    asked = parse_readout("half_time(X, 0, 20) / 1s")
    courses = Courses(
        times=decay_run.times, values=decay_run.values[0], names=decay_run.readout_names
    )
    found = evaluate(asked, {(): courses}, deterministic=True)
    assert found.estimate == pytest.approx(-10 * np.log((1 + np.exp(-2)) / 2), rel=1e-3)
