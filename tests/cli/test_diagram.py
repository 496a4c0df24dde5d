"""`simnet show NETWORK --diagram`."""

from pathlib import Path

import pytest


def test_a_diagram_is_written(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ran = cli("show", "hypoxia", "--diagram", "h.svg")
    assert ran.code == 0, ran.err
    assert not ran.out
    assert "HIF1A" in (tmp_path / "h.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "why"), [("h.png", "diagrams are SVG files"), ("no/h.svg", "cannot be written")]
)
def test_a_diagram_that_cannot_be(cli, file: str, why: str) -> None:  # type: ignore[no-untyped-def]
    ran = cli("show", "hypoxia", "--diagram", file)
    assert ran.code == 2
    assert why in ran.err
