"""BNGL and .net files: the same networks as from PySB, with the file's functions, compartments and
symmetric factors, and BioNetGen's own ODE."""

import math
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.network.expression import function, text
from simnet.rules.bngl import from_bngl
from simnet.rules.net import from_net

pytestmark = pytest.mark.usefixtures("perl")

DIMER = """
begin model
begin parameters
  kp 0.02   # per pair
  km 0.1
  A0 5
  half A0/2
end parameters
begin molecule types
  A(a,s~u~p)
end molecule types
begin seed species
  A(a,s~u) A0
  A(a,s~p) 2
end seed species
begin observables
  Molecules A_all A()
  Species pairs A(a!1).A(a!1)
end observables
begin functions
  fast() = if(A_all > 3, 2*km, km^2) + 0*half
end functions
begin reaction rules
  pair: A(a) + A(a) <-> A(a!1).A(a!1) kp, km
  switch: A(s~u) -> A(s~p) \\
     fast()
end reaction rules
end model
generate_network({overwrite=>1})
simulate({method=>"ode",t_end=>10,n_steps=>10})
"""


@pytest.fixture(scope="module")
def dimer() -> sn.Network:
    return from_bngl(DIMER, "dimer")


def laws(network: sn.Network, kinetics: str = "discrete") -> dict[str, str]:
    return {r.id: text(r.law.expression(kinetics)) for r in network.reactions}  # type: ignore[arg-type]


def test_equal_and_different_pairs(dimer: sn.Network) -> None:
    """A pair of equal molecules has kp/2*A*(A - 1), one of different molecules kp*A*B; PySB's rule
    gives the same."""
    found = laws(dimer)
    assert found["pair"] == "kp/2*A_s_u*(A_s_u - 1)"
    assert found["pair_2"] == "kp*A_s_u*A_s_p"
    assert found["pair_3"] == "kp/2*A_s_p*(A_s_p - 1)"
    assert found["switch_2"] == "2*fast*A_s_u_x2"
    assert found["pair_reverse"] == "km*A_s_u_x2"


def test_what_the_file_says(dimer: sn.Network) -> None:
    assert dimer.id == "dimer"
    assert [s.id for s in dimer.species][:2] == ["A_s_u", "A_s_p"]
    assert [s.initial for s in dimer.species] == [5, 2, 0, 0, 0]
    assert [r.name for r in dimer.readouts] == ["A_all", "pairs"]
    assert [m.name for m in dimer.molecules] == ["A"]
    assert dimer.molecules[0].sites == "a, s~u~p"
    assert [(r.name, r.text) for r in dimer.rules][1] == ("switch", "A(s~u) -> A(s~p) fast()")
    assert dimer.parameter_by_id["half"].value == 2.5
    assert dimer.time_unit is None
    run = sn.simulate(dimer, t_end=1, points=2, changes=sn.Set("A0", 9), workers=0)
    assert run.readout("A_all")[0, 0] == 11  # a start that is a parameter follows it


def test_the_same_as_pysb(dimer: sn.Network) -> None:
    import pysb

    model = pysb.Model("dimer", _export=False)
    a = pysb.Monomer("A", ["a", "s"], {"s": ["u", "p"]}, _export=False)
    values = {"kp": 0.02, "km": 0.1, "A0": 5, "P0": 2, "ks": 0.2}
    p = {name: pysb.Parameter(name, value, _export=False) for name, value in values.items()}
    pair = a(a=None) + a(a=None) | a(a=1) % a(a=1)
    parts = [
        a,
        *p.values(),
        pysb.Rule("pair", pair, p["kp"], p["km"], _export=False),
        pysb.Rule("switch", a(s="u") >> a(s="p"), p["ks"], _export=False),
    ]
    for part in parts:
        model.add_component(part)
    model.add_initial(pysb.Initial(a(a=None, s="u"), p["A0"], _export=False))
    model.add_initial(pysb.Initial(a(a=None, s="p"), p["P0"], _export=False))
    other = sn.load(model)
    assert {s.id for s in other.species} == {s.id for s in dimer.species}
    assert laws(other)["pair"] == laws(dimer)["pair"]
    one, two = (
        sn.simulate(n, t_end=5, points=6, rtol=1e-9, workers=0, readouts=["A_s_p_x2"])
        for n in (dimer, other)
    )
    np.testing.assert_allclose(one.values, two.values, rtol=1e-6)


