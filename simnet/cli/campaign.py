"""What `screen` and `sensitivity` have in common: a folder that keeps what is done, and its parts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from simnet.cli.experiment import loaded
from simnet.errors import InputError, Problem
from simnet.network.network import Network


def shard_of(text: str | None, out: Path | None) -> tuple[int, int] | None:
    """Which of how many parts: "1/4" is the first of four.

    Raises:
        InputError: not I/N, or no folder that keeps it.
    """
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal()):
        way_out = "write 1/4 for the first of four parts"
        raise InputError(Problem(what=f"--shard {text}", why="not I/N", way_out=way_out))
    if out is None:
        raise InputError(
            Problem(what="--shard", why="needs a folder for the results", way_out="give --out DIR")
        )
    return int(number), int(of)


def print_example(
    command: str, network: str | None, example: Callable[[Network, str], str], **reading: Any
) -> None:
    """What `simnet COMMAND init NETWORK` prints: an example file for a network.

    Raises:
        InputError: no network is given.
    """
    if network is None:
        way_out = f"for example simnet {command} init hypoxia > my.toml"
        raise InputError(Problem(what="init", why="the network is missing", way_out=way_out))
    print(example(loaded(network, **reading), network), end="")


def where_finished(out: Path | None) -> str:
    """Where an interrupted campaign has its finished simulations."""
    if out is None:
        return "nothing was saved, since there is no --out"
    return f"{out} holds the finished simulations; the same command resumes there"
