"""COMBINE archive (OMEX) -> Network: its master SBML file, read in memory.

Nothing is unpacked to the disk. An archive with members that point out of it, or that grow beyond
all measure, is refused whole. Other formats in it (SED-ML, code, data) are listed, never run.
"""

import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from simnet.errors import ModelError, Problem
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.sbml.guard import LARGEST_FILE, harmless, require_size
from simnet.sbml.read import from_sbml

MOST_MEMBERS = 10_000
LARGEST_RATIO = 200
"""Of a member's size to its compressed size; text compresses 5 to 30 times."""
_SMALL = 2**20
"""Bytes below which the ratio says nothing."""
_MANIFEST = "manifest.xml"


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A line of the manifest."""

    location: str
    format: str
    master: bool

    @property
    def sbml(self) -> bool:
        return "/sbml" in self.format

    @property
    def sedml(self) -> bool:
        return "/sed-ml" in self.format or "/sedml" in self.format


def read_omex(path: Path, *, kinetics: Kinetics | None = None) -> Network:
    """Read the SBML model of an archive: the master file, or the only one, or the one that the
    archive's SED-ML file uses. Of a pair NAME.xml and NAME-ssa.xml that is NAME.xml.

    Raises:
        ModelError: not a zip, an unsafe one, or one with no or several models.
    """
    require_size(path.stat().st_size, str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            _require_safe(archive, path.name)
            location = _model(archive, path.name)
            content = _content(archive, location, path.name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
        raise ModelError(Problem(what=str(path), why=f"not a readable archive: {error}")) from None
    stem = posixpath.splitext(posixpath.basename(location))[0]
    return from_sbml(content, name=stem, kinetics=kinetics)


def _require_safe(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    problems = [p for member in members[:MOST_MEMBERS] for p in _unsafe(member, name)]
    if len(members) > MOST_MEMBERS:
        problems.append(Problem(what=name, why=f"has more than {MOST_MEMBERS:,} members"))
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        problems.append(Problem(what=name, why="has two members of one name"))
    if problems:
        raise ModelError(problems[:10])


def _unsafe(member: zipfile.ZipInfo, name: str) -> Iterator[Problem]:
    what = f"{name}: {member.filename}"
    path = member.filename
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or "\\" in path or ":" in parts[0] or ".." in parts:
        yield Problem(what=what, why="points out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        yield Problem(what=what, why="is a link")
    if member.flag_bits & 1:
        yield Problem(what=what, why="is encrypted")
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > _SMALL and ratio > LARGEST_RATIO:
        yield Problem(
            what=what, why=f"expands {ratio:,.0f}-fold when unpacked; this may be a zip bomb"
        )


def _content(archive: zipfile.ZipFile, location: str, name: str) -> str:
    """A member's text: no more of it is unpacked than may be read."""
    with archive.open(location) as stream:
        data = stream.read(LARGEST_FILE + 1)
    require_size(len(data), f"{name}: {location}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ModelError(Problem(what=f"{name}: {location}", why="not text in UTF-8")) from None


def _model(archive: zipfile.ZipFile, name: str) -> str:
    """Where the SBML file is."""
    members = set(archive.namelist())
    if _MANIFEST not in members:
        raise ModelError(Problem(what=name, why="has no manifest.xml, so it is no OMEX archive"))
    entries = _entries(_content(archive, _MANIFEST, name), name)
    models = [e for e in entries if e.sbml]
    missing = [e.location for e in models if e.location not in members]
    if missing:
        why = "is in the manifest and not in the archive"
        raise ModelError([Problem(what=f"{name}: {place}", why=why) for place in missing])
    masters = [e for e in models if e.master]
    found = [e.location for e in masters or models]
    if len(found) > 1:
        found = _of_sedml(archive, entries, name, found) or found
    if len(found) > 1:  # one network in both kinetics
        found = [f for f in found if _pair(f) not in found]
    if len(found) != 1:
        others = ", ".join(sorted(e.location for e in entries)[:8])
        why = f"has {len(found)} SBML models and no master among them" if found else "has no SBML"
        way_out = "unpack it and give the file you mean" if found else f"it holds: {others}"
        raise ModelError(Problem(what=name, why=why, way_out=way_out))
    return found[0]


def _pair(location: str) -> str:
    """NAME.xml of NAME-ssa.xml; "" of any other."""
    stem, end = posixpath.splitext(location)
    return stem.removesuffix("-ssa") + end if stem.endswith("-ssa") else ""


def _of_sedml(
    archive: zipfile.ZipFile, entries: list[_Entry], name: str, known: list[str]
) -> list[str]:
    """The files that the first model of each SED-ML file, master first, names as its source."""
    files = sorted((e for e in entries if e.sedml), key=lambda e: not e.master)
    for entry in files:
        if entry.location not in archive.namelist():
            continue
        found: list[str] = []
        folder = posixpath.dirname(entry.location)
        for tag, attributes in _elements(_content(archive, entry.location, name), entry.location):
            if tag == "model":
                source = posixpath.normpath(posixpath.join(folder, attributes.get("source", "")))
                found.append(source)
        used = [f for f in dict.fromkeys(found) if f in known]
        if used:
            return used
    return []


def _entries(manifest: str, name: str) -> list[_Entry]:
    return [
        _Entry(
            location=posixpath.normpath(attributes.get("location", "")),
            format=attributes.get("format", ""),
            master=attributes.get("master", "").lower() == "true",
        )
        for tag, attributes in _elements(manifest, f"{name}: {_MANIFEST}")
        if tag == "content" and attributes.get("location", ".") not in (".", "./")
    ]


def _elements(content: str, name: str) -> list[tuple[str, dict[str, str]]]:
    """Local names and attributes of all elements; an XML text that declares entities is refused."""
    content = harmless(content, name)
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: found.append(
        (tag.rpartition(":")[2], attributes)
    )
    try:
        parser.Parse(content.encode(), True)
    except expat.ExpatError as error:
        raise ModelError(Problem(what=name, why=f"not XML: {error}")) from None
    return found
