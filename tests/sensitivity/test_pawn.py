"""PAWN indices against a closed form and against SALib's."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.sensitivity.analysis import analyse, make_design


def estimates(frame, index):
    return frame[frame["index"] == index]["estimate"].to_numpy()


def test_a_uniform_readout(space, outputs):
    """y = x1: held in [s/8, (s + 1)/8] its distribution is max(s, 7 - s)/8 from the whole: median
    (5 + 6)/16, largest 7/8. For x2 only what a sample leaves: for 128 of 1024 rows the distance is
    above 0.18 with a probability of 2e-3 in one of 8 slices (Kolmogorov)."""
    design = make_design("pawn", space(2), 1024, seed=1)
    found = analyse(design, outputs(design, lambda x: x[:, 0]))
    frame = found.frame()
    assert estimates(frame, "pawn")[0] == pytest.approx(11 / 16, abs=2e-3)
    assert estimates(frame, "pawn_max")[0] == pytest.approx(7 / 8, abs=2e-3)
    assert estimates(frame, "pawn_max")[1:].max() < 0.18
    assert frame["influential"].tolist() == [True, False, False] * 2


@pytest.mark.parametrize("whole", [False, True])
def test_it_is_salib(whole, ishigami, outputs):
    """SALib leaves the row with the largest value of a factor out of its last slice: a distance
    differs by 1 / 127 at most. Counts have equal readouts."""
    from SALib.analyze import pawn as salib

    design = make_design("pawn", ishigami.space, 1024, seed=2)
    found = outputs(design, lambda x: np.round(ishigami.function(x), 0 if whole else 12))
    problem = {"num_vars": 4, "names": list(design.space.names), "bounds": [[0, 1]] * 4}
    theirs = salib.analyze(problem, design.positions, found.estimate, S=8)
    frame = analyse(design, found).frame()
    assert estimates(frame, "pawn") == pytest.approx(theirs["median"], abs=1 / 127)
    assert estimates(frame, "pawn_max") == pytest.approx(theirs["maximum"], abs=1 / 127)


def test_slices_hold_rows(space):
    with pytest.raises(InputError, match="2 to 8"):
        make_design("pawn", space(2), 64, seed=1, settings={"slices": 16})