def test_bionetgen_s_own_ode(dimer: sn.Network, tmp_path: Path) -> None:
    import subprocess

    from simnet.rules.bionetgen import bionetgen_program

    (tmp_path / "model.bngl").write_text(
        DIMER.replace("n_steps=>10", "n_steps=>10,rtol=>1e-10,atol=>1e-10")
    )
    subprocess.run(
        ["perl", bionetgen_program(), "model.bngl"], cwd=tmp_path, check=True, capture_output=True
    )
    theirs = np.loadtxt(tmp_path / "model.gdat")
    run = sn.simulate(dimer, t_end=10, points=11, rtol=1e-10, workers=0)
    np.testing.assert_allclose(run.readout("A_all")[0], theirs[:, 1], rtol=1e-6)
    np.testing.assert_allclose(run.readout("pairs")[0], theirs[:, 2], rtol=1e-6, atol=1e-8)
    unrolled = sn.load(tmp_path / "model.net")  # the .net file that it wrote
    assert unrolled.reactions == dimer.reactions
    assert unrolled.species == dimer.species


def test_the_pairs_under_ssa_are_exact() -> None:
    """5 copies that pair: the mean and variance of the master equation at t = 20, 2000 runs, 4.06
    standard errors (1e-4 for two scores). With A^2 in place of A*(A - 1) the mean is far off."""
    from scipy.linalg import expm

    network = from_bngl(
        DIMER.replace("A(a,s~p) 2", "A(a,s~p) 0").replace("2*km, km^2", "0, 0"), "pairs"
    )
    jumps = np.zeros((3, 3))
    for d in range(3):
        for target, rate in ((d + 1, 0.02 * math.comb(5 - 2 * d, 2)), (d - 1, 0.1 * d)):
            if rate:
                jumps[target, d] += rate
                jumps[d, d] -= rate
    weights, values = expm(jumps * 20)[:, 0], np.arange(3)
    mean = weights @ values
    variance, fourth = (weights @ (values - mean) ** k for k in (2, 4))
    run = sn.simulate(network, t_end=20, points=2, method="ssa", replicates=2000, seed=5, workers=0)
    sample = run.readout("pairs")[:, -1]
    assert abs(sample.mean() - mean) < 4.06 * math.sqrt(variance / 2000)
    assert abs(sample.var(ddof=1) - variance) < 4.06 * math.sqrt((fourth - variance**2) / 2000)


COMPARTMENTS = """
begin model
begin parameters
  V 2.5
  out 10*V
  k 0.3
end parameters
begin compartments
  EC 3 out
  PM 2 0.01 EC
  CP 3 V PM
end compartments
begin molecule types
  L(r)
  R(l)
  G()
end molecule types
begin seed species
  L(r)@EC 50
  $R(l)@PM 20
  G()@CP 7
end seed species
begin observables
  Molecules bound L(r!1).R(l!1)
end observables
begin reaction rules
  bind: L(r) + R(l) <-> L(r!1).R(l!1) k, k
  meet: G()@CP + G()@CP -> 0 k
  make: 0 -> G()@CP k
end reaction rules
end model
"""


def test_compartments_stay_live() -> None:
    network = from_bngl(COMPARTMENTS, "places")
    sizes = {c.id: (c.size, c.dimensions) for c in network.compartments}
    assert sizes == {"EC": (25.0, 3), "PM": (0.01, 2), "CP": (2.5, 3)}
    assert {s.id: s.compartment for s in network.species}["L_in_EC"] == "EC"
    assert [s.id for s in network.species if s.fixed] == ["R_in_PM"]
    found = laws(network, "continuous")
    assert found["bind"] == "k/EC*L_in_EC*R_in_PM"
    assert found["make"] == "k*CP"
    meet = next(r for r in network.reactions if r.id == "meet")
    value = function(meet.law.expression("discrete"))({"k": 0.3, "CP": 2.5, "G_in_CP": 7.0}, 0.0)
    assert value == pytest.approx(0.3 / 2 / 2.5 * 42)


