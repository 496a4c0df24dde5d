import pickle

import pytest

from simnet.errors import InputError, Problem, UnknownNameError, nearest


def test_all_problems_are_in_the_message() -> None:
    error = InputError([Problem(what="a", why="bad"), Problem(what="b", why="worse", way_out="go")])
    assert str(error).splitlines() == ["2 problems", "  - a: bad", "  - b: worse; go"]


def test_errors_travel_between_processes() -> None:
    error = UnknownNameError(Problem(what="x", why="y"))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is UnknownNameError
    assert copy.problems == error.problems


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hif1a", "did you mean HIF1A?"),
        ("GLUT", "did you mean GLUT2 or GLUT1?"),
        ("zzz", "known: HIF1A, GLUT1, GLUT2"),
    ],
)
def test_nearest(name: str, expected: str) -> None:
    assert nearest(name, ["HIF1A", "GLUT1", "GLUT2"]) == expected


def test_nearest_of_nothing() -> None:
    assert nearest("x", []) == "there are none"
