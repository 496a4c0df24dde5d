"""Help: a summary, panels, and examples that are commands."""

import shlex
from collections.abc import Callable
from typing import Any

import pytest
import typer.main

from simnet.cli.app import app

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = cli(name, "--help").out
    assert max(map(len, shown.splitlines())) <= 80
    assert "─ Options ─" not in shown  # each option has a panel of its own kind
    assert shown.count("╭─ Help") == 1
    assert shown.rindex("╭─ Help") == shown.rindex("╭─")
    examples = shown.partition("Examples")[2]
    assert "╭" not in examples
    summary = COMMANDS[name].help.split("\n\n")[0]
    assert len(summary) <= 80
    lines = [line.strip() for line in examples.strip().splitlines()]
    assert lines
    options = {o for command in COMMANDS.values() for p in command.params for o in p.opts}
    for line in lines:
        program, command, *arguments = shlex.split(line)
        assert program == "simnet"
        assert command in COMMANDS
        assert {a for a in arguments if a.startswith("--")} <= options


def test_root(cli: Callable[..., Any]) -> None:
    shown = cli("--help").out
    assert all(name in shown for name in COMMANDS)
    assert cli().out == shown
