"""COMBINE archives (OMEX): files with a manifest and metadata, in a zip.

Members are deterministic; the zip's own time stamps are not, so archives are compared member by
member. libcombine brings classes of libsbml along, so it is run in a process of its own.
"""

import json
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from simnet.errors import ModelError, Problem
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.results.parts import aside, refusal
from simnet.sbml.antimony import run_apart
from simnet.sbml.sedml import Experiment

SPECIFICATIONS = "http://identifiers.org/combine.specifications/"
SBML = SPECIFICATIONS + "sbml.level-3.version-2"
SEDML = SPECIFICATIONS + "sed-ml.level-1.version-4"
METADATA = SPECIFICATIONS + "omex-metadata"
MARKDOWN = "http://purl.org/NET/mediatypes/text/markdown"
CSV = "http://purl.org/NET/mediatypes/text/csv"

_WRITE = """
import json, sys
import libcombine
spec = json.load(sys.stdin)
archive = libcombine.CombineArchive()
for member in spec["members"]:
    master = member["location"] == spec["master"]
    archive.addFileFromString(
        member["content"], member["location"], member["format"], master
    )
if not archive.writeToFile(spec["path"]):
    sys.exit("libcombine could not write the file")
"""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of an archive: where it is in it, its text, and its format's address."""

    location: str
    content: str = field(repr=False)
    format: str


@dataclass(frozen=True, kw_only=True)
class About:
    """What is said of an archive.

    Attributes:
        title: a short one.
        description: in words.
        creators: names of people or groups.
        licence: an SPDX identifier, such as "MIT"; "" for none.
        described_by: addresses of publications.
    """

    title: str
    description: str = ""
    creators: tuple[str, ...] = ()
    licence: str = ""
    described_by: tuple[str, ...] = ()


def write_omex(path: Path, members: Sequence[Member], about: About, *, master: str) -> None:
    """Write an archive: the members, their manifest and metadata.rdf.

    Args:
        path: the file to write.
        members: what it holds.
        about: for metadata.rdf.
        master: location of the member that a tool opens first.

    Raises:
        InputError: the file cannot be written.
        ModelError: libcombine fails; an earlier file stays.
    """
    metadata = Member(location="metadata.rdf", content=metadata_text(about), format=METADATA)
    everything = sorted([*members, metadata], key=lambda member: member.location)
    spec: dict[str, object] = {"master": master, "members": [vars(m) for m in everything]}
    try:
        with aside(path) as beside:
            spec["path"] = str(beside)
            what, fault = f"writing {path}", "libcombine failed"
            run_apart(["-c", _WRITE], json.dumps(spec), what=what, fault=fault)
    except OSError as error:
        raise refusal(path, f"cannot be written: {error.strerror or error}") from error


def metadata_text(about: About) -> str:
    """metadata.rdf: title, creators (vCard), licence, publications; no dates, so that it stays."""
    creators = [
        '<dcterms:creator rdf:parseType="Resource"><vCard:organization-name>'
        f"{escape(name)}</vCard:organization-name></dcterms:creator>"
        for name in about.creators
    ]
    licence = quoteattr(f"https://identifiers.org/spdx:{about.licence}")
    lines = [
        f"<dcterms:title>{escape(about.title)}</dcterms:title>",
        # libcombine takes what has no description for empty
        f"<dcterms:description>{escape(about.description or about.title)}</dcterms:description>",
        *creators,
        f"<dcterms:license rdf:resource={licence}/>" if about.licence else "",
        *(f"<bqmodel:isDescribedBy rdf:resource={quoteattr(u)}/>" for u in about.described_by),
    ]
    body = "\n".join(f"    {line}" for line in lines if line)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"\n'
        '         xmlns:dcterms="http://purl.org/dc/terms/"\n'
        '         xmlns:vCard="http://www.w3.org/2006/vcard/ns#"\n'
        '         xmlns:bqmodel="http://biomodels.net/model-qualifiers/">\n'
        f'  <rdf:Description rdf:about=".">\n{body}\n  </rdf:Description>\n</rdf:RDF>\n'
    )


