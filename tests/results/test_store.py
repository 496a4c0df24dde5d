"""Saving and loading: bit for bit, never over someone else's data, and damage is found."""

import json
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simnet.errors import InputError
from simnet.results import store
from simnet.results.store import NETWORK, RECORD, TABLE, load, save
from simnet.results.trajectories import Trajectories

RunMaker = Callable[..., Trajectories]


def assert_same(one: Trajectories, other: Trajectories) -> None:
    assert one.values.shape == other.values.shape
    assert one.values.tobytes() == other.values.tobytes()
    assert one.times.tobytes() == other.times.tobytes()
    assert [c.record() for c in one.conditions] == [c.record() for c in other.conditions]
    for name in "readouts time_unit method engine record seeds failures network_sbml".split():
        assert getattr(one, name) == getattr(other, name), name


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_there_and_back_with_failures(partial_run: Trajectories, tmp_path: Path) -> None:
    sbml = '<?xml version="1.0"?>\r\n<sbml note="µM"/>\n'
    run = replace(partial_run, sbml=lambda: sbml)
    assert save(run, tmp_path / "runs" / "one") == tmp_path / "runs" / "one"
    again = load(tmp_path / "runs" / "one")
    assert again.network_sbml == sbml
    assert_same(again, run)
    assert set(contents(tmp_path / "runs" / "one")) == {TABLE, RECORD, NETWORK}


def test_every_bit_pattern_survives(make_run: RunMaker, tmp_path: Path) -> None:
    values = make_run().values.copy()
    odd = [-0.0, 5e-324, 1e308, 0.1 + 0.2, np.inf, -np.inf, 2.0**53 + 2]
    odd.append(
        struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_DEAD_BEEF))[0]
    )  # a NaN like no other
    values[0, 0].ravel()[: len(odd)] = odd
    values[1, 3] = np.nan
    run = make_run(values)
    assert_same(load(save(run, tmp_path)), run)


def test_a_deterministic_run_without_seeds_or_time_unit(make_run: RunMaker, tmp_path: Path) -> None:
    run = make_run(replicates=1, seeds=((), ()), time_unit=None)
    assert_same(load(save(run, tmp_path)), run)


def test_a_loaded_run_is_saved_over_itself_whole(make_run: RunMaker, tmp_path: Path) -> None:
    save(make_run(sbml=lambda: "<sbml/>"), tmp_path)
    before = contents(tmp_path)
    load(tmp_path).save(tmp_path)
    assert contents(tmp_path) == before


def test_methods_of_the_run_do_the_same(make_run: RunMaker, tmp_path: Path) -> None:
    run = make_run()
    assert_same(Trajectories.load(str(run.save(str(tmp_path)))), run)


def test_the_table_opens_in_pandas(partial_run: Trajectories, tmp_path: Path) -> None:
    frame = pd.read_parquet(save(partial_run, tmp_path) / TABLE)
    assert list(frame.columns) == [
        "condition",
        "replicate",
        "time",
        "GLUT1",
        "readout time",
        "MCT4",
    ]
    chosen = frame[(frame.condition == "control") & (frame.replicate == 2)]
    assert chosen.MCT4.tolist() == partial_run.values[0, 2, :, 2].tolist()
    assert chosen.time.tolist() == partial_run.times.tolist()
    assert frame.MCT4.isna().sum() == 10


