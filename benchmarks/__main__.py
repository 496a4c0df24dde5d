"""Benchmarks: `python benchmarks [PART ...] [--quick] [--page FILE]`.

Parts are ssa, threads, loading, ensembles, screens and studies; all of them if none is named, and
sobol, which takes long. With --page the tables go to that
file, else they are printed. --quick is a small run that shows that everything works: its figures
mean nothing.
"""

import argparse
import datetime
import platform
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import ensembles
import exact_ssa
import loading
import screens
import studies
import two_threads
from machine import load, processor, versions
from page import Section

PARTS: dict[str, Callable[[bool], Iterable[Section]]] = {
    "ssa": exact_ssa.sections,
    "threads": lambda quick: [two_threads.section(quick)],
    "loading": loading.sections,
    "ensembles": ensembles.sections,
    "screens": screens.sections,
    "studies": studies.sections,
    "sobol": studies.sobol,
}
LONG = frozenset({"sobol"})
"""Run only where they are named."""
PACKAGES = ("simnet", "numpy", "libroadrunner", "bngsim", "rebop", "python-copasi", "gillespy2")
PACKAGES += ("bionetgen",)


def main(arguments: list[str]) -> None:
    """Run the parts, one after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--quick", action="store_true", help="a small run; its figures mean nothing"
    )
    parser.add_argument("--page", type=Path, help="the file to write")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]!r}: {', '.join(PARTS)}")
    began, busy = time.monotonic(), load()
    texts = []
    for part in chosen.parts or (part for part in PARTS if part not in LONG):
        for section in PARTS[part](chosen.quick):
            texts.append(section.text_of())
            print(texts[-1], flush=True)
    if chosen.page:
        minutes = (time.monotonic() - began) / 60
        chosen.page.write_text(
            "\n".join([_head(arguments, busy, minutes), *texts]), encoding="utf-8"
        )


def _head(arguments: list[str], busy: str, minutes: float) -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    command = " ".join(["python benchmarks", *arguments])
    return "\n".join(
        [
            "# Benchmarks",
            f"Written by `{command}` on {today}, in {minutes:.0f} min; `make bench` does it again.",
            "",
            f"{processor()}; {platform.system()} {platform.machine()}; load {busy} before it began.",
            "",
            f"{versions(PACKAGES)}; run_network of bionetgen.",
            "",
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
