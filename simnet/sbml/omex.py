"""COMBINE archives (OMEX): files with a manifest and metadata, in a zip.

Members are deterministic; the zip's own time stamps are not, so archives are compared member by
member. libcombine brings classes of libsbml along, so it is run in a process of its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from simnet.network.network import Network
from simnet.results.parts import aside, refusal
from simnet.sbml.apart import run_apart
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
