"""`simnet show --annotations`."""

from dataclasses import replace

import pytest

import simnet as sn
from simnet.catalogue import annotations as catalogue
from simnet.cli.output import console
from simnet.cli.sections import annotations
from simnet.network.network import Network


def shown(network: Network) -> str:
    out = console()
    with out.capture() as captured:
        out.print(annotations(network))
    return captured.get()


def test_coverage_terms_and_citations() -> None:
    text = shown(sn.load("hypoxia"))
    assert "101 of 101" in text
    assert "uniprot:Q16665" in text
    assert "BIOMD0000000300" in text
    assert "0 unverified" in text


def test_unverified_terms_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = dict(catalogue.read_annotations())
    first, *rest = table["HIF1A"]
    table["HIF1A"] = (replace(first, read_in=catalogue.UNVERIFIED), *rest)
    monkeypatch.setattr(catalogue, "read_annotations", lambda: table)
    text = shown(sn.load("hypoxia"))
    assert "1 unverified" in text
    assert "unverified: uniprot:Q16665 (hypoxia inducible factor 1 subunit alpha)" in text


def test_other_networks_are_told_what_they_lack(dimer: Network) -> None:
    text = shown(dimer)
    assert "0 of 2" in text
    assert "of packaged networks" in text
