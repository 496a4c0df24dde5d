"""What was measured, kept as it comes: a part that fails or is interrupted loses nothing before it.

Each part has a file in out/benchmarks/, which is written anew after each of its sections. The page
is made of all of them, so that one part can be measured again without the others.
"""

import datetime
import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cases import WHAT
from machine import instructions, load, processor, versions
from page import Section

FOLDER = Path(__file__).resolve().parents[1] / "out" / "benchmarks"
PACKAGES = ("simnet-bio", "numpy", "libroadrunner", "bngsim", "rebop", "python-copasi", "gillespy2")
PACKAGES += ("bionetgen",)


@dataclass
class Part:
    """A part of the page, finished or not.

    Attributes:
        name: of the part.
        command: that measured it.
        date, machine, software, busy: when, on what and beside what load.
        minutes: that it took.
        fault: why it is not whole; empty where it is.
        sections: what it gave.
    """

    name: str
    command: str
    date: str = ""
    machine: str = ""
    software: str = ""
    busy: str = ""
    minutes: float = 0.0
    fault: str = "not finished"
    sections: list[Section] = field(default_factory=list)

    @classmethod
    def begun(cls, name: str, command: str) -> "Part":
        """An empty one, of this machine."""
        system = f"{platform.system()} {platform.machine()}"
        return cls(
            name=name,
            command=command,
            date=str(datetime.datetime.now(datetime.UTC).date()),
            machine=f"{processor()}, {system}; the kernels run as {instructions()}",
            software=f"{versions(PACKAGES)}; run_network of bionetgen",
            busy=load(),
        )

    def keep(self, folder: Path) -> None:
        """Write the file; one that is whole gives way only to another one."""
        folder.mkdir(parents=True, exist_ok=True)
        whole, unfinished = _files(folder, self.name)
        unfinished.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        if not self.fault:
            unfinished.replace(whole)


def kept(folder: Path, names: Iterable[str]) -> list[Part]:
    """The parts that there are, in that order; whole ones, if possible."""
    found = []
    for name in names:
        file = next((f for f in _files(folder, name) if f.is_file()), None)
        if file is not None:
            found.append(_part(json.loads(file.read_text(encoding="utf-8"))))
    return found


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.json", folder / f"{name}-unfinished.json"


def _part(content: dict[str, Any]) -> Part:
    return Part(**{**content, "sections": [Section(**s) for s in content["sections"]]})


def page(parts: Iterable[Part]) -> str:
    """The whole page: what was asked of the engine first, then each part."""
    found = list(parts)
    lines = ["# Benchmarks", "`make bench` measures all of this again, part by part.", ""]
    lines += ["Workloads, in benchmarks/workloads:", ""]
    lines += [f"- {name}: {what}" for name, what in WHAT.items()] + [""]
    common = {(p.machine, p.software) for p in found}
    if len(common) == 1:
        lines += [f"{text}." + "\n" for text in next(iter(common))]
    for part in found:
        first = [s.text_of() for s in part.sections if s.first]
        lines += [*first, *[s.text_of() for s in part.sections if not s.first]]
        where = "" if len(common) == 1 else f" {part.machine}. {part.software}."
        lines.append(
            f"`{part.command}`, {part.date}, {part.minutes:.0f} min, load {part.busy} before it "
            f"began.{where}"
            + (f" **Not whole: {' '.join(part.fault.split())}.**" if part.fault else "")
            + "\n"
        )
    return "\n".join(lines)
