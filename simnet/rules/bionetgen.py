"""Running BioNetGen: a model in its language in, the text of the .net file out."""

import copy
import math
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simnet.errors import MissingToolError, ModelError, Problem

Line = tuple[str, int | None]
"""A line for BioNetGen, and the number of the line of the user's file that it is."""


def unrolled(model: Sequence[Line], name: str, *, limits: str = "", longest: float | None) -> str:
    """The .net file that BioNetGen makes of a model, in a folder of its own.

    Args:
        model: its lines, without any action.
        name: of the model, for errors.
        limits: arguments of `generate_network`.
        longest: seconds that it may take; None for any time.

    Raises:
        MissingToolError: no perl, or no BioNetGen.
        ModelError: BioNetGen refuses the model, or takes longer.
    """
    program = bionetgen_program()
    lines = [*model, (f"generate_network({{overwrite=>1{limits}}})", None)]
    with tempfile.TemporaryDirectory(prefix="simnet-") as folder:
        text = "".join(f"{line}\n" for line, _ in lines)
        (Path(folder) / "model.bngl").write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                ["perl", program, "model.bngl"],
                cwd=folder,
                capture_output=True,
                encoding="utf-8",
                timeout=longest,
                check=False,
            )
        except subprocess.TimeoutExpired:
            why = f"expanding its rules takes longer than {longest:g} s"
            way_out = "limit them: generate_network({max_stoich=>{A=>4}})"
            raise ModelError(Problem(what=name, why=why, way_out=way_out)) from None
        net = Path(folder) / "model.net"
        if done.returncode != 0 or not net.is_file():
            raise ModelError(_complaint(done.stdout, done.stderr, lines, name))
        return net.read_text(encoding="utf-8")


def _complaint(output: str, errors: str, lines: Sequence[Line], name: str) -> Problem:
    """BioNetGen's message, with the line of the user's file. Its ERROR, if there is one, is more
    informative than the ABORT that follows."""
    found = re.search(r"ERROR:(.*?)(?=\nERROR:|\nWARNING:|\Z)", output, re.S)
    message = " ".join((found[1] if found else errors or output[-600:]).split())[:600]
    message = message.removeprefix("ABORT: ")
    place = re.search(r"\s*\bat line (\d+)\.?$", message)
    line, number = lines[int(place[1]) - 1] if place and int(place[1]) <= len(lines) else ("", None)
    if place is None or number is None:
        return Problem(what=name, why=f"BioNetGen: {message}")
    what = f"{name}, line {number}: {line[:60]}"
    return Problem(what=what, why=f"BioNetGen: {message[: place.start()]}")


def bionetgen_program() -> str:
    """Path of BNG2.pl: in the folder that the environment variable BNGPATH names, or bionetgen's.

    Raises:
        MissingToolError: no perl, or no BioNetGen.
    """
    way_out = "packaged networks need none: load them by name; nor do SBML and .net files"
    if shutil.which("perl") is None:
        why = "not found, and BioNetGen needs it to compile rules"
        raise MissingToolError(Problem(what="perl", why=why, way_out=f"install perl ({way_out})"))
    folder = os.environ.get("BNGPATH")
    if not folder:
        import bionetgen

        system = {"Linux": "bng-linux", "Darwin": "bng-mac", "Windows": "bng-win"}
        folder = str(Path(bionetgen.__file__).parent / system[platform.system()])
    program = Path(folder) / "BNG2.pl"
    if not program.is_file():
        why, way_out = f"no BNG2.pl in {folder}", f"pip install bionetgen ({way_out})"
        raise MissingToolError(Problem(what="BioNetGen", why=why, way_out=way_out))
    return str(program)


def bngl_text(model: Any) -> str:
    """A PySB model as BioNetGen reads it: its whole content, for digests."""
    from pysb.generator.bng import BngGenerator

    return str(BngGenerator(model).get_content())


def unrolled_model(model: Any) -> tuple[Any, str]:
    """A copy of a PySB model with species and derived expressions filled in, and its .net file. The
    user's model is left as it is.

    Raises:
        MissingToolError: no perl, or no BioNetGen.
        ModelError: BioNetGen refuses the model.
    """
    from pysb.bng import load_equations

    own = _copied(model)
    own.reset_equations()
    lines: list[Line] = [(line, None) for line in bngl_text(own).splitlines()]
    net = unrolled(lines, f"model {model.name}", longest=None)
    with tempfile.TemporaryDirectory(prefix="simnet-") as folder:
        file = Path(folder) / "model.net"
        # PySB makes patterns of the species; the reactions are read by us, who are much faster
        file.write_text(net.partition("begin reactions")[0], encoding="utf-8")
        load_equations(own, str(file))
    return own, net


def _copied(model: Any) -> Any:
    """A deep copy that PySB can still print: it knows `time` by identity, and writes pi and e by
    names that BioNetGen does not have."""
    from pysb.core import time
    from sympy import E, Float, pi

    own = copy.deepcopy(model, {id(time): time})
    for expression in own.expressions:
        expression.expr = expression.expr.xreplace({pi: Float(math.pi), E: Float(math.e)})
    return own