def test_limits_of_generate_network_are_kept() -> None:
    """Chains without end, but for max_stoich; the file's own limit is data, and is taken."""
    chain = """
begin model
begin parameters
  k 1
end parameters
begin molecule types
  A(l,r)
end molecule types
begin seed species
  A(l,r) 10
end seed species
begin reaction rules
  A(l) + A(r) -> A(l!1).A(r!1) k
end reaction rules
end model
begin actions
  generate_network({overwrite=>1,max_stoich=>{A=>3},max_iter=>9})
end actions
"""
    network = from_bngl(chain, "chain")
    assert max(len(s.molecules) for s in network.species) == 3
    assert network.reactions[0].rules == ("_R1",)
    assert network.rules[0].name == "_R1"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("A(a,s~u) A0", "A(a,s~u) nobody", "BioNetGen|not defined"),
        ("fast() = if(", "fast() = mratio(", "mratio|BioNetGen"),
        ("kp, km", "kp, km TotalRate", "TotalRate"),
        ("kp 0.02", 'kp TFUN("x.tfun")', "another file"),
        ("begin functions", "begin population maps", "this block is not supported"),
        ("begin model", 'begin model\nsetOption("NumberPerQuantityUnit",6e23)', "unit of amount"),
        ("begin reaction rules", "begin begin rules", "not supported|not allowed here"),
    ],
)
def test_what_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(sn.ModelError, match=says):
        from_bngl(DIMER.replace(old, new, 1), "broken")


def test_what_bionetgen_complains_of_is_a_line_of_the_file() -> None:
    number = 1 + DIMER.splitlines().index("  pair: A(a) + A(a) <-> A(a!1).A(a!1) kp, km")
    with pytest.raises(sn.ModelError) as caught:
        from_bngl(DIMER.replace("kp, km", "kp"), "broken")
    (problem,) = caught.value.problems
    assert problem.what.startswith(f"broken, line {number}: pair: A(a) + A(a)")
    assert "second ratelaw for reversible rule" in problem.why
    assert "at line" not in problem.why


NET = """
begin parameters
  1 kcat 2
  2 Km 10
end parameters
begin species
  1 S() 30
  2 E() 4
  3 P() 0
end species
begin reactions
  1 1,2 3,2 {rate} #make
end reactions
begin groups
  1 all 1,3
  2 twice 2*3
end groups
"""


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        ("kcat", 2 * 30 * 4),
        ("0.5*kcat", 30 * 4),
        ("0.333333*kcat", 2 / 3 * 30 * 4),
        ("0.5*Sat kcat Km", 2 * 30 * 4 / (10 + 30) / 2),
        ("MM kcat Km", 2 * 4 * 27.078784 / (10 + 27.078784)),
    ],
)
def test_rates_of_a_net_file(rate: str, wanted: float) -> None:
    network = from_net(NET.format(rate=rate), "enzyme")
    values = {"S": 30.0, "E": 4.0, "P": 0.0, "kcat": 2.0, "Km": 10.0}
    law = function(network.reactions[0].law.expression("discrete"))
    assert law(values, 0.0) == pytest.approx(wanted, rel=1e-5)
    assert text(network.assignment_by_id["twice"].expression) == "2*P"


@pytest.mark.parametrize("rate", ["Hill kcat Km 2", "nobody", "kcat*", "kcat)", "exp(", "Sat kcat"])
def test_rates_that_are_none(rate: str) -> None:
    with pytest.raises(sn.ModelError):
        from_net(NET.format(rate=rate), "enzyme")


def test_a_species_that_is_not_listed_is_told_with_its_line() -> None:
    with pytest.raises(sn.ModelError, match=r"enzyme: reaction '1 1,9 3,2 kcat #make': 1,9: .* 3"):
        from_net(NET.format(rate="kcat").replace("1,2 3,2", "1,9 3,2"), "enzyme")


@pytest.mark.parametrize("content", ["", "<sbml/>", "begin species\nend species\n"])
def test_what_is_no_net_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.net"
    path.write_text(content)
    with pytest.raises(sn.ModelError, match="no blocks of species and reactions"):
        sn.load(path)
