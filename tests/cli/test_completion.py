"""What bash is told after TAB; where it is told nothing, it completes the names of files."""

from collections.abc import Callable

import pytest
from typer.completion import get_completion_script

import simnet as sn
from simnet.cli.app import main

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """What completes the last of some words."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_SIMNET_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["simnet", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        with pytest.raises(SystemExit):
            main([])
        return capsys.readouterr().out.split()

    return ask


@pytest.mark.parametrize("command", ["show", "run", "export", "verify", "claims", "diff"])
def test_networks(complete: Complete, command: str) -> None:
    assert complete(command, "") == list(sn.packaged_names())
    assert complete(command, "hyp") == ["hypoxia"]
    assert complete(command, "./my_model.x") == []


def test_networks_or_what_a_command_takes_besides(complete: Complete) -> None:
    assert complete("sensitivity", "") == [*sn.packaged_names(), "init"]
    assert complete("sensitivity", "init", "hyp") == ["hypoxia"]
    assert complete("screen", "") == ["init"]
    assert complete("screen", "init", "hyp") == ["hypoxia"]
    assert complete("compile", "--packaged", "") == [*sn.packaged_names(), "all"]


def test_files_where_nothing_is_told() -> None:
    script = get_completion_script(
        prog_name="simnet", complete_var="_SIMNET_COMPLETE", shell="bash"
    )
    assert "complete -o default" in script