# The README of an archive: what is in it, and which file is for which tool.


def readme_text(
    network: Network,
    experiments: Sequence[Experiment],
    files: Mapping[str, str],
    about: About,
    no_ssa: str | None,
) -> str:
    """The README, in Markdown; `files` are the SBML files by method."""
    unit = network.time_unit or "the model's unit of time"
    lines = [f"# {about.title}", "", about.description, ""]
    lines += [f"- described by {uri}" for uri in about.described_by]
    lines += [f"- by {', '.join(about.creators)}"] if about.creators else []
    lines += [f"- licence: {about.licence}"] if about.licence else []
    lines += ["", "## Models", "", "| file | rate laws | for |", "| --- | --- | --- |"]
    lines.append(
        f"| `{files['ode']}` | continuous, such as k/2*A^2 for a homodimer | ODE solvers; and "
        "COPASI's SSA, which puts its own combinatorial factor into such laws |"
    )
    if "ssa" in files:
        lines.append(
            f"| `{files['ssa']}` | discrete, such as k/2*A*(A-1) | SSA engines that take laws as "
            "they are written: roadrunner, tellurium, GillesPy2 |"
        )
    else:
        lines += ["", f"There is no file for SSA: {no_ssa}."]
    lines += [
        "",
        "## Experiments",
        "",
        "`experiments.sedml` (SED-ML Level 1 Version 4) runs them. A dose is no event: the run goes "
        "in stretches of equal length, and parameters are set between them.",
        "",
        f"| experiment | what | method | stretches of ({unit}) | sets | expected |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for e in experiments:
        runs = f"SSA, {e.replicates} replicates, seed {e.seed}" if e.method == "ssa" else "CVODE"
        sets = "; ".join(
            f"`{name}` = {', '.join(f'{values[name]:g}' for values in e.settings)}"
            for name in e.settings[0]
        )
        lines.append(
            f"| {e.id} | {e.meaning} | {runs} | {len(e.settings)} x {e.stretch:g} | {sets} | "
            f"`expected/{e.id}.csv` |"
        )
    lines += [
        "",
        "Expected results are simnet's own: `time`, then each readout; of replicates each readout's "
        "mean and standard deviation. A value at the very time of a change is taken after it. Each tool has its own random numbers, so means agree within "
        "their standard error (sd over the root of the number of replicates), never digit by digit.",
        "",
    ]
    if any(r.symbol in network.species_index for r in network.readouts):
        lines += [
            "Species are amounts, in the files as in the expected results. tellurium shows them as "
            "concentrations: multiply by the size of their compartment.",
            "",
        ]
    return "\n".join(lines)


# An archive -> Network: its master SBML file, read in memory.
#
# Nothing is unpacked to the disk. An archive with members that point out of it, or that grow beyond
# all measure, is refused whole. Other formats in it (SED-ML, code, data) are listed, never run.


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
    from simnet.sbml.guard import require_size
    from simnet.sbml.read import from_sbml  # libsbml takes a while to import

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
    from simnet.sbml.guard import LARGEST_FILE, require_size

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
        raise ModelError(
            Problem(what=name, why="has no manifest.xml, so it is not an OMEX archive")
        )
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
        way_out = "unpack it and give the file you mean" if found else f"it contains: {others}"
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
    present = archive.namelist()
    files = [e for e in entries if e.sedml and e.location in present]
    for entry in sorted(files, key=lambda e: not e.master):
        folder = posixpath.dirname(entry.location)
        elements = _elements(_content(archive, entry.location, name), entry.location)
        sources = (attributes.get("source", "") for tag, attributes in elements if tag == "model")
        found = dict.fromkeys(posixpath.normpath(posixpath.join(folder, s)) for s in sources)
        if used := [f for f in found if f in known]:
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
    from simnet.sbml.guard import harmless

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
