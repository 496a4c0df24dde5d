"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before anyone imports matplotlib, here or in a worker process: no window.
os.environ.setdefault("MPLBACKEND", "Agg")

# A slow machine is no failure; in CI the same examples every time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parents[1]
