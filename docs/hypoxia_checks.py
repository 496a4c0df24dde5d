"""Draws the checks of `hypoxia` for its README: simulated curves beside what was asked for.

Run by `make figures`; writes `networks/hypoxia/checks.svg` (or the file given).
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import simnet as sn

ASKED = "#E69F00"  # colour-blind safe (Okabe & Ito)
LINE, OTHER = "#0072B2", "#555555"
HYPOXIA = sn.Set("O2_percent", 1)
REST = "240 h"


def run(
    network: sn.Network, hours: float, *changes: sn.Set, before: Sequence[sn.Knockout] = ()
) -> sn.Trajectories:
    """ODE from rest at 20 % O2; `before` is knocked out 1,000 h earlier. Ten points an hour."""
    rest = 1000.0 if before else 0.0
    return sn.simulate(
        network,
        t_end=f"{rest + hours} h",
        points=round((rest + hours) * 10) + 1,
        equilibrate=REST,
        changes=before,
        schedule=[sn.At(f"{rest} h", *changes)] if changes else [],
        workers=1,
    )


def curve(found: sn.Trajectories, name: str, hours: float) -> tuple[np.ndarray, np.ndarray]:
    """Hours since the step and the readout, of the last `hours`."""
    time = found.times / 3600
    time = time - (time[-1] - hours)
    kept = time >= -1e-9
    return time[kept], found.readout(name)[0, kept]


def check_1(ax: Axes, network: sn.Network) -> None:
    levels = np.array([0, 0.25, 0.5, 0.75, 1, 1.4, 1.75, 2.1, 2.5, 3, 4, 5, 7, 10, 15, 20])
    ends = np.array(
        [run(network, 4, sn.Set("O2_percent", o2)).readout("HIF1A")[0, -1] for o2 in levels]
    )
    ax.plot(levels, ends / ends[0], color=LINE)
    ax.hlines(0.5, 1.4, 2.1, color=ASKED, lw=6, alpha=0.8)
    ax.vlines(0.5, 0.7, 1.0, color=ASKED, lw=6, alpha=0.8)
    ax.set(title="1  HIF1A after 4 h", xlabel="O2 (%)", ylabel="of its value at 0 %", xlim=(0, 10))
    ax.set_ylim(0, 1.05)


def check_2(ax: Axes, network: sn.Network) -> None:
    for hours, low, colour, label in (
        (0.0, 5, LINE, "at 20 % O2"),
        (4.0, 2, OTHER, "back from 4 h at 1 %"),
    ):
        stop = [sn.At(f"{hours} h", sn.Set("O2_percent", 20), sn.Set("HIF1A_synthesis", 0))]
        step = [sn.At(0, HYPOXIA)] if hours else []
        found = sn.simulate(
            network,
            t_end=f"{hours + 0.5} h",
            points=round((hours + 0.5) * 120) + 1,
            equilibrate=REST,
            schedule=[*step, *stop],
            workers=1,
        )
        time, hif = curve(found, "HIF1A", 0.5)
        ax.plot(time * 60, hif / hif[0], color=colour, label=label)
        ax.hlines(0.5 + 0.012 * (low - 3.5), low, 8, color=ASKED, lw=5, alpha=0.8)
    ax.set(title="2  HIF1A without synthesis", xlabel="minutes", ylabel="of the start")
    ax.set_xlim(0, 30)
    ax.set_ylim(0, 1.05)
    ax.legend()


def check_3(ax: Axes, found: sn.Trajectories) -> None:
    for name, colour, asked in (
        ("MCT4", LINE, (3.0, None)),
        ("GLUT1", "#009E73", (2.0, None)),
        ("MCT1", OTHER, (0.9, 1.1)),
    ):
        time, value = curve(found, name, 48)
        fold = value / value[0]
        ax.plot(time, fold, color=colour, label=name)
        top = asked[1] or max(fold.max() + 0.15, asked[0] + 0.3)
        ax.vlines(47.6, asked[0], top, color=ASKED, lw=6, alpha=0.8)
    ax.set(title="3  Transporters at 1 % O2", ylabel="fold of 20 % O2")
    hours(ax)
    ax.legend()


def check_4(ax: Axes, found: sn.Trajectories) -> None:
    time, hif = curve(found, "HIF1A", 48)
    relative = hif / hif.max()
    ax.plot(time, relative, color=LINE)
    ax.hlines(1.0, 2, 8, color=ASKED, lw=6, alpha=0.8)
    ax.vlines(24, 0, 0.7, color=ASKED, lw=6, alpha=0.4)
    ax.set(title="4  HIF1A at 1 % O2", ylabel="of its peak", ylim=(0, 1.08))
    hours(ax)


def check_5(ax: Axes, found: sn.Trajectories, unstable: sn.Trajectories) -> None:
    for source, name, colour, label, asked, place in (
        (found, "VEGFA_mRNA", LINE, "mRNA", (6, 14), 44),
        (found, "VEGFA_transcription", "#009E73", "transcription", (2.5, 4), 45.5),
        (unstable, "VEGFA_mRNA", OTHER, "mRNA without HuR", (2.5, 4), 47),
    ):
        time, value = curve(source, name, 48)
        ax.plot(time, value / value[0], color=colour, label=label)
        ax.vlines(place, *asked, color=ASKED, lw=4, alpha=0.8)
    ax.set(title="5  VEGFA at 1 % O2 (peak)", ylabel="fold of 20 % O2", ylim=(0, 14.5))
    hours(ax)
    ax.legend(loc="upper left")


def check_6(ax: Axes, found: sn.Trajectories, without: sn.Trajectories) -> None:
    names = ["GLUT1", "MCT4", "PDK1", "CA9", "LDHA_mRNA", "VEGFA_transcription"]
    places = np.arange(len(names))
    for source, colour, label, asked, shift in (
        (found, LINE, "with HIF1A", (1.5, 3.6), -0.2),
        (without, OTHER, "without", (0.95, 1.05), 0.2),
    ):
        folds = [value[-1] / value[0] for _, value in (curve(source, n, 48) for n in names)]
        ax.vlines(places + shift, *asked, color=ASKED, lw=9, alpha=0.35)
        ax.plot(places + shift, folds, "o", color=colour, label=label)
    ax.set_xticks(
        places, [n.replace("_", "\n").replace("transcription", "transcr.") for n in names]
    )
    ax.set(title="6  48 h at 1 % O2", ylabel="fold of 20 % O2", ylim=(0, 3.7))
    ax.legend(loc="lower left")


def hours(ax: Axes) -> None:
    ax.set(xlabel="hours", xlim=(0, 48))
    ax.set_xticks(range(0, 49, 12))


def figure(network: sn.Network) -> Figure:
    """All six checks in one figure."""
    hypoxic = run(network, 48, HYPOXIA)
    no_hif = run(network, 48, HYPOXIA, before=[sn.Knockout("HIF1A")])
    no_hur = run(network, 48, HYPOXIA, before=[sn.Knockout("HUR")])
    drawn = Figure(figsize=(11, 6.6), layout="constrained")
    axes = drawn.subplots(2, 3).ravel()
    draw: list[Callable[[Axes], None]] = [
        lambda ax: check_1(ax, network),
        lambda ax: check_2(ax, network),
        lambda ax: check_3(ax, hypoxic),
        lambda ax: check_4(ax, hypoxic),
        lambda ax: check_5(ax, hypoxic, no_hur),
        lambda ax: check_6(ax, hypoxic, no_hif),
    ]
    for ax, panel in zip(axes, draw, strict=True):
        ax.grid(color="#E6E6E6", lw=0.8)
        ax.spines[["top", "right"]].set_visible(False)
        panel(ax)
    drawn.suptitle("hypoxia: simulated (lines, points) and asked for (orange)")
    return drawn


def main(arguments: Sequence[str]) -> None:
    """Write the figure to the file given, or to the network's folder."""
    root = Path(__file__).resolve().parents[1]
    target = Path(arguments[0]) if arguments else root / "networks" / "hypoxia" / "checks.svg"
    style = {
        "svg.hashsalt": "simnet",
        "font.size": 9,
        "legend.frameon": False,
        "axes.titleweight": "bold",
    }
    with matplotlib.rc_context(style):
        metadata = {"Date": None} if target.suffix == ".svg" else None
        figure(sn.load("hypoxia")).savefig(target, dpi=110, metadata=metadata)


if __name__ == "__main__":
    main(sys.argv[1:])
