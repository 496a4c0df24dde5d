"""Files are written aside and moved into place."""

from pathlib import Path

import pytest

from simnet.results.parts import ASIDE, aside, into_place


def test_what_was_there_stays_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with aside(path) as beside:
        assert beside.parent == tmp_path
        assert beside.name.startswith(ASIDE)
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there_and_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), aside(path):
        (tmp_path / "absent").read_text()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_nobody_elses(tmp_path: Path) -> None:
    into_place(b"code", tmp_path / "state", 0o600)
    assert (tmp_path / "state").read_bytes() == b"code"
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
