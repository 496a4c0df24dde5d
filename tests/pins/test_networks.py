"""What a file or folder becomes: digests of networks, and the bytes of what is written from them."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.execute.exporters import write_archive
from simnet.sbml.antimony import sbml_to_antimony
from simnet.sbml.write import to_sbml

Pinned = Callable[[str, Any], None]

ANTIMONY = """model small
  compartment cell = 2
  species X in cell, Y in cell; X = 3; Y = 5
  make = 20; lose = 0.5; turn = 0.3
  total := X + Y
  R1: -> X; make
  R2: X -> Y; lose*X
  R3: 2 Y -> X; turn*Y*Y
  at (time > 5): make = 10
end
"""
BNGL = """begin parameters
  kp 0.02
  km 0.1
end parameters
begin molecule types
  A(a,s~u~p)
end molecule types
begin seed species
  A(a,s~u) 5
  A(a,s~p) 2
end seed species
begin observables
  Molecules A_all A()
  Species pairs A(a!1).A(a!1)
end observables
begin functions
  fast() = 2*km*A_all/(A_all + 3)
end functions
begin reaction rules
  pair: A(a) + A(a) <-> A(a!1).A(a!1) kp, km
  switch: A(s~u) -> A(s~p) fast()
end reaction rules
generate_network({overwrite=>1})
"""


@pytest.mark.parametrize("name", ["hypoxia", "lactate_mtor", "symbiosis"])
def test_packaged_networks(name: str, pinned: Pinned, repository: Path) -> None:
    network = sn.load(name)
    pinned(f"digest of {name}", network.digest)
    for kinetics, flavour in (("continuous", ""), ("discrete", "-ssa")):
        text = to_sbml(network, kinetics)  # type: ignore[arg-type]
        pinned(f"SBML of {name}, {kinetics}", text)
        assert text.encode() == (repository / "sbml" / f"{name}{flavour}.xml").read_bytes()


def test_files_of_others(pinned: Pinned, perl: None, tmp_path: Path) -> None:
    for name, text in (("small.ant", ANTIMONY), ("small.bngl", BNGL)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        pinned(f"digest of {name}", sn.load(tmp_path / name).digest)


def test_what_is_written(gene: sn.Network, pinned: Pinned, tmp_path: Path) -> None:
    for kinetics in ("continuous", "discrete"):
        pinned(f"SBML of gene, {kinetics}", to_sbml(gene, kinetics))  # type: ignore[arg-type]
    pinned("Antimony of gene", sbml_to_antimony(to_sbml(gene)))
    path = tmp_path / "gene.omex"
    write_archive(gene, path, t_end="20 s", replicates=4, workers=0)
    with zipfile.ZipFile(path) as archive:
        members = sorted(archive.namelist())
        assert members == [
            "README.md",
            "expected/dose_schedule.csv",
            "expected/replicates.csv",
            "expected/time_course.csv",
            "experiments.sedml",
            "gene-ssa.xml",
            "gene.xml",
            "manifest.xml",
            "metadata.rdf",
        ]
        for name in ("experiments.sedml", "gene-ssa.xml", "gene.xml", "metadata.rdf"):
            pinned(f"{name} in an archive", archive.read(name))