def test_an_earlier_run_is_replaced_and_other_files_stay(
    make_run: RunMaker, tmp_path: Path
) -> None:
    save(make_run(sbml=lambda: "<sbml/>"), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    other = make_run(np.zeros((2, 7, 5, 3)))
    save(other, tmp_path)
    assert_same(load(tmp_path), other)
    assert set(contents(tmp_path)) == {TABLE, RECORD, "notes.txt"}, "no network of the other run"


@pytest.mark.parametrize("name", ["notes.txt", TABLE, RECORD])
def test_a_folder_with_other_data_is_left_alone(
    make_run: RunMaker, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text('{"format": "another tool"}')
    before = contents(tmp_path)
    with pytest.raises(InputError, match="holds other data") as caught:
        save(make_run(), tmp_path)
    assert name in str(caught.value)
    assert contents(tmp_path) == before


def test_a_file_is_no_folder(make_run: RunMaker, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(InputError, match="is a file"):
        save(make_run(), path)
    with pytest.raises(InputError, match="not a folder"):
        load(path)
    with pytest.raises(InputError, match="cannot be written"):
        save(make_run(), path / "below")
    for wrong in (None, 3):
        with pytest.raises(InputError, match="is not a path"):
            make_run().save(wrong)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="is not a path"):
            load(wrong)  # type: ignore[arg-type]


def test_an_interrupted_save_leaves_the_earlier_run(
    make_run: RunMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(make_run(), tmp_path)
    before = contents(tmp_path)

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_json_text", interrupted)  # the table is written by then
    with pytest.raises(KeyboardInterrupt):
        save(make_run(np.zeros((2, 4, 5, 3))), tmp_path)
    assert contents(tmp_path) == before


def test_what_a_killed_save_left_is_no_data(make_run: RunMaker, tmp_path: Path) -> None:
    (tmp_path / ".simnet-abc").mkdir()
    run = make_run()
    assert_same(load(save(run, tmp_path)), run)


def test_a_table_without_its_record_is_found(
    make_run: RunMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(make_run(), tmp_path)
    moves = iter([True, False])

    def killed_after_one(source: Path, target: Path) -> None:
        if not next(moves):
            raise KeyboardInterrupt
        original(source, target)

    original = os.replace
    monkeypatch.setattr(os, "replace", killed_after_one)
    with pytest.raises(KeyboardInterrupt):
        save(make_run(np.zeros((2, 4, 5, 3))), tmp_path)
    with pytest.raises(InputError, match="of another run"):
        load(tmp_path)


def test_missing_folder_and_files_are_named(make_run: RunMaker, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"record\.json and trajectories\.parquet missing"):
        load(tmp_path)
    save(make_run(), tmp_path)
    (tmp_path / TABLE).unlink()
    with pytest.raises(InputError, match=r": trajectories\.parquet missing"):
        load(tmp_path)


@pytest.mark.parametrize("name", [TABLE, RECORD])
def test_damage_is_found(make_run: RunMaker, tmp_path: Path, name: str) -> None:
    path = save(make_run(), tmp_path) / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="damaged"):
        load(tmp_path)


def edit_record(folder: Path, **changed: object) -> None:
    data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    (folder / RECORD).write_text(json.dumps(data | changed))


def test_a_table_of_another_size_is_named(make_run: RunMaker, tmp_path: Path) -> None:
    save(make_run(), tmp_path)
    edit_record(tmp_path, times=[0.0, 1.0])
    with pytest.raises(
        InputError, match=r"parquet: .* rows and .* columns do not match its record"
    ):
        load(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"times": [0.0, 1.0]},
        {"times": "soon"},
        {"seeds": 3},
        {"readouts": [{"name": "GLUT1"}]},
        {"record": None},
        {"record": {"schema": 1}},
        {"failures": [{"condition": "control"}]},
    ],
)
def test_an_edited_record_is_found(
    make_run: RunMaker, tmp_path: Path, changed: dict[str, object]
) -> None:
    save(make_run(), tmp_path)
    edit_record(tmp_path, **changed)
    with pytest.raises(InputError):
        load(tmp_path)


def test_a_table_that_is_not_parquet_is_found(make_run: RunMaker, tmp_path: Path) -> None:
    save(make_run(), tmp_path)
    (tmp_path / TABLE).write_text("condition,replicate\n")
    edit_record(tmp_path, sha256=store._checksum(tmp_path / TABLE))
    with pytest.raises(InputError, match="damaged"):
        load(tmp_path)


def test_a_newer_schema_is_refused(make_run: RunMaker, tmp_path: Path) -> None:
    run = make_run()
    save(run, tmp_path)
    edit_record(tmp_path, record=run.record.to_json() | {"schema": 99})
    with pytest.raises(InputError, match="record of schema 99"):
        load(tmp_path)
