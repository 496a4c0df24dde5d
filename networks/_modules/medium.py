"""Metabolites: pools counted in quanta, in cells or in the medium, and what flows between them.

A pool of a medium that is held (a large flask) is a concentration and nothing else. All flows of
counted pools are slowed by one factor, `metabolic_speed`: resting states stay, transients last
longer. A cell stands for `mass` times itself: its pools have `mass` times its volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .builder import CELL, Builder

SPEED = "metabolic_speed"
HELD = ("glucose", "lactate", "glutamine")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """`concentration` in mM; `pattern` and `items` (copies at 1 mM in its volume) are None where
    the concentration is held. It is counted in quanta of `quantum`."""

    concentration: Any
    quantum: str
    pattern: Any = None
    items: Any = None


@dataclass(frozen=True, kw_only=True)
class Medium:
    """What surrounds a cell, but for oxygen."""

    glucose: Pool
    lactate: Pool
    glutamine: Pool


def add_flask(b: Builder) -> Medium:
    """Return a medium whose concentrations are held: the inputs `<metabolite>_mM`."""
    names = {name: name.capitalize() for name in HELD}
    pools = {
        name: Pool(concentration=b.parameter(f"{name}_mM"), quantum=quantum)
        for name, quantum in names.items()
    }
    return Medium(**pools)


def metabolite(b: Builder, name: str) -> Any:
    """Return the monomer of a metabolite that is in cells and in the medium."""
    if not b.has_molecule(name):
        b.monomer(name, ["place"], {"place": ["cell", "medium"]})
    return b.molecule(name)


def add_pool(
    b: Builder, name: str, pattern: Any, *, quantum: str, volume: str = CELL, mass: Any = 1
) -> Pool:
    """Return a counted pool with its readout `<name>_mM`; it starts with the row `<name>_initial`."""
    items = b.parameter("N_A_mmol") * b.parameter(volume) * mass
    b.initial(pattern, b.in_tokens(f"{name}_initial", quantum))
    counted = b.observable(f"{name}_quanta", pattern)
    value = b.expression(f"{name}_mM", counted * b.copies_per_token(quantum) / items)
    return Pool(concentration=value, quantum=quantum, pattern=pattern, items=items)


def add_flow(
    b: Builder, name: str, source: Pool | None, target: Pool | None, flux: Any, *, mass: Any = 1
) -> None:
    """Add a flow of `flux` copies per second and cell between two pools, one of them counted.

    With a source, `flux` is a coefficient in copies per second and mM of the source; a source that
    is held, or none, makes quanta out of nothing.
    """
    speed = b.parameter(SPEED)
    if source is not None and source.pattern is not None:
        left, rate = source.pattern, speed * mass * flux / source.items
    else:
        assert target is not None, f"{name}: nothing is counted"
        amount = flux * source.concentration if source is not None else flux
        left, rate = None, speed * mass * amount / b.copies_per_token(target.quantum)
    right = target.pattern if target is not None else None
    b.rule(name, left >> right, b.expression(f"{name}_rate", rate))
