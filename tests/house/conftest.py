"""The limits that the house is held to."""

import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def limits() -> dict[str, Any]:
    """limits.toml."""
    return tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))
