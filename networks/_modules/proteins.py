"""Proteins without regulated expression: made at a constant rate, lost with one half-life."""

from __future__ import annotations

from typing import Any

from .builder import Builder


def add_constitutive(b: Builder, name: str, *, scaled: str, sites: tuple[str, ...] = ()) -> Any:
    """Add a protein that is counted in tokens of `scaled`, and its readout `<name>_copies`.

    It turns over, so that a knock-down of `<name>_synthesis` has a meaning. A protein that is
    lost frees its partner.
    """
    monomer = b.monomer(name, sites)
    free = monomer(**dict.fromkeys(sites))
    b.initial(free, b.in_tokens(f"{name}_initial", scaled))
    b.rule(f"synthesise_{name}", None >> free, b.in_tokens(f"{name}_synthesis", scaled))
    b.rule(
        f"degrade_{name}",
        monomer() >> None,
        b.parameter(f"{name}_degradation"),
        delete_molecules=True,
    )
    b.copies(name, monomer(), scaled)
    return monomer
