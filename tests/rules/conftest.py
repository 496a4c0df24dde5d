"""What the tests of compiling share."""

import importlib
import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    before = os.environ.get("SIMNET_CACHE")
    os.environ["SIMNET_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["SIMNET_CACHE"]
    else:
        os.environ["SIMNET_CACHE"] = before


@pytest.fixture(scope="session")
def perl() -> None:
    """BioNetGen needs perl. In CI its absence is a failure, elsewhere a reason to skip."""
    if shutil.which("perl") is None:
        reason = "perl is not installed, and BioNetGen needs it to compile rules"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def draft(perl: None) -> Any:
    """A new PySB model to add components to; see pysb_draft.py."""
    spec = importlib.util.spec_from_file_location(
        "pysb_draft", Path(__file__).with_name("pysb_draft.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Draft


@pytest.fixture(scope="session")
def example(perl: None) -> Any:
    """The model of pysb.examples of that name."""

    def load(name: str) -> Any:
        from pysb.core import SelfExporter

        before, SelfExporter.do_export = SelfExporter.do_export, True
        try:
            return importlib.import_module(f"pysb.examples.{name}").model
        finally:
            SelfExporter.do_export = before

    return load
