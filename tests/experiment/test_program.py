"""A condition becomes segments: what is set when, and where outputs belong."""

from dataclasses import replace

import numpy as np
import pytest

import simnet as sn
from simnet.experiment.action import AddAmount, SetValue
from simnet.experiment.condition import Condition, condition_from_record
from simnet.experiment.program import Program, program
from simnet.network.expression import Call, Number, Symbol
from simnet.network.network import Input, Network

GRID = np.linspace(0.0, 10.0, 6)


def compiled(network: Network, condition: Condition) -> Program:
    found, problems = program(network, condition, GRID)
    assert problems == []
    return found


def test_without_changes_there_is_one_segment(binding: Network) -> None:
    (segment,) = compiled(binding, Condition()).segments
    assert (segment.start, segment.end) == (0.0, 10.0)
    assert list(segment.outputs) == list(GRID)


def test_outputs_on_a_boundary_come_after_the_change(binding: Network) -> None:
    schedule = (sn.At(4, sn.Set("kf", 0)), sn.At(7.5, sn.Add("A", 3)))
    first, second, third = compiled(binding, Condition(schedule=schedule)).segments
    assert list(first.outputs) == [0, 2]
    assert list(second.outputs) == [4, 6]
    assert list(third.outputs) == [8, 10]
    assert second.settings == {"kf": 0.0}
    assert third.acts == (AddAmount("A", 3.0),)


def test_a_change_at_the_very_end(binding: Network) -> None:
    *_, last = compiled(binding, Condition(schedule=(sn.At(10, sn.Add("A", 3)),))).segments
    assert (last.start, last.end, list(last.outputs)) == (10.0, 10.0, [10.0])


def test_equilibration_runs_under_baseline_inputs_before_the_changes(binding: Network) -> None:
    network = replace(binding, inputs=(Input(name="kon", parameter="kf", baseline=0.001),))
    condition = Condition(changes=(sn.Set("kon", 0.5),), equilibrate=100)
    before, after = compiled(network, condition).segments
    assert (before.start, before.end, before.settings) == (-100.0, 0.0, {"kf": 0.001})
    assert len(before.outputs) == 0
    assert after.settings == {"kf": 0.5}


def test_a_pulse_goes_back_to_what_was_before_it(binding: Network) -> None:
    condition = Condition(
        changes=(sn.Scale("kf", 4),), schedule=(sn.Pulse(2, 3, sn.Set("kf", 9.0)),)
    )
    settings = [segment.settings for segment in compiled(binding, condition).segments]
    assert settings == [{"kf": 0.02}, {"kf": 9.0}, {"kf": 0.02}]


def test_repeats_and_scaling_compound(binding: Network) -> None:
    condition = Condition(schedule=(sn.Repeat(1, 2, 3, sn.Scale("kr", 2)),))
    segments = compiled(binding, condition).segments
    assert [s.start for s in segments] == [0, 1, 3, 5]
    assert [s.settings.get("kr") for s in segments] == [None, 0.2, 0.4, 0.8]


def test_initial_amounts_follow_parameters_set_at_the_start(binding: Network) -> None:
    species = list(binding.species)
    doubled = Call("times", (Number(2), Symbol("kr")))
    species[0] = replace(species[0], initial=0.2, initial_expression=doubled)
    network = replace(binding, species=tuple(species))
    found = compiled(network, Condition(changes=(sn.Set("kr", 7),)))
    assert found.amounts["A"] == 14.0


def test_a_parameter_that_only_sets_a_start_cannot_act_later(binding: Network) -> None:
    from simnet.network.network import Parameter

    species = list(binding.species)
    species[0] = replace(species[0], initial_expression=Symbol("A_0"))
    network = replace(
        binding,
        species=tuple(species),
        parameters=(*binding.parameters, Parameter(id="A_0", value=20.0)),
    )
    at_start = Condition(changes=(sn.Set("A_0", 7),))
    assert compiled(network, at_start).amounts["A"] == 7.0
    for late in (
        replace(at_start, equilibrate=10),
        Condition(schedule=(sn.At(5, sn.Set("A_0", 7)),)),
    ):
        _, problems = program(network, late, GRID)
        assert "only sets the initial amount of A" in str(problems[0])


def test_clamps_hold_from_their_time_on(binding: Network) -> None:
    condition = Condition(schedule=(sn.At(4, sn.Clamp("A", 20)),))
    first, second = compiled(binding, condition).segments
    assert (first.held, second.held) == (frozenset(), frozenset({"A"}))
    assert second.acts == (SetValue("A", 20.0),)


def test_all_mistakes_at_once(binding: Network) -> None:
    condition = Condition(
        changes=(sn.Set("nope", 1), sn.Knockdown("A", 2)),
        schedule=(sn.At("soon", sn.Set("kf", 1)), sn.At(99, sn.Set("kf", 1))),
    )
    _, problems = program(binding, condition, GRID)
    assert len(problems) == 4


