"""`hypoxia` cell by cell, in roadrunner's Gillespie."""

import numpy as np

import simnet as sn

HEADLINE = ["O2", "HIF1A", "GLUT1", "MCT4"]


def test_gene_copies_are_conserved_in_every_cell(network: sn.Network) -> None:
    genes = [s.id for s in network.species if s.molecules == ("SLC2A1_gene",)]
    assert len(genes) == 4  # HRE empty or filled, promoter off or on
    cells = sn.simulate(
        network, t_end="2 h", points=13, method="ssa", replicates=2, seed=1, readouts=genes
    )
    assert (cells.values.sum(axis=3) == 2).all()


def test_means_agree_with_the_ode(network: sn.Network) -> None:
    """1 % O2 for 4 h after 8 h at 20 %, 24 cells: each headline readout within 4.5 standard errors
    of the ODE, apart from the 3 % by which nonlinear laws may shift a mean (a false alarm in 1e4
    tests, for the t distribution has 23 degrees of freedom)."""
    arguments = {
        "t_end": "4 h",
        "points": 3,
        "changes": [sn.Set("O2_percent", 1.0)],
        "equilibrate": "8 h",
        "readouts": HEADLINE,
    }
    ode = sn.simulate(network, workers=0, **arguments)  # type: ignore[arg-type]
    ssa = sn.simulate(network, method="ssa", replicates=24, seed=11, **arguments)  # type: ignore[arg-type]
    mean = ssa.values[0].mean(axis=0)
    error = ssa.values[0].std(axis=0, ddof=1) / np.sqrt(24)
    expected = ode.values[0, 0]
    assert (np.abs(mean - expected) <= 4.5 * error + 0.03 * expected).all()
