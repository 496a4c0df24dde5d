"""Screens and studies as TOML files: what reading one refuses, and where the network is."""

from pathlib import Path

import pytest

import simnet as sn
from simnet.experiment.toml_file import key_problems, read_toml


def test_a_network_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('network = "model.xml"\n')
    assert read_toml(path) == {"network": "model.xml"}
    (tmp_path / "model.xml").touch()
    assert read_toml(path) == {"network": str(tmp_path / "model.xml")}


@pytest.mark.parametrize("content", [b"network = ", b"\xff"])
def test_what_is_not_toml_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with pytest.raises(sn.InputError, match=r"plan\.toml: is not TOML"):
        read_toml(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(sn.InputError, match=r"plan\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "plan.toml")


def test_keys_and_the_network() -> None:
    assert not key_problems({"network": "hypoxia", "seed": 1}, ("network", "seed"))
    assert [str(problem) for problem in key_problems({"sed": 1}, ("network", "seed"))] == [
        "sed = ...: unknown; did you mean seed?",
        'network: missing; write network = "hypoxia", or the name of a file',
    ]
