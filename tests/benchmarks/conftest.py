"""The modules of benchmarks/, which is no package."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def module(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """(name): a module of benchmarks/, imported as its own scripts do."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    return importlib.import_module
