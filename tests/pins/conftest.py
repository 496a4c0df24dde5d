"""Bits that must stay: seeds, arrays, digests of networks and bytes of SBML that users rely on.

A pin is a digest in pins.json of what is the same on every processor and system. It is no truth, and
other tests say whether a number is right; but a change that breaks one breaks every stored result of
every user, so it needs a line in the changelog and a reason as good as that.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.network.expression import Call, Number, RateLaw, Symbol
from simnet.network.network import (
    Compartment,
    Drug,
    Gene,
    Input,
    Network,
    Parameter,
    Reaction,
    Readout,
    Species,
)

PINS = Path(__file__).with_name("pins.json")


def _digest(value: Any) -> str:
    """SHA-256 of text, bytes, or every bit of an array."""
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        value = np.ascontiguousarray(value, dtype="<f8").tobytes()
    return hashlib.sha256(value).hexdigest()


@pytest.fixture(scope="session")
def pinned() -> Callable[[str, Any], None]:
    """(name, value): the value has the digest of that name in pins.json."""
    pins = json.loads(PINS.read_text(encoding="utf-8"))

    def compare(name: str, value: Any) -> None:
        assert {name: _digest(value)} == {name: pins.get(name)}

    return compare


@pytest.fixture(scope="session")
def stored(repository: Path) -> Path:
    """Results that earlier versions stored."""
    return repository / "tests" / "data" / "stored"


@pytest.fixture(scope="session")
def gene() -> Network:
    """A gene whose messenger makes a protein, which pairs; a drug removes the pairs, and oxygen
    slows the protein's loss. Its laws use nothing but + - * /."""
    laws: dict[str, tuple[str, str, Any, str]] = {
        "transcribe": ("", "M", Symbol("k_transcribe"), ""),
        "lose_M": ("M", "", Symbol("k_lose_M"), "M"),
        "translate": ("M", "M P", Symbol("k_translate"), "M"),
        "lose_P": (
            "P",
            "",
            Call(
                "divide",
                (
                    Symbol("k_lose_P"),
                    Call("plus", (Number(1.0), Call("divide", (Symbol("oxygen"), Symbol("half"))))),
                ),
            ),
            "P",
        ),
        "pair": ("P P", "D", Symbol("k_pair"), "P P"),
        "part": ("D", "P P", Symbol("k_part"), "D"),
        "remove": ("D", "", Call("times", (Symbol("k_drug"), Symbol("drug_nM"))), "D"),
    }

    def side(text: str) -> tuple[tuple[str, int], ...]:
        return tuple((s, text.split().count(s)) for s in dict.fromkeys(text.split()))

    values = {
        "k_transcribe": 0.5,
        "k_lose_M": 0.1,
        "k_translate": 0.4,
        "k_lose_P": 0.2,
        "half": 5.0,
        "oxygen": 10.0,
        "k_pair": 0.01,
        "k_part": 0.1,
        "k_drug": 0.02,
        "drug_nM": 0.0,
    }
    varied = ("k_transcribe", "k_translate", "k_pair")
    return Network(
        id="gene",
        compartments=(Compartment(id="cell", size=1.0),),
        species=tuple(
            Species(id=s, name=f"{s}()", compartment="cell", initial=n, molecules=(s,))
            for s, n in {"M": 2.0, "P": 10.0, "D": 1.0}.items()
        ),
        parameters=tuple(
            Parameter(id=p, value=v, lower=v / 2, upper=v * 2, scale="log")
            if p in varied
            else Parameter(id=p, value=v)
            for p, v in values.items()
        ),
        assignments=(),
        reactions=tuple(
            Reaction(
                id=name,
                reactants=side(left),
                products=side(right),
                law=RateLaw(rate=rate, orders=side(orders)),
            )
            for name, (left, right, rate, orders) in laws.items()
        ),
        readouts=tuple(Readout(name=s, symbol=s, unit="item") for s in "MPD"),
        inputs=(Input(name="O2", parameter="oxygen", baseline=10.0),),
        genes=(Gene(name="PROT", symbol="PROT", parameters=("k_transcribe",)),),
        drugs=(Drug(name="drug", parameter="drug_nM", target="D", affinity=1.0, unit="nM"),),
    )


@pytest.fixture(scope="session")
def conditions() -> dict[str, sn.Condition]:
    """A condition with each type of change, of schedule and of variability, and with all at once."""
    changes: dict[str, Any] = {
        "Set": sn.Set("O2", 1.0),
        "Scale": sn.Scale("k_pair", 2.0),
        "Add": sn.Add("P", 20),
        "Knockdown": sn.Knockdown("PROT", 0.9),
        "Knockout": sn.Knockout("PROT"),
        "Overexpress": sn.Overexpress("PROT", 3.0),
        "Dose": sn.Dose("drug", nM=10.0),
        "Washout": sn.Washout("drug"),
        "Clamp": sn.Clamp("P", 7),
    }
    schedules: dict[str, Any] = {
        "At": sn.At("10 s", sn.Set("O2", 20.0), sn.Add("P", 5)),
        "Pulse": sn.Pulse("5 s", "0.1 min", sn.Set("k_pair", 0.05)),
        "Repeat": sn.Repeat(2, "4 s", 3, sn.Add("M", 1)),
    }
    spreads: dict[str, Any] = {
        "LogNormal": sn.LogNormal(cv=0.3),
        "Normal": sn.Normal(cv=0.2),
        "Uniform": sn.Uniform(fold=4.0),
    }
    varied = dict(zip(("k_translate", "P", "k_lose_P"), spreads.values(), strict=True))
    return {
        "control": sn.Condition(),
        **{name: sn.Condition(changes=(change,)) for name, change in changes.items()},
        **{name: sn.Condition(schedule=(entry,)) for name, entry in schedules.items()},
        **{
            name: sn.Condition(variability={"k_translate": spread})
            for name, spread in spreads.items()
        },
        "background": sn.Condition(background=(changes["Knockdown"],), label="a genotype"),
        "equilibrate": sn.Condition(equilibrate="0.5 min"),
        "pairs of cells": sn.Condition(variability=varied, replicates_per_cell=2),
        "all": sn.Condition(
            background=(changes["Overexpress"],),
            changes=(changes["Set"], changes["Dose"], changes["Add"]),
            schedule=tuple(schedules.values()),
            equilibrate="20 s",
            variability=varied,
        ),
    }
