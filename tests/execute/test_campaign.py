"""Campaigns: the same rows in one go, in pieces, in shards, and after more was asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import simnet as sn
from simnet.execute.campaign import Item, items_of, run_campaign
from simnet.execute.plan import Plan, planned
from simnet.execute.run import Gathered
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run
from simnet.results.parts import Parts, merge_parts


def make_plan(network: sn.Network, *, conditions: int = 3, replicates: int = 5) -> Plan:
    changed = [
        Condition(changes=(sn.Scale("A", 1.0 + i),), label=f"c{i}") for i in range(conditions)
    ]
    how = Run(t_end=5.0, points=3, method="ssa", replicates=replicates, seed=1, engine="roadrunner")
    return planned(network, how, changed, workers=0)


def measured(item: Item, found: Sequence[Gathered]) -> pd.DataFrame:
    (gathered,) = found
    reasons = {failure.replicate: failure.reason for failure in gathered.failures}
    indices = range(item.first, item.stop)
    return pd.DataFrame(
        {
            "condition": item.condition,
            "replicate": indices,
            "value": gathered.values[:, -1, 0],
            "reason": [reasons.get(i, "") for i in indices],
        }
    )


def run(plan: Plan, **how: Any) -> pd.DataFrame:
    parts = how.get("parts")
    stored = parts.keys() if parts is not None else ()
    items = items_of(plan, block=2, stored=stored)
    rows = run_campaign(plan, items, measure=measured, workers=0, **how)
    return rows.drop(columns="key")


def opened(folder: Path) -> Parts:
    return Parts.open(folder, kind="screen", identity={}, about={})


def test_pieces_and_shards_make_the_whole(binding: sn.Network, tmp_path: Path) -> None:
    plan = make_plan(binding)
    whole = run(plan)
    assert whole["condition"].tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert whole["replicate"].tolist() == [*range(5)] * 3
    shards = [run(plan, shard=(i, 2), parts=opened(tmp_path / str(i))) for i in (1, 2)]
    assert sorted(map(len, shards)) == [7, 8]
    merged = merge_parts([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    calls: list[tuple[int, int]] = []
    again = run(plan, parts=merged, progress=lambda *numbers: calls.append(numbers))
    pd.testing.assert_frame_equal(again, whole, check_exact=True)
    assert calls == []  # nothing was computed again


def test_more_replicates_and_conditions_extend(binding: sn.Network, tmp_path: Path) -> None:
    parts = opened(tmp_path)
    run(make_plan(binding, conditions=2, replicates=5), parts=parts)
    more = make_plan(binding, conditions=3, replicates=7)
    done: list[int] = []
    found = run(more, parts=parts, progress=lambda d, _: done.append(d))
    assert done == [*range(11, 22)]  # 10 of the 21 were there
    pd.testing.assert_frame_equal(found, run(more), check_exact=True)


def test_a_stopped_campaign_keeps_what_is_complete(binding: sn.Network, tmp_path: Path) -> None:
    plan = make_plan(binding)

    def stop(done: int, total: int) -> None:
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, parts=opened(tmp_path), progress=stop)
    assert len(opened(tmp_path).keys()) == 4  # blocks of 2, 2, 1 and 2
    pd.testing.assert_frame_equal(run(plan, parts=opened(tmp_path)), run(plan), check_exact=True)


def test_what_fails_is_a_row(binding: sn.Network) -> None:
    plan = make_plan(binding)
    bad = Condition(schedule=(sn.At(1.0, sn.Add("A", -1000)),), label="too much")
    import dataclasses

    plan = dataclasses.replace(plan, conditions=(*plan.conditions, bad))
    rows = run(plan)
    failed = rows[rows["condition"] == 3]
    assert len(failed) == 5
    assert failed["reason"].str.contains("A").all()
    assert (rows[rows["condition"] < 3]["reason"] == "").all()


def test_shard_of_nothing(binding: sn.Network) -> None:
    with pytest.raises(sn.InputError, match="shard 3/2: parts are numbered from 1"):
        run(make_plan(binding), shard=(3, 2))
    with pytest.raises(sn.InputError, match="shard=0: not a whole number of at least 1"):
        run(make_plan(binding), shard=(0, 2))
    with pytest.raises(sn.InputError, match=r"shard='1/2': not \(i, n\)"):
        run(make_plan(binding), shard="1/2")
