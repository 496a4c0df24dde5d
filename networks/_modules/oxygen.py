"""Oxygen as a clamped input: it turns over in seconds, so it is algebra and never counted."""

from __future__ import annotations

from typing import Any

from .builder import Builder


def add_clamped_oxygen(b: Builder) -> Any:
    """Add `O2` (uM) from the input `O2_percent`; every other module reads only `O2`."""
    return b.expression("O2", b.parameter("O2_percent") * b.parameter("O2_per_percent"))


def add_saturation(b: Builder, enzyme: str, oxygen: Any) -> Any:
    """Add the share of an enzyme that holds oxygen, by Michaelis and Menten (no unit)."""
    affinity = b.parameter(f"{enzyme}_Km_O2")
    return b.expression(f"{enzyme}_O2_saturation", oxygen / (affinity + oxygen))
