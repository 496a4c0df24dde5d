"""Energy charge as a slow state, and respiration.

Adenylate is counted in some 200 units that are charged or not. The uncharged share drives
glycolysis and respiration, which charge it: supply follows demand, and lack of oxygen speeds
glycolysis up (Pasteur).
"""

from __future__ import annotations

from typing import Any

from .builder import Builder

SIZE = "Adenylate"


def add_adenylate(b: Builder) -> None:
    """Add the units; readouts `energy` (charged share) and `energy_deficit` (the rest)."""
    adenylate = b.monomer(SIZE, ["charge"], {"charge": ["low", "high"]})
    states = {}
    for state, name in (("low", "uncharged"), ("high", "charged")):
        b.initial(adenylate(charge=state), b.in_tokens(f"Adenylate_{name}_initial", SIZE))
        states[state] = b.observable(f"Adenylate_{name}_units", adenylate(charge=state))
    total = states["low"] + states["high"]
    b.expression("energy", states["high"] / total)
    b.expression("energy_deficit", states["low"] / total)


def add_oxidase(b: Builder) -> Any:
    """Add cytochrome oxidase, which holds oxygen or not; return the share that does."""
    oxidase = b.monomer("Oxidase", ["oxygen"], {"oxygen": ["free", "held"]})
    b.initial(oxidase(oxygen="held"), b.in_tokens("Oxidase_initial", "Oxidase"))
    free = b.observable("Oxidase_free_tokens", oxidase(oxygen="free"))
    held = b.observable("Oxidase_held_tokens", oxidase(oxygen="held"))
    b.expression("Oxidase_free_share", free / (free + held))
    return b.expression("Oxidase_share", held / (free + held))


def add_oxygen_binding(b: Builder, oxygen: Any) -> None:
    """Add the exchange of oxygen, slowed at fixed affinity: the share that holds it follows oxygen
    within minutes."""
    oxidase, exchange = b.molecule("Oxidase"), b.parameter("Oxidase_exchange")
    binding = b.expression("Oxidase_binding", exchange * oxygen / b.parameter("Oxidase_Km_O2"))
    b.rule("bind_oxygen", oxidase(oxygen="free") | oxidase(oxygen="held"), binding, exchange)


def add_charging(b: Builder, glycolysis: Any, respiration: Any) -> None:
    """Add charging by glycolysis and respiration (glucose and O2 per second and uncharged share)
    and discharging by the cell's work."""
    adenylate, turnover = b.molecule(SIZE), b.parameter("Adenylate_turnover")
    supply = b.parameter("ATP_per_glucose") * glycolysis + b.parameter("ATP_per_O2") * respiration
    b.expression("ATP_supply", supply * b.readout("energy_deficit"))
    rate = b.expression("charging", turnover * supply / b.parameter("ATP_demand"))
    low, high = adenylate(charge="low"), adenylate(charge="high")
    b.rule("charge_Adenylate", low >> high, rate)
    b.rule("discharge_Adenylate", high >> low, turnover)
