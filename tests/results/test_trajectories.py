"""Tables, access by name, and what is refused."""

import pickle
import re
from collections.abc import Callable

import numpy as np
import pytest

from simnet.errors import InputError, UnknownNameError
from simnet.experiment.condition import Condition
from simnet.network.network import Readout
from simnet.results.trajectories import Failure, Trajectories

RunMaker = Callable[..., Trajectories]


def test_frame_has_every_value_of_finished_replicates(partial_run: Trajectories) -> None:
    frame = partial_run.frame()
    assert list(frame.columns) == ["condition", "replicate", "time", "readout", "value"]
    assert len(frame) == 6 * 5 * 3
    rows = {(r.condition, r.replicate, r.time, r.readout): r.value for r in frame.itertuples()}
    assert len(rows) == len(frame)
    for c, condition in enumerate(partial_run.condition_names):
        for n in range(4):
            for t, time in enumerate(partial_run.times):
                for r, readout in enumerate(partial_run.readout_names):
                    value = rows.get((condition, n, time, readout), np.nan)
                    assert np.array_equal(value, partial_run.values[c, n, t, r], equal_nan=True)


def test_frame_keeps_the_order_of_the_run_in_groups(partial_run: Trajectories) -> None:
    frame = partial_run.frame()
    assert list(frame.groupby("readout").size().index) == ["GLUT1", "time", "MCT4"]
    assert list(frame.groupby("condition").size()) == [45, 45]
    assert (frame.loc[frame.readout == "MCT4", "value"] >= 0).all()


def test_a_run_without_finished_replicates_has_an_empty_frame(make_run: RunMaker) -> None:
    run = make_run(np.full((2, 4, 5, 3), np.nan))
    assert run.frame().empty
    summary = run.summary()
    assert (summary.n == 0).all()
    assert summary["mean"].isna().all()


def test_summary_is_that_of_the_frame(partial_run: Trajectories) -> None:
    summary = partial_run.summary()
    assert list(summary.columns) == (
        "condition readout time n mean sd sem q05 q50 q95 cv fano".split()
    )
    groups = partial_run.frame().groupby(["condition", "readout", "time"]).value
    expected = groups.agg(["count", "mean", "std", "median"]).reset_index()
    assert summary.condition.tolist() == expected.condition.tolist()
    assert summary.readout.tolist() == expected.readout.tolist()
    assert summary.time.tolist() == expected.time.tolist()
    assert summary.n.tolist() == expected["count"].tolist() == [3] * 30
    np.testing.assert_allclose(summary["mean"], expected["mean"])
    np.testing.assert_allclose(summary["sd"], expected["std"])
    np.testing.assert_allclose(summary.q50, expected["median"])
    np.testing.assert_allclose(summary["sem"], expected["std"] / np.sqrt(3))
    np.testing.assert_allclose(summary.fano, expected["std"] ** 2 / expected["mean"])


def test_summary_takes_other_quantiles(partial_run: Trajectories) -> None:
    summary = partial_run.summary(quantiles=(0.025, 1))
    assert {"q02.5", "q100"} < set(summary.columns)
    assert "q50" not in summary.columns
    highest = partial_run.readout("GLUT1", "control").max(axis=0)
    chosen = (summary.condition == "control") & (summary.readout == "GLUT1")
    assert summary.loc[chosen, "q100"].tolist() == highest.tolist()
    with pytest.raises(InputError, match="not within 0 to 1"):
        partial_run.summary(quantiles=(5,))


def test_readout_gives_finished_replicates_over_time(partial_run: Trajectories) -> None:
    found = partial_run.readout("MCT4", condition="control")
    assert found.shape == (3, 5)
    np.testing.assert_array_equal(found, partial_run.values[0, [0, 2, 3], :, 2])


def test_readout_of_the_only_condition_needs_no_name(make_run: RunMaker) -> None:
    run = make_run(make_run().values[:1], seeds=())
    np.testing.assert_array_equal(run.readout("GLUT1"), run.values[0, :, :, 0])


def test_unknown_names_come_with_the_nearest(partial_run: Trajectories) -> None:
    with pytest.raises(UnknownNameError) as caught:
        partial_run.readout("GLUT", condition="Contrl")
    assert "did you mean GLUT1?" in str(caught.value)
    assert "did you mean control?" in str(caught.value)
    with pytest.raises(InputError, match="there are several"):
        partial_run.readout("GLUT1")


def test_a_readout_undefined_for_one_cell_counts_the_others(make_run: RunMaker) -> None:
    values = make_run().values.copy()
    values[0, 2, 0, 0] = np.nan  # a ratio over 0 copies, say; the replicate did finish
    run = make_run(values)
    assert run.finished.all()
    assert run.summary().n.tolist() == [3, *[4] * 29]


def test_values_are_read_only_and_the_callers_array_is_not(make_run: RunMaker) -> None:
    values = np.ones((2, 4, 5, 3))
    run = make_run(values)
    with pytest.raises(ValueError, match="read-only"):
        run.values[0] = 0
    values[0] = 2


def test_repr_says_what_it_is(partial_run: Trajectories) -> None:
    text = repr(partial_run)
    assert "toy, SSA (roadrunner)" in text
    assert "2 conditions x 4 replicates x 5 times to 1.1 s x 3 readouts" in text
    assert "1 failed, 1 not run" in text
    html = partial_run._repr_html_()
    assert "<td>control</td><td>3 of 4</td><td>1</td>" in html


def test_names_are_escaped_in_notebooks(make_run: RunMaker) -> None:
    run = make_run(conditions=(Condition(label="<b>"), Condition(label="R&D")))
    assert "<td>&lt;b&gt;</td>" in run._repr_html_()
    assert "R&amp;D" in run._repr_html_()


def test_pickles(partial_run: Trajectories) -> None:
    again = pickle.loads(pickle.dumps(partial_run))
    assert again.values.tobytes() == partial_run.values.tobytes()
    assert again.failures == partial_run.failures


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"conditions": (Condition(), Condition())}, "there are two of that name"),
        ({"readouts": (Readout(name="a", symbol="a"),) * 3}, "there are two of that name"),
        ({"times": np.array([0, 1, 1, 2, 3.0])}, "not a rising row"),
        ({"times": np.array([0, 1, 2, 3.0])}, "shape (2, 4, 5, 3), not (2, 4, 4, 3)"),
        ({"seeds": ((1, 2), (3, 4))}, "not one for each replicate"),
        ({"seeds": ((1, 2, 3, 4), ())}, "not one for each replicate"),
        ({"seeds": ((1, 2, 3, 4),)}, "not one for each replicate"),
        (
            {"failures": (Failure(condition="c", replicate=0, seed=None, reason="x"),)},
            "no such condition",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    make_run: RunMaker, changed: dict[str, object], why: str
) -> None:
    with pytest.raises(InputError, match=re.escape(why)):
        make_run(**changed)


def test_a_record_of_other_conditions_is_refused(make_run: RunMaker) -> None:
    run = make_run()
    with pytest.raises(InputError, match="describes another run"):
        make_run(conditions=(Condition(label="a"), Condition(label="b")), record=run.record)


@pytest.mark.parametrize("seeds", [(), ((), ())])
def test_a_method_without_seeds(make_run: RunMaker, seeds: tuple[tuple[int, ...], ...]) -> None:
    assert make_run(seeds=seeds).seeds == seeds
