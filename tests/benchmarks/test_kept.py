"""What was measured is on the page, also after a part that failed or was interrupted."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

Module = Callable[[str], ModuleType]


@pytest.fixture
def program(
    module: Module, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Any:
    """benchmarks/__main__.py with parts of three sections, that keeps its files in `tmp_path`."""
    section = module("page").Section

    def three(quick: bool, fault: BaseException | None = None) -> Iterator[Any]:
        yield section(title="one", text="1", head=(), rows=())
        if fault is not None:
            raise fault
        yield section(title="two", text="2", head=(), rows=())
        yield section(title="sum", text="3", head=("a", "b"), rows=[("c", "d")], first=True)

    file = repository / "benchmarks" / "__main__.py"
    spec = importlib.util.spec_from_file_location("benchmarks_main", file)
    assert spec is not None
    assert spec.loader is not None
    main = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(main)
    monkeypatch.setattr(main, "FOLDER", tmp_path / "kept")
    page = tmp_path / "page.md"

    def run(*parts: str, **faults: BaseException) -> int:
        made = {
            name: lambda quick, name=name: three(quick, faults.get(name))
            for name in ("ssa", "threads", "loading")
        }
        monkeypatch.setattr(main, "PARTS", made)
        code: int = main.main([*parts, "--page", str(page)])
        return code

    return SimpleNamespace(run=run, text=lambda: page.read_text(encoding="utf-8"))


def test_the_summary_of_a_part_comes_first(program: Any) -> None:
    assert program.run() == 0
    assert program.text().count("| c | d |") == 3
    assert program.text().index("## sum") < program.text().index("## one")
    assert "Not whole" not in program.text()


def test_a_part_that_fails_leaves_what_it_gave_and_the_others(
    program: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run(threads=RuntimeError("no room")) == 1
    assert program.text().count("## one") == 3
    assert program.text().count("## two") == 2
    assert "**Not whole: RuntimeError: no room.**" in program.text()
    assert "not whole: threads" in capsys.readouterr().err


def test_an_interrupt_writes_the_page(program: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        program.run(threads=KeyboardInterrupt())
    assert program.text().count("## one") == 2
    assert "**Not whole: interrupted.**" in program.text()


def test_one_part_is_measured_again_beside_the_others(program: Any) -> None:
    program.run()
    assert program.run("threads", threads=RuntimeError("no room")) == 1
    assert program.text().count("## two") == 3, "a whole part gives way to a whole one only"
    program.run("threads")
    assert program.text().count("## two") == 3


def test_ratios_beside_what_was_asked(module: Module) -> None:
    rounds, summary = module("rounds"), module("exact_ssa").summary
    seconds = {"roadrunner": 20.0, "compiled": 1.0, "bngsim": 9.0, "rebop": 3.0}
    rows = [rounds.Row(name, per_round=[s] * 5) for name, s in seconds.items()]
    table = rounds.Table(module("cases").Case("W1"), 1.0, rows)
    cells = {row[1]: row[2:] for row in summary([table], "AVX2").rows}
    assert cells["roadrunner"] == ("20.0 (20.0 to 20.0)", "17.5", "met")
    assert cells["rebop"] == ("3.0 (3.0 to 3.0)", "2.5", "met")
    assert {row[1]: row[4] for row in summary([table], "AVX-512").rows} == {
        "roadrunner": "**missed**",
        "rebop": "**missed**",
    }
