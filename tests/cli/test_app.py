"""Exit codes, and one line per problem."""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simnet.cli import output
from simnet.errors import SimnetWarning, StateError

COMMANDS = ["list", "show", "run", "export", "compile"]


def test_version(cli: Callable[..., Any]) -> None:
    from importlib.metadata import version

    first, *others = cli("--version").out.splitlines()
    assert first == f"simnet {version('simnet-bio')}"
    assert f"libroadrunner {version('libroadrunner')}" in others


def test_without_a_command_it_shows_help(cli: Callable[..., Any]) -> None:
    ran = cli()
    assert ran.code == output.DONE
    assert all(name in ran.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples(cli: Callable[..., Any], name: str) -> None:
    ran = cli(name, "--help")
    assert ran.code == output.DONE
    assert f"simnet {name}" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["run"],
        ["run", "nowhere.xml"],
        ["run", "hypoxia", "--method", "guess"],
        ["run", "hypoxia", "--colour"],
        ["run", "hypoxia", "--replicates", "many"],
        ["run", "hypoxia", "--json", "--csv"],
        ["run", "hypoxia", "--at", "24 h"],
        ["show", "hypoxia", "--change", "O2_percent=1"],
        ["export", "hypoxia", "--to", "no/such/folder/x.xml"],
        ["compile"],
        ["compile", "hypoxia"],
        ["compile", "nowhere:model"],
        ["compile", "--packaged", "hypoxia"],
    ],
    ids=" ".join,
)
def test_users_mistakes_are_one_line_and_code_2(
    cli: Callable[..., Any], arguments: list[str]
) -> None:
    ran = cli(*arguments)
    assert ran.code == output.USERS_MISTAKE
    assert len(ran.err.splitlines()) == len(ran.problems) == 1
    assert not ran.out


def test_every_mistake_has_its_line(cli: Callable[..., Any], model: Path) -> None:
    ran = cli(
        "run", model, "--t-end", "10", "--change", "Y=1", "--change", "X=knockdown 2",
        "--at", "99: made=1", "--points", "1",
    )  # fmt: skip
    assert ran.code == output.USERS_MISTAKE
    assert len(ran.problems) == len(ran.err.splitlines()) == 5


def test_other_endings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(error: BaseException) -> Callable[[], None]:
        def command() -> None:
            raise error

        return command

    monkeypatch.delenv(output.TRACEBACK, raising=False)
    assert output.finish(raises(StateError("X is -1"))) == output.OUR_FAULT
    assert capsys.readouterr().err == "error: X is -1\n"
    assert output.finish(raises(ZeroDivisionError("oh"))) == output.OUR_FAULT
    told = capsys.readouterr().err
    assert told.startswith("error: ZeroDivisionError: oh\n")
    assert output.TRACEBACK in told
    assert "Traceback" not in told
    monkeypatch.setenv(output.TRACEBACK, "1")
    assert output.finish(raises(ZeroDivisionError("oh"))) == output.OUR_FAULT
    assert "Traceback" in capsys.readouterr().err
    assert output.finish(raises(KeyboardInterrupt())) == output.INTERRUPTED
    assert output.finish(lambda: None) == output.DONE
    assert output.finish(lambda: output.CHECK_FAILED) == 3


def test_our_warnings_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        warnings.warn("something\n  odd", SimnetWarning, stacklevel=1)

    assert output.finish(command) == output.DONE
    assert capsys.readouterr().err == "warning: something odd\n"


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m simnet.cli.app show hypoxia --json | head -n 1"
    ran = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert ran.stdout == "{\n"
    assert ran.stderr == ""


def test_no_letter_ends_a_command() -> None:
    """Tables hold dashes, arrows and Greek letters, which are not in every terminal's alphabet."""
    finished = subprocess.run(
        [sys.executable, "-m", "simnet.cli.app", "show", "hypoxia"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert b"?" in finished.stdout
    assert not finished.stderr
