"""Figures say what the indices say."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from simnet.errors import InputError
from simnet.sensitivity.analysis import analyse, make_design
from simnet.sensitivity.figures import (
    _file_names,
    draw_heat_map,
    draw_mu_sigma,
    draw_scatter,
    draw_tornado,
)


@pytest.fixture
def ax():
    return Figure().subplots()


def bent(x):
    return 5 * x[:, 0] - x[:, 1] + x[:, 2] * x[:, 1]


def names(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_a_tornado_is_ordered_and_has_the_dummy_below(ax, space, outputs):
    design = make_design("sobol", space(5), 64, seed=1)
    indices = analyse(design, outputs(design, bent))
    draw_tornado(indices, "total", ax=ax, most=3)
    assert names(ax.yaxis)[0] == "dummy"
    assert names(ax.yaxis)[-1] == "x1"
    assert len(ax.patches) == 3 + 1 + 1  # bars, the dummy's and its band
    assert "2 smaller not shown" in ax.get_xlabel()
    with pytest.raises(InputError, match="did you mean total"):
        draw_tornado(indices, "totl", ax=ax)


def test_the_plane_of_morris_shows_variances_below_zero(ax, space, outputs):
    design = make_design("morris", space(4), 16, seed=2)
    indices = analyse(design, outputs(design, lambda x: 5 * x[:, 0], sd=0.5, seed=3))
    draw_mu_sigma(indices, ax=ax)
    (points,) = [c for c in ax.collections if len(c.get_offsets()) == 5]
    rows = [row.estimate for row in indices.rows if row.index == "sigma2"]
    drawn = np.asarray(points.get_offsets())[:, 1]
    assert np.sign(drawn) * drawn**2 == pytest.approx(np.array(rows))
    assert min(drawn) < 0
    assert [t.get_text() for t in ax.texts] == ["x1", " dummy"]


def test_intervals_are_drawn_as_they_are_and_not_where_there_are_none(ax, space, outputs):
    design = make_design("morris", space(3), 5, seed=7)
    indices = analyse(design, outputs(design, lambda x: x[:, 0] * x[:, 1] * x[:, 2]))
    draw_mu_sigma(indices, ax=ax)
    (bars,) = (c for c in ax.collections if hasattr(c, "get_segments"))
    drawn = sorted(float(segment[0, 0]) for segment in bars.get_segments())
    stars = [row for row in indices.rows if row.index == "mu_star"]
    assert drawn == pytest.approx(sorted(row.low for row in stars), abs=1e-12)
    assert drawn[0] >= 0
    unknown = [replace(row, low=-np.inf, high=np.inf) for row in indices.rows]
    draw_mu_sigma(replace(indices, rows=tuple(unknown)), ax=ax)
    assert np.isfinite(ax.get_xlim()).all()


def test_a_heat_map_over_time(ax, space, outputs):
    design = make_design("prcc", space(3), 64, seed=4)
    by_time = {
        f"{t}": analyse(design, outputs(design, lambda x, t=t: x[:, 0] - t * x[:, 1]))
        for t in (1, 2, 4)
    }
    image = draw_heat_map(by_time, "prcc", ax=ax, unit="h")
    assert names(ax.xaxis) == ["1", "2", "4"]
    assert "over time (h)" in ax.get_xlabel()
    assert set(names(ax.yaxis)[:2]) == {"x1", "x2"}
    assert image.get_array().min() < -0.8
    assert image.get_clim()[0] < 0
    with pytest.raises(InputError, match="no times"):
        draw_heat_map({}, "prcc", ax=ax)


def test_a_scatter(ax, space, outputs):
    design = make_design("prcc", space(2), 64, seed=5)
    draw_scatter(design, outputs(design, lambda x: x[:, 0]), "x1", ax=ax)
    assert len(ax.collections[0].get_offsets()) == 64
    with pytest.raises(InputError, match="did you mean x1"):
        draw_scatter(design, outputs(design, lambda x: x[:, 0]), "x_1", ax=ax)


def test_each_readout_has_files_of_its_own():
    found = _file_names(["x-3", "x", "x!", "X", "@"])
    assert len({name.lower() for name in found.values()}) == 5
    assert found["x"] == "x"
