"""`simnet screen`, `simnet report` and `simnet merge`, as they are typed."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

PLAN = """
network = "{network}"
t_end = 5
method = "ssa"
replicates = 10
seed = 1
combinations = "pairs"
readouts = ["X", "X@5"]
changes = ["made=x0.5", "lost=x2"]
"""


@pytest.fixture
def plan(tmp_path: Path, model: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(network=model))
    return path


def test_from_init_to_the_report(cli: Any, tmp_path: Path) -> None:
    made = cli("screen", "init", "hypoxia")
    assert made.code == 0
    text = made.out.replace('t_end = "24 h"', 't_end = "30 min"').replace("@6h", "@30min")
    text = text.replace('combinations = "pairs"', 'combinations = "singles"')
    text = text.replace('equilibrate = "72 h"', "# ")
    plan = tmp_path / "plan.toml"
    plan.write_text(text)
    told = cli("screen", str(plan), "--plan")
    assert told.code == 0
    assert re.search(r"\d+ conditions, \d+ simulations: about", told.out)
    out = tmp_path / "screen"
    found = cli("screen", str(plan), "--out", str(out), "--workers", "1")
    assert found.code == 0
    assert "single changes first" in found.out
    assert "HIF1A -90%" in found.out
    assert cli("report", str(out)).code == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Screen of hypoxia" in page


def test_shards_merge(cli: Any, plan: Path, tmp_path: Path) -> None:
    parts = [str(tmp_path / name) for name in ("a", "b")]
    for i, part in enumerate(parts, start=1):
        found = cli("screen", str(plan), "--shard", f"{i}/2", "--out", part, "--workers", "0")
        assert found.code == 0
        assert "not complete" in found.out
    merged = cli("merge", tmp_path / "all", *parts)
    assert merged.code == 0, merged.err
    whole = cli("screen", str(plan), "--workers", "0", "--csv")
    again = cli("screen", str(plan), "--workers", "0", "--csv", "--out", str(tmp_path / "all"))
    assert again.out == whole.out


def test_json_has_effects_and_failures(cli: Any, plan: Path) -> None:
    found = cli("screen", str(plan), "--workers", "0", "--json")
    told = json.loads(found.out)
    assert told["complete"] is True
    assert told["failures"] == []
    assert {row["condition"] for row in told["effects"]} == {
        *("made x0.5", "lost x2", "made x0.5 + lost x2"),
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["screen", "init"], "the network is missing"),
        (["screen", "nowhere.toml"], "nowhere.toml"),
        (["screen", "PLAN", "--shard", "5/2", "--out", "x"], "5"),
        (["screen", "PLAN", "--shard", "1/2"], "--out DIR"),
        (["screen", "PLAN", "--workers", "lots"], "tcp://host:8786"),
        (
            ["screen", "PLAN", "--at", "6h", "--dose", "X=1nM"],
            'changes = ["6h: X=1nM"] in the plan',
        ),
        (["screen", "PLAN", "--change", "X=1"], 'changes = ["X=1"] in the plan'),
        (["report", "nowhere"], "nowhere"),
        (["merge", "x", "nowhere"], "nowhere"),
    ],
)
def test_mistakes(cli: Any, plan: Path, arguments: list[str], says: str) -> None:
    found = cli(*[str(plan) if word == "PLAN" else word for word in arguments])
    assert found.code == 2
    assert says in found.err
    assert "Traceback" not in found.err


class _Loads(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.scripts = 0
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.pictures += tag in ("img", "svg")
        for name, value in attrs:
            fetched = name in ("src", "srcset", "data") or (name == "href" and tag == "link")
            if fetched and not (value or "").startswith("data:"):
                self.outside.append(f"{tag} {name}={value}")


def test_the_report_is_one_page_and_escapes_names(cli: Any, tmp_path: Path, model: Path) -> None:
    """A label that is markup is shown, and is no markup."""
    text = PLAN.format(network=model)
    text = text[: text.index("changes = ")].replace('combinations = "pairs"', "")
    text += '[[conditions]]\nlabel = "<script>alert(1)</script>"\nchanges = "made=x0.5"\n'
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(text)
    assert cli("screen", str(plan), "--out", str(out), "--workers", "0").code == 0
    assert cli("report", str(out)).code == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    parser = _Loads()
    parser.feed(page)
    assert parser.outside == []
    assert parser.pictures >= 1
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not re.search(r"@import|url\((?!['\"]?data:|#)", page)
