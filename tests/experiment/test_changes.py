from dataclasses import replace

import pytest

import simnet as sn
from simnet.experiment.action import AddAmount, Hold, ScaleValue, SetValue
from simnet.experiment.change import CHANGES, Change, change_record
from simnet.experiment.condition import change_from_record
from simnet.network.network import Drug, Network


@pytest.fixture(scope="module")
def hypoxia() -> Network:
    return sn.load("hypoxia")


def test_inputs_parameters_species_and_genes_by_name(hypoxia: Network) -> None:
    def actions(change: Change) -> list[object]:
        found, problems = change.resolve(hypoxia)
        assert problems == [] or not problems
        return list(found)

    assert actions(sn.Set("O2_percent", 1)) == [SetValue("O2_percent", 1.0)]
    assert actions(sn.Scale("HIF1A_degradation", 2)) == [ScaleValue("HIF1A_degradation", 2.0)]
    assert actions(sn.Add("VHL", 5)) == [AddAmount("VHL", 5.0)]
    assert actions(sn.Set("VHL(hif=None)", 5)) == [SetValue("VHL", 5.0)]
    assert actions(sn.Knockdown("HIF1A", 0.75)) == [ScaleValue("HIF1A_synthesis", 0.25)]
    assert actions(sn.Knockout("SLC2A1")) == [ScaleValue("SLC2A1_transcription", 0.0)]
    assert actions(sn.Clamp("O2", 9.8)) == [Hold("O2", 9.8)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (sn.Set("O2_percnt", 1), "did you mean O2_percent"),
        (sn.Set("GLUT1()", float("nan")), "not a finite number"),
        (sn.Set("VHL", -1), "below 0"),
        (sn.Set("O2", 5), "use Clamp"),
        (sn.Set("O2_percent", "high"), "not a finite number"),  # type: ignore[arg-type]
        (sn.Knockdown("HIF1A", 90), "0.9 for 90 %"),
        (sn.Knockdown("HIF2A", 0.9), "did you mean HIF1A"),
        (sn.Knockout("SLC2A1_mRNA"), "made by reaction transcribe_SLC2A1"),
        (sn.Clamp("HIF1A_tokens", 3), "observable"),
        (sn.Clamp("VHL_koff", 3), "use Set"),
        (sn.Add("HIF1A_synthesis", 3), "not a species"),
    ],
)
def test_mistakes_are_named_with_a_way_out(hypoxia: Network, change: Change, says: str) -> None:
    actions, problems = change.resolve(hypoxia)
    assert not actions
    assert says in str(problems[0])
    assert type(change).__name__ in problems[0].what


def test_a_molecule_of_an_own_model_is_knocked_out_with_all_its_complexes(binding: Network) -> None:
    molecules = {"A": ("A",), "B": ("B",), "C": ("A", "B")}
    species = tuple(replace(s, molecules=molecules[s.id]) for s in binding.species)
    renamed = tuple(replace(s, id="S_" + s.id, name="S_" + s.id) for s in species)
    network = replace(binding, species=renamed, reactions=(), readouts=())
    actions, problems = sn.Knockdown("A", 0.5).resolve(network)
    assert not problems
    assert list(actions) == [ScaleValue("S_A", 0.5), ScaleValue("S_C", 0.5)]


def test_a_molecule_that_is_synthesised_is_refused(hypoxia: Network) -> None:
    """Its amount would come back: setting it to zero would look like a knock-out and be none."""
    actions, problems = sn.Knockout("MCT4").resolve(hypoxia)
    assert actions  # a gene of the catalogue: its transcription is scaled
    assert not problems
    _, problems = sn.Knockout("SLC16A3_gene").resolve(hypoxia)
    assert not problems  # never made, so its amount is all there is
    _, problems = sn.Knockout("HIF1A").resolve(replace(hypoxia, genes=()))
    assert "made by reaction" in str(problems[0])


def test_doses_set_the_medium(hypoxia: Network) -> None:
    drug = Drug(name="dmog", parameter="PHD2_kcat", target="PHD2", affinity=1, unit="nM")
    network = replace(hypoxia, drugs=(drug,))
    assert sn.Dose("dmog", nM=5).resolve(network)[0] == [SetValue("PHD2_kcat", 5.0)]
    assert sn.Washout("dmog").resolve(network)[0] == [SetValue("PHD2_kcat", 0.0)]
    _, problems = sn.Dose("dmogg", nM=-1).resolve(network)
    assert [p.way_out for p in problems] == ["did you mean dmog?", ""]
    assert sn.Overexpress("HIF1A", 3).resolve(network)[0] == [ScaleValue("HIF1A_synthesis", 3.0)]
    assert "below 1" in str(sn.Overexpress("HIF1A", 0.5).resolve(network)[1][0])


@pytest.mark.parametrize(
    "change",
    [
        sn.Set("a", 1.5),
        sn.Scale("a", 2),
        sn.Add("a", 3),
        sn.Knockdown("a", 0.9),
        sn.Knockout("a"),
        sn.Clamp("a", 0),
        sn.Overexpress("a", 3),
        sn.Dose("a", nM=10),
        sn.Washout("a"),
    ],
)
def test_records(change: Change) -> None:
    assert type(change).__name__ in CHANGES
    assert change_from_record(change_record(change)) == change


@pytest.mark.parametrize("change", [sn.Set("GLUT1", 5), sn.Scale("GLUT1", 2), sn.Add("GLUT1", 5)])
def test_a_readout_is_not_taken_for_a_species_of_its_name(hypoxia: Network, change: Change) -> None:
    """The species GLUT1 counts tokens, the readout GLUT1 the copies that they stand for."""
    actions, problems = change.resolve(hypoxia)
    assert not actions
    assert "is named 'GLUT1()'" in str(problems[0])
    assert hypoxia.find_species("GLUT1()") == ["GLUT1"]


def test_clamping_a_readout_holds_what_it_counts(hypoxia: Network) -> None:
    run = sn.simulate(hypoxia, t_end="1 min", points=2, changes=sn.Clamp("GLUT1", 5e4), workers=0)
    assert run.readout("GLUT1")[0].tolist() == [5e4, 5e4]
