"""The page of all public names, made from the door."""

import importlib
import inspect
from collections.abc import Iterable

import simnet as sn

SECTIONS = {
    "rules": "Loading networks",
    "network": "Networks",
    "experiment": "Changes, schedules and differences between cells",
    "execute": "Simulating",
    "results": "Results",
    "stats": "Statistics",
    "readouts": "Readout expressions",
    "plot": "Figures",
    "screen": "Screens",
    "sensitivity": "Sensitivity",
    "claims": "Claims",
    "sbml": "Export",
    "report": "Reports",
    "verify": "Verification",
    "errors": "Errors and warnings",
}


def public() -> dict[str, list[str]]:
    """Public names by the folder of simnet that defines them."""
    found: dict[str, list[str]] = {folder: [] for folder in SECTIONS}
    for name in sorted(vars(sn), key=str.casefold):
        thing = getattr(sn, name)
        if name.startswith("_") or inspect.ismodule(thing):
            continue
        folder = thing.__module__.split(".")[1]
        found.setdefault(folder, []).append(name)
    return {folder: names for folder, names in found.items() if names}


def page() -> str:
    """The page, as Markdown for mkdocstrings."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterable[str]:
    yield "# API reference"
    yield (
        "Every public name is a name of `simnet`; `import simnet as sn` is all that is needed. "
        "Shapes are written with the axes C (conditions), N (replicates), T (output times), "
        "R (readouts)."
    )
    for folder, names in public().items():
        yield f"## {SECTIONS.get(folder, folder.capitalize())}"
        for name in names:
            thing = getattr(sn, name)
            importlib.import_module(thing.__module__)
            yield f"::: {thing.__module__}.{thing.__qualname__}"
