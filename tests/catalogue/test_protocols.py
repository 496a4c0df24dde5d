"""protocols.toml: how it is read, and that all its mistakes are told at once."""

from pathlib import Path

import pytest

import simnet as sn
from simnet.catalogue.protocols import Mechanism, Protocol, Stage, read_protocols


def written(folder: Path, text: str) -> Path:
    (folder / "protocols.toml").write_text(text)
    return folder


def test_a_protocol_and_a_mechanism(tmp_path: Path) -> None:
    found = read_protocols(
        written(
            tmp_path,
            """
            [protocols.p]
            meaning = "one hour"
            background = ["h=1"]
            rest = "2 h"
            run_in = [{ length = "1 h", changes = ["X=knockout"] }, { length = "5 min" }]
            changes = ["k=2"]
            schedule = ["30 min: k=1"]
            t_end = "1 h"
            every = "1 min"
            genotypes_first = true
            methods = ["ode"]

            [mechanisms.m]
            meaning = "no loss"
            zero = ["g"]
            equal = { k = "h" }
            """,
        )
    )
    assert found.protocols["p"] == Protocol(
        name="p",
        meaning="one hour",
        background=("h=1",),
        rest="2 h",
        run_in=(Stage(length="1 h", changes=("X=knockout",)), Stage(length="5 min")),
        changes=("k=2",),
        schedule=("30 min: k=1",),
        t_end="1 h",
        every="1 min",
        genotypes_first=True,
        methods=("ode",),
    )
    mechanism = Mechanism(name="m", meaning="no loss", zero=("g",), equal={"k": "h"})
    assert found.mechanisms["m"] == mechanism
    assert mechanism.text == "g = 0, k = h"


def test_what_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(sn.ModelError, match="is missing"):
        read_protocols(tmp_path)
    with pytest.raises(sn.ModelError, match=r"protocols\.toml: "):
        read_protocols(written(tmp_path, "[protocols"))


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = """
        version = 1
        [protocols.a]
        meaning = "no times"
        methods = ["sda"]
        [protocols.b]
        meaning = "unknown key"
        t_end = "1 h"
        every = 60
        chnages = []
        [protocols.c]
        meaning = "a stage"
        t_end = "1 h"
        every = "1 min"
        run_in = [{ changes = ["k=1"] }, { length = "1 h", changes = [3] }]
        [mechanisms.m]
        meaning = "nothing"
    """
    with pytest.raises(sn.ModelError) as caught:
        read_protocols(written(tmp_path, text))
    texts = [str(problem) for problem in caught.value.problems]
    expected = [
        "version: is unknown; known: protocols, mechanisms",
        "protocols.a.t_end: is missing",
        "protocols.a.every: is missing",
        "protocols.a.methods[0]: 'sda' is not 'ode' or 'ssa'; did you mean ssa?",
        "protocols.b.every: 60 is not a text",
        "protocols.b.chnages: is unknown; did you mean changes?",
        "protocols.c.run_in[0].length: is missing",
        "protocols.c.run_in[1].changes[0]: 3 is not a text",
        "mechanisms.m: takes nothing out",
    ]
    for text, begin in zip(texts, expected, strict=True):
        assert text.startswith(f"protocols.toml: {begin}")
