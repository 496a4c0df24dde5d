"""`simnet export`: what is written, and what no file of its kind takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.execute.exporters import EXPORTERS, Exporter

Cli = Callable[..., Any]

PAIRING = "model m()\n species A = 20; D = 0; k = 0.01; pair: 2 A -> D; k*A^2;\nend\n"
MOLES = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m">
<listOfCompartments><compartment id="c" size="1"/></listOfCompartments><listOfSpecies>
<species id="A" compartment="c" initialConcentration="1e-6"/></listOfSpecies>
<listOfParameters><parameter id="k" value="0.1"/></listOfParameters>
<listOfReactions><reaction id="J" reversible="false">
<listOfReactants><speciesReference species="A"/></listOfReactants>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k</ci><ci>A</ci>
<ci>c</ci></apply></math></kineticLaw></reaction></listOfReactions></model></sbml>"""
BOLUS = "model m()\n substanceOnly species A = 20; t0 = 5; at (time > t0): A = A + 100; loss: A => ; 0.1*A;\nend\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "m.ant"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_laws_of_a_foreign_file_are_written_for_ssa(cli: Cli, file: Callable[[str], Path]) -> None:
    source = file(PAIRING.replace("->", "=>"))
    refused = cli("export", source, "--to", "m-ssa.xml", "--kinetics", "discrete")
    assert refused.code == 2
    assert "--written-in continuous" in refused.err
    given = ("--written-in", "continuous")
    done = cli("export", source, "--to", "m-ssa.xml", "--kinetics", "discrete", *given)
    assert done.code == 0
    assert "discrete laws" in done.out
    archive = cli("export", source, "--to", "m.omex", "--t-end", "10", *given)
    assert archive.code == 0
    assert "no SSA" not in archive.out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--to", "m.xml", "--seed", 7), "--seed: only --to with .omex takes it"),
        (("--to", "m.xml", "--workers", 3), "--workers: only --to with .omex takes it"),
        (
            ("--to", "m.omex", "--kinetics", "discrete"),
            "--kinetics: only --to with .xml or .ant takes",
        ),
        (("--to", "m.bngl"), "--to m.bngl: of no known format"),
    ],
)
def test_options_without_effect_are_refused(
    cli: Cli, file: Callable[[str], Path], options: tuple[object, ...], says: str
) -> None:
    ran = cli("export", file(PAIRING), *options)
    assert ran.code == 2
    assert says in ran.err


def test_a_format_is_a_row_of_the_table(
    cli: Cli, file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer and its row are a format: its endings, its own options, its lines."""

    def matrix(network: sn.Network, path: Path, *, kinetics: str = "continuous") -> list[str]:
        rows = [
            [
                dict(r.products).get(s.id, 0) - dict(r.reactants).get(s.id, 0)
                for s in network.species
            ]
            for r in network.reactions
        ]
        path.write_text("".join(f"{' '.join(map(str, row))}\n" for row in rows), encoding="utf-8")
        return [f"{network.id}, {len(rows)} rows", f"  {kinetics}"]

    row = Exporter(name="stoichiometric matrix", suffixes=(".txt",), write=matrix)
    monkeypatch.setattr("simnet.execute.exporters.EXPORTERS", [*EXPORTERS, row])
    source = file(PAIRING)
    done = cli("export", source, "--to", "m.txt", "--kinetics", "discrete")
    assert (done.code, done.out) == (0, "m.txt: m, 1 rows\n  discrete\n")
    assert Path("m.txt").read_text(encoding="utf-8") == "-2 1\n"
    refused = cli("export", source, "--to", "m.txt", "--seed", 1)
    assert (refused.code, "--seed: only --to with .omex takes it" in refused.err) == (2, True)


def test_amounts_in_moles(cli: Cli, file: Callable[[str], Path]) -> None:
    source = file("").with_suffix(".xml")
    source.write_text(MOLES, encoding="utf-8")
    ran = cli("export", source, "--to", "m-ssa.xml", "--kinetics", "discrete", "--volume", "1 fL")
    assert ran.code == 0, ran.err
    assert sn.load("m-ssa.xml").substance_unit == "item"
    ran = cli("verify", source, "--volume", "1 fL", "--t-end", "1", "--replicates", 20)
    assert "No such option" not in ran.err


def test_events_are_shown(cli: Cli, file: Callable[[str], Path]) -> None:
    source = file(BOLUS)
    assert "when time > t0: A = A + 100" in cli("show", source).out
    assert '"when": "time > t0"' in cli("show", source, "--json").out


def test_a_study_file_takes_options_of_reading(cli: Cli, file: Callable[[str], Path]) -> None:
    file(PAIRING.replace("->", "=>"))
    Path("s.toml").write_text(
        'network = "m.ant"\nreadouts = ["D@1"]\nanalysis = "morris"\nsamples = 4\nfold = 2\n'
        'method = "ssa"\nreplicates = 2\nt_end = 1\nseed = 1\n',
        encoding="utf-8",
    )
    assert "--kinetics continuous" in cli("sensitivity", "s.toml", "--yes").err
    done = cli("sensitivity", "s.toml", "--yes", "--kinetics", "continuous", "--workers", 0)
    assert done.code == 0, done.err


def test_claims_by_ode_have_no_seed(cli: Cli) -> None:
    ran = cli("claims", "hypoxia", "--claim", "H4a", "--seed", 5)
    assert ran.code == 2
    assert "ODE runs are deterministic" in ran.err


def test_claims_that_may_not_be_run_are_left_out(cli: Cli) -> None:
    options = ("--method", "ssa", "--replicates", 20, "--seed", 1, "--claim", "S11f")
    ran = cli("claims", "symbiosis", *options)
    assert ran.code == 0, ran.err
    assert "left out" in ran.out
