"""Screens beside loops written by hand over a loaded RoadRunner with the same settings."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from bare import looped, runner_for
from cases import Case
from clock import cpu_seconds
from page import Section, ratios, rounded

import simnet as sn
from simnet.screen.run import run_screen
from simnet.screen.screen import Screen

ROUNDS = 5


def sections(quick: bool) -> list[Section]:
    """Overhead, workers, and ODE conditions."""
    return [_overhead(quick), _conditions(40 if quick else 1000)]


def _stochastic(conditions: int, replicates: int) -> Screen:
    """Tasks of roadrunner's SSA on W2, about 10 ms each."""
    return Screen(
        network=Case("W2").network,
        changes=[sn.Set("k0", 0.05 * (1 + i / conditions)) for i in range(1, conditions)],
        readouts=["p0@500", "p2@500"],
        t_end=500.0,
        points=11,
        method="ssa",
        replicates=replicates,
        seed=1,
        engine="roadrunner",
    )


def _overhead(quick: bool) -> Section:
    conditions, replicates = (4, 2) if quick else (15, 16)
    tasks = conditions * replicates
    screen = _stochastic(conditions, replicates)
    runner = runner_for(screen.network, "ssa", ["p0", "p2"])
    settings = [{"k0": 0.05 * (1 + i / conditions)} for i in range(conditions)]
    many = [s for s in settings for _ in range(replicates)]
    times = np.linspace(0.0, 500.0, 11)
    run_screen(screen, workers=2)  # workers load the model, once
    alone: list[float] = []
    cpu: list[float] = []
    wall: list[float] = []
    for _ in range(ROUNDS):
        alone.append(_cpu(lambda: looped(runner, many, times, seeds=True)))
        cpu.append(_cpu(lambda: run_screen(screen, workers=0)))
        wall.append(_wall(lambda: run_screen(screen, workers=1)))
        wall.append(_wall(lambda: run_screen(screen, workers=2)))
    over = [a / b - 1 for a, b in zip(cpu, alone, strict=True)]
    faster = [one / two for one, two in zip(wall[::2], wall[1::2], strict=True)]
    cells = (
        str(tasks),
        rounded([1e3 * s / tasks for s in alone]),
        rounded([1e3 * s / tasks for s in cpu]),
        ratios(over),
        ratios(faster),
    )
    return Section(
        title="A screen under SSA",
        text="W2 with roadrunner's SSA: CPU per task of a bare loop and of `run_screen` in the same "
        "process, what the latter adds (asked: below 0.20 at 10 ms a task), and wall time on one "
        "worker over that on two (asked: 1.6 or more, on a machine that is otherwise idle).",
        head=("tasks", "bare / ms", "screen / ms", "added", "wall, 1 worker over 2"),
        rows=[cells],
    )


def _conditions(n: int) -> Section:
    network = sn.load("hypoxia")
    values = [0.5 + 20.0 * i / n for i in range(n)]
    screen = Screen(
        network=network,
        changes=[sn.Set("O2_percent", v) for v in values],
        readouts=["HIF1A@6h", "GLUT1@6h"],
        t_end="6 h",
        points=7,
    )
    symbols = [network.readout_by_name[name].symbol for name in ("HIF1A", "GLUT1")]
    runner = runner_for(network, "ode", symbols)
    times = np.linspace(0.0, 21_600.0, 7)
    settings = [{"O2_percent": v} for v in values]
    alone, ours, two = [], [], []
    run_screen(screen, workers=2)
    for _ in range(ROUNDS if n < 100 else 3):
        alone.append(_wall(lambda: looped(runner, settings, times)))
        ours.append(_wall(lambda: run_screen(screen, workers=0)))
        two.append(_wall(lambda: run_screen(screen, workers=2)))
    relative = [b / a for a, b in zip(alone, ours, strict=True)]
    cells = (f"{n:,}", rounded(alone), rounded(ours), ratios(relative), rounded(two))
    return Section(
        title="A screen under ODE",
        text="`hypoxia`, 6 h, one input changed: wall seconds of a loop over a loaded RoadRunner, of "
        "`run_screen` in the same process, and on two workers.",
        head=("conditions", "bare loop / s", "screen / s", "screen over loop", "two workers / s"),
        rows=[cells],
    )


def _cpu(function: Callable[[], Any]) -> float:
    began = cpu_seconds()
    function()
    return cpu_seconds() - began


def _wall(function: Callable[[], Any]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
