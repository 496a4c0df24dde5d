"""Ids stay: scripts of users name them. tests/data/ids/NAME.txt lists the ids of a packaged network;
new ones may come, and none may go. To add a network, or new ids of one:

    python -c "import simnet as sn; n = sn.load('NAME'); print(*sorted({*n.ids(), *(r.id for r in n.reactions)}), sep='\\n')" > tests/data/ids/NAME.txt

A line that goes from a list is a change that breaks users' scripts, and is said in the changelog.
"""

from pathlib import Path

import pytest

import simnet as sn
from simnet.rules.net import wanted_id

LISTS = sorted((Path(__file__).resolve().parents[1] / "data" / "ids").glob("*.txt"))


def test_there_is_a_list() -> None:
    assert "hypoxia" in [path.stem for path in LISTS]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_no_id_is_lost(path: Path) -> None:
    network = sn.load(path.stem)
    wanted = path.read_text(encoding="utf-8").split()
    assert len(wanted) > 100
    known = {*network.ids(), *(r.id for r in network.reactions)}
    assert not [name for name in wanted if name not in known]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("A()", "A"),
        ("A", "A"),
        ("A(b,s~u)", "A_s_u"),
        ("A(b!1,s~P).B(a!1)", "A_s_P__B"),
        ("B(a!1).A(b!1,s~P)", "A_s_P__B"),
        ("A(a!1).A(a!1)", "A_x2"),
        ("A(a!1,s~u).A(a!1,s~p)", "A_s_p__A_s_u"),
        ("@c::A(b)", "A_in_c"),
        ("@c::$A(s~u)", "A_s_u_in_c"),
        ("@PM::L(r!1)@EC.R(l!1)", "L__R_in_EC_PM"),
    ],
)
def test_the_scheme_for_rule_based_files(pattern: str, wanted: str) -> None:
    """As with PySB's patterns (simnet/rules/compile.py)."""
    assert wanted_id(pattern) == wanted