def test_records_and_content() -> None:
    condition = Condition(
        label="x",
        changes=(sn.Set("a", 1), sn.Knockout("b")),
        schedule=(
            sn.At("1 h", sn.Add("c", 2)),
            sn.Pulse(1, 2, sn.Set("a", 3)),
            sn.Repeat(0, "1 d", 7, sn.Scale("a", 2), sn.Set("d", 4)),
        ),
        equilibrate="3 d",
    )
    copy = condition_from_record(condition.record())
    assert copy == condition
    assert copy.content("s") == condition.content("s")
    assert replace(condition, label="y").content("s") == condition.content("s")
    assert replace(condition, equilibrate="4 d").content("s") != condition.content("s")


def test_numpy_s_numbers_are_the_same_content() -> None:
    plain = Condition(schedule=(sn.At(3600.0, sn.Set("a", 1)),), equilibrate=60)
    numpy = Condition(
        schedule=(sn.At(np.float64(3600), sn.Set("a", np.float64(1))),), equilibrate=np.int64(60)
    )
    assert numpy.content("s") == plain.content("s")


def test_the_same_times_in_other_words_are_the_same_content() -> None:
    hours = Condition(schedule=(sn.At("1 h", sn.Set("a", 1)),), equilibrate="1 min")
    seconds = Condition(schedule=(sn.At(3600, sn.Set("a", 1.0)),), equilibrate=60)
    assert hours.content("s") == seconds.content("s")
    assert hours.content("s") != Condition(schedule=hours.schedule).content("s")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ([sn.Pulse(2, 2, sn.Set("kf", 2.0)), sn.Pulse(4, 2, sn.Set("kf", 3.0))], [2, 3, 1]),
        ([sn.Pulse(4, 2, sn.Set("kf", 3.0)), sn.Pulse(2, 2, sn.Set("kf", 2.0))], [2, 3, 1]),
        ([sn.Pulse(2, 4, sn.Set("kf", 2.0)), sn.Pulse(3, 5, sn.Set("kf", 3.0))], [2, 3, 3, 1]),
        ([sn.Pulse(2, 6, sn.Set("kf", 2.0)), sn.Pulse(3, 2, sn.Set("kf", 3.0))], [2, 3, 2, 1]),
        ([sn.At(5, sn.Set("kf", 7.0)), sn.Pulse(5, 2, sn.Set("kf", 2.0))], [2, 7]),
        ([sn.Pulse(2, 4, sn.Set("kf", 2.0)), sn.At(3, sn.Set("kf", 7.0))], [2, 2, 7]),
    ],
)
def test_pulses_that_meet_and_overlap(
    binding: Network, schedule: list[sn.Pulse], expected: list[float]
) -> None:
    """The one that began last counts; when all are over, what it would be without them."""
    condition = Condition(changes=(sn.Set("kf", 1.0),), schedule=tuple(schedule))
    _, *later = compiled(binding, condition).segments
    assert [segment.settings["kf"] for segment in later] == expected


def test_a_pulse_at_the_start_goes_back_to_the_change(binding: Network) -> None:
    pulse = sn.Pulse(0, 4, sn.Set("kf", 2.0))
    condition = Condition(changes=(sn.Set("kf", 7.0),), schedule=(pulse,))
    values = [s.settings["kf"] for s in compiled(binding, condition).segments]
    assert values == [2.0, 7.0]


def test_pulses_are_on_parameters(binding: Network) -> None:
    _, problems = program(binding, Condition(schedule=(sn.Pulse(1, 2, sn.Set("A", 3)),)), GRID)
    assert "only a parameter or input" in str(problems[0])
    with pytest.raises(sn.InputError, match="only a Set can be undone"):
        sn.Pulse(1, 2, sn.Knockdown("kf", 0.5))  # type: ignore[arg-type]


def test_what_is_no_change_or_entry_is_named(binding: Network) -> None:
    wrong = Condition(changes=("kf=1",), schedule=(sn.Set("kf", 1),))  # type: ignore[arg-type]
    _, problems = program(binding, wrong, GRID)
    assert [problem.why for problem in problems] == [
        "is not an entry of a schedule",
        "is not a change",
    ]
    with pytest.raises(sn.InputError, match="is not a change"):
        sn.At("24 h", [sn.Set("kf", 1)])  # type: ignore[arg-type]
    with pytest.raises(sn.InputError, match=r"label=\['x'\]: not a text"):
        Condition(label=["x"])  # type: ignore[arg-type]


def test_a_change_at_an_output_is_at_the_output(binding: Network) -> None:
    """linspace(0, 1, 36)[7] is 0.19999999999999998: the output at 0.2 comes after the change."""
    condition = Condition(schedule=(sn.At(0.2, sn.Set("kf", 9.0)),))
    found, _ = program(binding, condition, np.linspace(0, 1, 36))
    assert found.segments[1].start == found.segments[1].outputs[0] == 0.19999999999999998
