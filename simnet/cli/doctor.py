"""`simnet doctor`: whether all that simnet needs is there and right, and how to mend what is not."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from simnet.cli.output import CHECK_FAILED, console, print_json, table

_AGAIN = "in simnet's checkout: pip install --force-reinstall --no-deps ."
_MARK = {"fine": "ok", "absent": "absent", "wrong": "WRONG"}


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was looked at, its state ("fine", "absent": not needed for all; "wrong"), and how to
    mend it."""

    what: str
    state: Literal["fine", "absent", "wrong"]
    found: str
    mend: str = ""


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the installation: libraries, engines, tools and cache.

    Each engine runs small models whose statistics are known. Exit code 3 if a check fails; something
    optional that is absent is reported, and is no failure.

    Examples:
        simnet doctor
        simnet doctor --json
    """
    from dataclasses import asdict

    findings = [finding for look in LOOKS for finding in look()]
    wrong = any(finding.state == "wrong" for finding in findings)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [[_MARK[f.state], f.what, f.found] for f in findings]
        screen = console()
        screen.print(table(["state", "check", "result"], rows, text=3))
        for finding in findings:
            if finding.mend:
                screen.print(f"{finding.what}: {finding.mend}", highlight=False, markup=False)
        screen.print(
            "At least one check failed."
            if wrong
            else "Everything that simnet needs is installed and works."
        )
    if wrong:
        raise typer.Exit(CHECK_FAILED)


def versions() -> dict[str, str]:
    """What matters when two results are compared."""
    from simnet.engines.table import ENGINES
    from simnet.results.record import versions_of

    found = versions_of("libroadrunner", "pysb", "bionetgen", "python-libsbml", "numpy", "scipy")
    missing = [name for name, engine in ENGINES.items() if engine.missing()]
    return found | {f"{name} engine": "missing" for name in missing}


def _python() -> Iterator[Check]:
    found = versions()
    missing = [name for name, version in found.items() if version == "not installed"]
    yield Check(
        what="versions",
        state="wrong" if missing else "fine",
        found=", ".join(f"{name} {version}" for name, version in found.items()),
        mend=_missing(missing),
    )


def _missing(names: list[str]) -> str:
    others = [name for name in names if name != "simnet"]
    ways = [f"pip install {' '.join(others)}"] if others else []
    return ", and ".join([*ways, *([_AGAIN] if "simnet" in names else [])])


def _name() -> Iterator[Check]:
    """Distributions named as ours is imported: another project's, or ours under its former name."""
    from importlib.metadata import distributions

    for other in distributions(name="simnet"):
        former = any(entry.value == "simnet.cli.app:main" for entry in other.entry_points)
        anew = "pip uninstall simnet simnet-bio, then " + _AGAIN
        yield Check(
            what="distribution simnet",
            state="absent" if former else "wrong",
            found=f"version {other.version}: this project under its former name, unused"
            if former
            else f"version {other.version} of another project, whose files may overwrite those of simnet",
            mend=f"remove both and reinstall: {anew}",
        )


def _engines() -> Iterator[Check]:
    from simnet.engines.table import ENGINES
    from simnet.errors import SimnetError
    from simnet.verify.canaries import available_engines, canaries

    for engine in available_engines():
        mend = ENGINES[engine].remedy
        if problem := ENGINES[engine].missing():
            yield Check(
                what=f"{engine} engine",
                state="absent",
                found=f"{problem.what}: {problem.why}; others run what they can",
                mend=problem.way_out,
            )
            continue
        try:
            runs = canaries(engine)
        except (SimnetError, ImportError) as error:
            yield Check(what=f"{engine} engine", state="wrong", found=str(error), mend=mend)
            continue
        for run in runs:
            yield Check(
                what=f"{engine}: {run.name}",
                state="fine" if run.fine else "wrong",
                found=run.found,
                mend="" if run.fine else mend,
            )


def _perl() -> Iterator[Check]:
    where = shutil.which("perl")
    yield Check(
        what="perl",
        state="fine" if where else "absent",
        found=where if where else "not installed; only compiling rules needs it",
        mend="" if where else "install Perl to compile rules",
    )


def _bionetgen() -> Iterator[Check]:
    """Compiles a rule, if there is perl."""
    if shutil.which("perl") is None:
        return
    from simnet.errors import SimnetError

    try:
        found = f"compiled a rule to {_compiled_rule()} reactions"
        yield Check(what="BioNetGen", state="fine", found=found)
    except (SimnetError, ImportError) as error:
        mend = 'pip install --force-reinstall "bionetgen>=0.8.7"'
        yield Check(what="BioNetGen", state="wrong", found=str(error), mend=mend)


def _compiled_rule() -> int:
    from pysb import Initial, Model, Monomer, Parameter, Rule

    from simnet.rules.compile import compile_model

    parts = [
        Monomer("A", ["b"], _export=False),
        Monomer("B", ["a"], _export=False),
        Parameter("kf", 1e-3, _export=False),
        Parameter("kr", 1e-2, _export=False),
        Parameter("A_0", 10, _export=False),
    ]
    a, b, kf, kr, start = parts
    parts.append(Rule("bind", a(b=None) + b(a=None) | a(b=1) % b(a=1), kf, kr, _export=False))
    model = Model("probe", _export=False)
    for part in parts:
        model.add_component(part)
    for molecule in (a(b=None), b(a=None)):
        model.add_initial(Initial(molecule, start, _export=False))
    return len(compile_model(model).reactions)


def _cache() -> Iterator[Check]:
    import os

    from simnet.rules.load import cache_folder

    folder = cache_folder()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    fine = nearest.is_dir() and os.access(nearest, os.W_OK)
    size = sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
    yield Check(
        what="cache",
        state="fine" if fine else "absent",
        found=f"{folder}, {size / 2**20:.1f} MiB" if fine else f"{folder} cannot be written",
        mend=""
        if fine
        else "set SIMNET_CACHE to a writable folder; without a cache every compilation starts from scratch",
    )


LOOKS: tuple[Callable[[], Iterator[Check]], ...] = (
    _python,
    _name,
    _engines,
    _perl,
    _bionetgen,
    _cache,
)
