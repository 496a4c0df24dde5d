"""Writes docs/sensitivity_findings.md: what matters most for the headline readouts.

    python docs/sensitivity_findings.py FOLDER [SAMPLES [METHOD [WORKERS]]]

Runs go to FOLDER, one folder for each network, and the same command continues there; more samples
add to what it holds. METHOD and SAMPLES, as it counts, are those of `HEADLINES` if not given: what
two processors do within an hour. The page is written anew after each network.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import simnet as sn
from simnet.experiment.change import Change
from simnet.report.page import number
from simnet.sensitivity.analysis import words
from simnet.sensitivity.result import StudyResult
from simnet.sensitivity.run import run_study
from simnet.sensitivity.study import SensitivityStudy

PAGE = Path(__file__).with_name("sensitivity_findings.md")


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What is asked of a network, after which change from the steady state."""

    network: str
    meaning: str
    readouts: tuple[str, ...]
    changes: tuple[Change, ...]
    analysis: str
    samples: int
    rtol: float | None = None
    settings: Mapping[str, float] = field(default_factory=dict)


HEADLINES = (
    Headline(
        network="hypoxia",
        meaning="cells in steady state at 20 % O2, then at 1 %",
        readouts=("log(HIF1A@4h)", "log(GLUT1@48h)", "log(VEGF@48h)"),
        changes=(sn.Set("O2_percent", 1.0),),
        analysis="morris",
        samples=16,
    ),
    Headline(
        network="lactate_mtor",
        meaning="cells in steady state, then 0.1 mM glucose and 10 mM lactate",
        readouts=("log(pS6@48h)", "log(auc(GLUT2))", "lactate_uptake@48h"),
        changes=(sn.Set("glucose_mM", 0.1), sn.Set("lactate_mM", 10.0)),
        analysis="morris",
        samples=16,
    ),
    Headline(
        network="symbiosis",
        meaning="a tissue in steady state, then axitinib 10 nM",
        readouts=("tumour_burden@7d", "pS6_distal@7d", "lactate_flux_distal@7d"),
        changes=(sn.Dose("axitinib", nM=10.0),),
        analysis="local",  # a run takes a second, and minutes where ranges meet at their ends
        samples=1,
        rtol=1e-6,
        settings={"accuracy": 1e-5},
    ),
)


def study_of(headline: Headline, analysis: str = "", samples: int = 0) -> SensitivityStudy:
    """All declared parameters, but for what an experimenter sets."""
    network = sn.load(headline.network)
    return SensitivityStudy(
        network=network,
        readouts=headline.readouts,
        analysis=analysis or headline.analysis,
        samples=samples or headline.samples,
        rtol=None if analysis else headline.rtol,
        settings={} if analysis else headline.settings,
        exclude=tuple(i.parameter for i in network.inputs),
        changes=headline.changes,
        seed=1,
    )


def section(headline: Headline, result: StudyResult) -> Iterator[str]:
    """Tables of the strongest, readout by readout."""
    varied = len(result.design.space.factors) - 1
    yield f"\n## {headline.network}: {headline.meaning}\n"
    about = result.about
    yield (
        f"{varied} parameters, {about['analysis']}, samples={about['samples']}: "
        f"{result.design.rows:,} evaluations.\n"
    )
    for readout in result.indices:
        index = result.headline(readout)
        meaning = sn.load(headline.network).parameter_by_id
        yield f"### {readout}\n"
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
        yield ""


def page(results: list[tuple[Headline, StudyResult]]) -> str:
    """The page, as Markdown."""
    lines = [
        "# What it finds on the three networks",
        "",
        "Written by `python docs/sensitivity_findings.py FOLDER`. The ten parameters that matter most "
        "for each headline readout (ODE). What an experimenter sets is not varied.",
        "",
        "- By `morris` all parameters are moved over their declared ranges and scales. µ* is the mean "
        "size of what a move through the whole range does to the readout; of a logarithm it counts "
        "e-folds (0.69 doubles or halves). Logarithms are taken of what spans orders of magnitude.",
        "- By `local` each parameter is moved a little around its value, the others resting: "
        "d ln y / d ln p is the percentage by which one percent more of it changes the readout.",
        "- *Influential* means that the interval of the index, less that of a dummy which no model "
        "reads, is above zero. *Not shown* is not the same as without effect: more samples narrow "
        "the intervals.",
    ]
    for headline, result in results:
        lines += section(headline, result)
    return "\n".join(lines) + "\n"


def main(folder: str, samples: str = "0", analysis: str = "", workers: str = "0") -> None:
    """Run what is missing, and write the page."""
    results = []
    for headline in HEADLINES:
        study = study_of(headline, analysis, int(samples))
        out = Path(folder, headline.network)
        count = int(workers) or None
        results.append((headline, run_study(study, out=out, workers=count)))
        print(headline.network, results[-1][1], flush=True)
        PAGE.write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
