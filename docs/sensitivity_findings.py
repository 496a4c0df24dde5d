"""Writes docs/sensitivity_findings.md: what matters most for the headline readouts.

    python docs/sensitivity_findings.py FOLDER [SAMPLES [METHOD [WORKERS]]]

Runs go to FOLDER, one folder for each network, and the same command continues there. SAMPLES is as
METHOD counts (16 trajectories of morris if not given; sobol wants 512 and hours).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import simnet as sn
from simnet.experiment.change import Change
from simnet.report.shown import number
from simnet.sensitivity.indices import words
from simnet.sensitivity.result import StudyResult
from simnet.sensitivity.run import run_study
from simnet.sensitivity.study import SensitivityStudy

PAGE = Path(__file__).with_name("sensitivity_findings.md")


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What is asked of a network, after which change from rest."""

    network: str
    meaning: str
    readouts: tuple[str, ...]
    changes: tuple[Change, ...]


HEADLINES = (
    Headline(
        network="hypoxia",
        meaning="cells that come to rest at 20 % O2 and are then at 1 %",
        readouts=("HIF1A@4h", "GLUT1@48h", "VEGF@48h"),
        changes=(sn.Set("O2_percent", 1.0),),
    ),
    Headline(
        network="lactate_mtor",
        meaning="cells at rest, then 0.1 mM glucose and 10 mM lactate",
        readouts=("pS6@48h", "auc(GLUT2)", "lactate_uptake@48h"),
        changes=(sn.Set("glucose_mM", 0.1), sn.Set("lactate_mM", 10.0)),
    ),
    Headline(
        network="symbiosis",
        meaning="a tissue at rest, then axitinib 10 nM",
        readouts=("tumour_burden@7d", "pS6_distal@7d", "lactate_flux_distal@7d"),
        changes=(sn.Dose("axitinib", nM=10.0),),
    ),
)


def study_of(headline: Headline, method: str, samples: int) -> SensitivityStudy:
    """All declared parameters, but for what an experimenter sets."""
    network = sn.load(headline.network)
    return SensitivityStudy(
        network=network,
        readouts=headline.readouts,
        method=method,
        samples=samples,
        exclude=tuple(i.parameter for i in network.inputs),
        changes=headline.changes,
        seed=1,
    )


def section(headline: Headline, result: StudyResult) -> Iterator[str]:
    """Tables of the strongest, readout by readout."""
    varied = len(result.design.space.factors) - 1
    yield f"\n## {headline.network}: {headline.meaning}\n"
    yield f"{varied} parameters, {result.design.rows:,} evaluations.\n"
    for readout in result.indices:
        index = result.headline(readout)
        meaning = sn.load(headline.network).parameter_by_id
        yield f"\n### {readout}\n"
        yield f"| parameter | {words(index)} | 95 % interval | influential | meaning |"
        yield "| --- | ---: | ---: | --- | --- |"
        for row in result.top(readout):
            said = {True: "yes", False: "not shown", None: "not known"}[row.influential]
            known = meaning.get(row.factor)
            text = known.meaning.replace("|", "/") if known else ""
            cells = [f"`{row.factor}`", number(row.estimate), f"{number(row.low)} to {number(row.high)}", said, text]  # fmt: skip
            yield f"| {' | '.join(cells)} |"
        for statement in result.indices[readout].statements:
            yield f"\n{statement}"


def page(results: list[tuple[Headline, StudyResult]]) -> str:
    """The page, as Markdown."""
    about = results[0][1].about
    lines = [
        "# What it finds on the three networks",
        "",
        "Written by `python docs/sensitivity_findings.py FOLDER`. The ten parameters that matter most "
        f"for each headline readout, by {about['method']} with {about['samples']} samples, each "
        "parameter over its declared range and scale, all together (ODE). What an experimenter sets is "
        "not varied. *Influential* means that the interval of the index, less that of a dummy which no "
        "model reads, is above zero; *not shown* is not the same as without effect: more samples "
        "narrow the intervals.",
    ]
    for headline, result in results:
        lines += section(headline, result)
    return "\n".join(lines) + "\n"


def main(folder: str, samples: str = "16", method: str = "morris", workers: str = "0") -> None:
    """Run what is missing, and write the page."""
    results = []
    for headline in HEADLINES:
        study = study_of(headline, method, int(samples))
        out = Path(folder, headline.network)
        count = int(workers) or None
        results.append((headline, run_study(study, out=out, workers=count)))
        print(headline.network, results[-1][1], flush=True)
    PAGE.write_text(page(results), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main(*sys.argv[1:])
