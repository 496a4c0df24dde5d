"""Exit codes, and how each kind of ending is reported: one line per problem on stderr."""

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from typer import Exit
from typer.exceptions import Abort, TyperException

from simnet.errors import InputError, Problem, SimnetError, SimnetWarning

DONE = 0
OUR_FAULT = 1
USERS_MISTAKE = 2
CHECK_FAILED = 3
INTERRUPTED = 130

TRACEBACK = "SIMNET_TRACEBACK"
"""Environment variable: where it is set and not empty, errors come with their traceback."""


def finish(command: Callable[[], object]) -> int:
    """Run a command and return its exit code, with its warnings and errors reported on stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SimnetWarning)
        warnings.showwarning = _show_warning
        try:
            code = command()
            sys.stdout.flush()
            return code if isinstance(code, int) else DONE
        except KeyboardInterrupt:
            complain("interrupted")
            return INTERRUPTED
        except BrokenPipeError:  # `simnet show hypoxia | head` has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        except Exception as error:  # noqa: BLE001 - every ending has its code
            if os.environ.get(TRACEBACK):
                traceback.print_exc()
            return _reported(error)


def _reported(error: Exception) -> int:
    match error:
        case InputError():
            for problem in error.problems:
                complain(f"error: {problem}")
            return USERS_MISTAKE
        case SimnetError():
            complain(f"error: {error}")
            return OUR_FAULT
        case TyperException():
            command = getattr(getattr(error, "ctx", None), "command_path", "")
            hint = f" ({command} --help shows what it takes)" if command else ""
            complain(f"error: {error.format_message().rstrip('.')}{hint}")
            return error.exit_code
        case Abort():
            complain("interrupted")
            return INTERRUPTED
    complain(f"error: {type(error).__name__}: {error}")
    if not os.environ.get(TRACEBACK):
        complain(
            f"this is a bug in simnet; please report it with the traceback ({TRACEBACK}=1 shows it)"
        )
    return OUR_FAULT


def interrupted(result: str) -> Exit:
    """The exit after Ctrl-C, with what became of the finished simulations."""
    complain(f"interrupted; {result}")
    return Exit(INTERRUPTED)


def complain(text: str) -> None:
    """One line on stderr."""
    print(" ".join(text.split()), file=sys.stderr, flush=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What keeps a file from being written is the user's to mend."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise InputError(Problem(what=str(path), why=why)) from error


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if issubclass(category, SimnetWarning):
        complain(f"warning: {message}")
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        (file or sys.stderr).write(text)
