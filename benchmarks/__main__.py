"""Benchmarks: `python benchmarks [PART ...] [--quick] [--page FILE]`.

Parts are ssa, networks, threads, loading, ensembles, screens and studies; all of them if none is named, and
sobol, which takes long. Tables are printed, and kept in out/benchmarks/ as they come: with --page
all that is there is written to that file after each of them, so that an interrupt or a part that
fails loses nothing. --quick is a small run that shows that everything works: its figures mean
nothing and are not kept.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import ensembles
import exact_ssa
import loading
import screens
import studies
import two_threads
from kept import FOLDER, Part, kept, page
from page import Section

PARTS: dict[str, Callable[[bool], Iterable[Section]]] = {
    "ssa": exact_ssa.sections,
    "networks": exact_ssa.networks,
    "threads": two_threads.sections,
    "loading": loading.sections,
    "ensembles": ensembles.sections,
    "screens": screens.sections,
    "studies": studies.sections,
    "sobol": studies.sobol,
}
LONG = frozenset({"sobol"})
"""Run only where they are named."""


def main(arguments: list[str]) -> int:
    """Run the parts, one after the other; 1 where one of them failed."""
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
    folder = Path(tempfile.mkdtemp()) if chosen.quick else FOLDER
    names = chosen.parts or [part for part in PARTS if part not in LONG]
    failed = []
    for name in names:
        part = Part.begun(name, f"python benchmarks {name}" + " --quick" * chosen.quick)
        for _ in measured(part, quick=chosen.quick):
            part.keep(folder)
            if chosen.page:
                chosen.page.write_text(page(kept(folder, PARTS)), encoding="utf-8", newline="\n")
        failed += [name] if part.fault else []
    if failed:
        print(f"not whole: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def measured(part: Part, *, quick: bool) -> Iterator[None]:
    """Run a part; comes back whenever there is something to keep: a section, the end, a failure."""
    began = time.monotonic()
    part.fault = "interrupted"  # until it is whole
    try:
        for section in PARTS[part.name](quick):
            part.sections.append(section)
            part.minutes = (time.monotonic() - began) / 60
            print(section.text_of(), flush=True)
            yield
        part.fault = ""
    except Exception as error:  # noqa: BLE001 - the other parts are worth having
        traceback.print_exc()
        part.fault = f"{type(error).__name__}: {error}"
    part.minutes = (time.monotonic() - began) / 60
    yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
