"""What the figures were measured on."""

import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def processor() -> str:
    """Its name and the widest vectors it has, as far as the system tells."""
    name, flags = platform.processor() or platform.machine(), ""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            if key.strip() in ("flags", "Features"):
                flags = value
    known = {"avx512f": "AVX-512", "avx2": "AVX2", "sve": "SVE", "asimd": "NEON"}
    isa = next((shown for flag, shown in known.items() if flag in flags.split()), "vectors unknown")
    return f"{name} ({isa}), {os.cpu_count()} processors"


def instructions() -> str:
    """The instruction set that the compiled kernels chose when they were loaded."""
    try:
        from simnet.engines._kernel import _ssa
    except ImportError:
        return "nothing: they were not built"
    return {"avx512f": "AVX-512", "avx2": "AVX2"}.get(_ssa.instructions(), "plain C")


def load() -> str:
    """How busy it is."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def versions(distributions: Iterable[str]) -> str:
    """Of packages, or that they are missing."""
    parts = [f"Python {platform.python_version()}"]
    for name in distributions:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} (missing)")
    return ", ".join(parts)
