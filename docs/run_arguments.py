"""An extension of griffe: verbs of `**run: Unpack[RunArguments]` show every argument of a run.

Griffe reads sources and sees `**run` alone; defaults are taken from the signature that the verb has
when it is imported, types from `RunArguments` and meanings from the docstring of `Run`.
"""

import ast
import inspect
import re
import textwrap
from typing import Any

import griffe

import simnet as sn
from simnet.experiment.run import RunArguments

_FIELDS = re.compile(r"^Attributes:\n(.*?)\n\n(?=\S)", re.DOTALL | re.MULTILINE)
_OWN = re.compile(r"^    run: (.*?)\n(?=    \w|\n|\Z)", re.DOTALL | re.MULTILINE)


class ArgumentsOfRuns(griffe.Extension):
    """Puts the fields of `Run` in the place of `run`, in the signature and in the docstring."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """As griffe calls it, for each function."""
        if "run" not in func.parameters or func.docstring is None:
            return
        if func.parameters["run"].kind is not griffe.ParameterKind.var_keyword:
            return
        del func.parameters["run"]
        shown = inspect.signature(getattr(sn, func.name)).parameters
        for name, annotation in types().items():
            func.parameters.add(
                griffe.Parameter(
                    name,
                    annotation=annotation,
                    kind=griffe.ParameterKind.keyword_only,
                    default=repr(shown[name].default),
                )
            )
        func.docstring.value = described(func.docstring.value)


def types() -> dict[str, str]:
    """The types of the fields, as they are written."""
    (made,) = ast.parse(inspect.getsource(RunArguments)).body
    assert isinstance(made, ast.ClassDef)
    return {
        item.target.id: ast.unparse(item.annotation)
        for item in made.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }


def described(text: str) -> str:
    """A verb's docstring with the fields described: what it says of `run` comes before its `Args`."""
    fields, said = _FIELDS.search(inspect.getdoc(sn.Run) or ""), _OWN.search(text)
    assert fields, "the docstring of Run has Attributes"
    assert said, "the docstring of a verb says what its run is"
    first = textwrap.fill(f"`**run`: {' '.join(said[1].split())}", 100)
    return text.replace(said[0], f"{fields[1]}\n").replace("Args:\n", f"{first}\n\nArgs:\n", 1)
