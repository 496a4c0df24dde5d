"""The wheel, built from the tracked files and used from an empty folder without the repository.

The environment of this test has simnet installed in editable mode. The wheel goes into an
environment of its own, which takes the dependencies from this one by a path entry: Python does not
read the ``.pth`` files of a folder added so, hence the editable finder is not there.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

USE_THE_WHEEL = """
import json, sys

opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)

import simnet as sn

net = sn.load("hypoxia")
traj = sn.simulate(net, t_end="1 h", points=3, method="ode")
frame = traj.frame()

files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
files |= {str(path) for path in opened if isinstance(path, (str, bytes))}
print(json.dumps({
    "simnet": sn.__file__,
    "files": sorted(file for file in files if file),
    "finders": [name for name in sys.modules if name.startswith("__editable__")],
    "times": sorted(set(frame["time"])),
    "rows": len(frame),
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of `command`, run without any setting that changes what Python imports."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def copy_tracked_files(repository: Path, copy: Path) -> None:
    """What a commit of all files that git does not ignore would hold."""
    listed = run(
        *("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), cwd=repository
    )
    for name in filter(None, listed.split("\0")):
        source = repository / name
        if source.is_file():  # not one that was deleted a moment ago
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy / name)


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    copy_tracked_files(repository, folder / "source")
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
        *("--outdir", folder / "dist"),
        folder / "source",
        cwd=folder,
    )
    (built,) = (folder / "dist").glob("simnet_bio-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and the dependencies of the running environment."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    run(
        *(sys.executable, "-m", "pip", "--python", folder / "bin" / "python"),
        *("install", "--quiet", "--no-deps", "--no-index", wheel),
        cwd=folder,
    )
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    own = run(
        *(folder / "bin" / "python", "-I", "-c"),
        "import sysconfig; print(sysconfig.get_path('purelib'))",
        cwd=folder,
    )
    (Path(own.strip()) / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n")
    return folder


def test_used_from_an_empty_folder(environment: Path, repository: Path, tmp_path: Path) -> None:
    script = tmp_path / "use_the_wheel.py"
    script.write_text(USE_THE_WHEEL)
    empty = tmp_path / "empty"
    empty.mkdir()

    out = run(environment / "bin" / "python", "-I", script, cwd=empty)
    used = json.loads(out.strip().splitlines()[-1])

    assert Path(used["simnet"]).resolve().is_relative_to(environment.resolve())
    assert used["finders"] == []
    assert used["times"] == [0.0, 1800.0, 3600.0]
    assert used["rows"] >= 3
    # The environment that lends its dependencies is as a rule inside the repository.
    of_the_repository = [
        file
        for file in used["files"]
        if Path(file).is_relative_to(repository) and not Path(file).is_relative_to(sys.prefix)
    ]
    assert of_the_repository == []
    assert list(empty.iterdir()) == []


def test_command_is_installed(environment: Path, tmp_path: Path) -> None:
    assert "hypoxia" in run(environment / "bin" / "simnet", "list", cwd=tmp_path)


def test_the_template_of_reports_is_in_the_wheel(environment: Path, tmp_path: Path) -> None:
    code = "from simnet.report.page import page; print(page('Title <1>', 'subtitle', [], []))"
    out = run(environment / "bin" / "python", "-I", "-c", code, cwd=tmp_path)
    assert "<h1>Title &lt;1&gt;</h1>" in out


def test_rules_of_the_networks_are_in_the_wheel(environment: Path, tmp_path: Path) -> None:
    code = "from importlib import import_module as load; print(load('simnet.networks').__file__)"
    out = run(environment / "bin" / "python", "-I", "-c", code, cwd=tmp_path)
    folder = Path(out.strip()).parent
    assert folder.resolve().is_relative_to(environment.resolve())
    assert {file.name for file in (folder / "hypoxia").iterdir()} >= {
        "__init__.py",
        "rules.py",
        "parameters.csv",
        "README.md",
    }
