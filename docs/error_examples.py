"""The catalogue of errors: for each class an example that raises it, run when the page is made."""

import contextlib
import io
import os
import tempfile
import textwrap
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import simnet as sn
from simnet import errors


@dataclass(frozen=True, kw_only=True)
class Example:
    """Code that raises an error (or warns), and what to do about the class in general."""

    raises: type[BaseException]
    code: str
    way_out: str


_SMALL = 'net = sn.load("small.ant")\n'
SMALL = """model small
  species X; X = 20; k = 0.1
  R1: X -> ; k*X
end
"""
_SQUARE = """model square
  species X; X = 20; k = 0.1
  R1: 2 X -> ; k*X^2
end
"""

EXAMPLES: tuple[Example, ...] = (
    Example(
        raises=errors.InputError,
        code=_SMALL + 'sn.simulate(net, t_end="2 parsecs", method="ssa", replicates=0)',
        way_out="Mend what the message names. It lists every mistake of the call, and nothing was "
        "simulated. `error.problems` has them as data: `what`, `why` and `way_out`.",
    ),
    Example(
        raises=errors.UnknownNameError,
        code='sn.load("hypoxa")',
        way_out="Take one of the names that the message proposes; `simnet list` and `simnet show "
        "NETWORK` print those that there are.",
    ),
    Example(
        raises=errors.ModelError,
        code='from pathlib import Path\n\nPath("broken.xml").write_text("<sbml")\nsn.load("broken.xml")',
        way_out="The model cannot be read or compiled. The message names the file and the element; "
        "mend it in the tool that wrote it.",
    ),
    Example(
        raises=errors.UnsupportedError,
        code='net = sn.load("square.ant")\nsn.simulate(net, t_end=10, method="ssa")',
        way_out="The model has no exact meaning under the method that was asked for. The message "
        "names the element, the reason and the way out, here to say how the law was meant: "
        '`sn.load("square.ant", kinetics="continuous")`.',
    ),
    Example(
        raises=errors.MissingToolError,
        code='import os\nfrom pysb.examples import robertson\n\nos.environ["PATH"] = ""\n'
        'sn.load("pysb.examples.robertson:model")',
        way_out="Install the program or package that is named; `simnet doctor` says whether all is "
        "there. Packaged networks and SBML files need none.",
    ),
    Example(
        raises=errors.SimulationError,
        code='net = sn.load("explodes.ant")\nsn.simulate(net, t_end=100, method="ssa", seed=1, timeout=0.5)',
        way_out="The run itself went wrong: time ran out, or the integrator gave up. Give it more "
        "time, a shorter `t_end`, or another engine. Where only some replicates fail, the others "
        "are returned with a warning and `.failures`.",
    ),
    Example(
        raises=errors.StateError,
        code="import numpy as np\nfrom simnet.engines.state import require_possible\n\n"
        'require_possible(np.array([[20.0], [19.5]]), ["X"], np.array([0.0, 1.0]), counts=True)',
        way_out="For authors of engines: an engine raises it when it reaches an amount that cannot "
        "be. `simulate` takes it for a failed replicate, and where all failed raises a "
        "SimulationError with the same message. The message names the species, the amount, the "
        "time or what did it.",
    ),
    Example(
        raises=errors.SimnetWarning,
        code='net = sn.load("constant.ant")\nsn.simulate(net, t_end=10, method="ssa", seed=1)',
        way_out="The result is what the message says; `warnings.simplefilter("
        '"error", sn.SimnetWarning)` turns warnings into errors.',
    ),
)
"""One for each class, in the order of the tree."""


def page() -> str:
    """The catalogue, as Markdown."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterable[str]:
    yield "# Errors, and the way out"
    yield (
        "Every error that simnet raises on purpose is one of these; anything else is a defect. The "
        "messages below were made by running the examples when this page was built."
    )
    yield "The examples load these files:"
    for file, text in FILES.items():
        yield f'```text title="{file}"\n{text}```'
    tree = str(errors.__doc__).split("\n\n")[1]
    yield f"```text\n{textwrap.dedent(tree)}\n```"
    yield (
        "On the command line the message goes to stderr. Exit codes: 0 done, 1 our fault or a failed "
        "run, 2 the user's mistake, 3 ran but a check failed, 130 interrupted."
    )
    for example in EXAMPLES:
        yield f"## {example.raises.__name__}"
        yield str(example.raises.__doc__)
        yield f"```python\n{example.code}\n```"
        raised = outcome(example)
        yield f"``` {{ .text .wrap }}\n{type(raised).__name__}: {raised}\n```"
        yield example.way_out
    yield "## Interrupted"
    yield (
        "Ctrl-C in `simulate`. It is a `KeyboardInterrupt`, and `.trajectories` has the replicates "
        "that were finished, or None. Screens and studies keep what is done in their folder, and "
        "the same call goes on from there."
    )


def outcome(example: Example) -> BaseException:
    """What the example raises or warns of; AssertionError if nothing."""
    before, path = Path.cwd(), os.environ["PATH"]
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", sn.SimnetWarning)
        os.chdir(name)
        for file, text in FILES.items():
            Path(file).write_text(text, encoding="utf-8")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(example.code, "<example>", "exec"), {"sn": sn})
        except (sn.SimnetError, sn.SimnetWarning) as error:
            return error
        finally:
            os.chdir(before)
            os.environ["PATH"] = path
    raise AssertionError(f"{example.code} raises nothing")


FILES = {
    "small.ant": SMALL,
    "square.ant": _SQUARE,
    "constant.ant": "model constant\n  species X; X = 20; k = 0.1\n  R1: X -> ; k\nend\n",
    "explodes.ant": "model explodes\n  species X; X = 1000; k = 1\n  R1: X -> 2 X; k*X\nend\n",
}
