"""A folder of parts: what is there is whole, and of one identity."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simnet.errors import InputError
from simnet.results.parts import Parts, merge_parts


def opened(folder: Path, **identity: Any) -> Parts:
    return Parts.open(folder, kind="screen", identity=identity, about={"simnet": "1"})


def rows(*keys: str) -> pd.DataFrame:
    return pd.DataFrame({"key": list(keys), "value": [float(len(key)) for key in keys]})


def test_grows_and_is_found_again(tmp_path: Path) -> None:
    opened(tmp_path / "a", seed=1).write(rows("x", "x", "yy"))
    again = opened(tmp_path / "a", seed=1)
    again.write(rows("zzz"))
    assert again.keys() == {"x", "yy", "zzz"}
    found = again.read().sort_values("key", ignore_index=True)
    assert found["value"].tolist() == [1.0, 1.0, 2.0, 3.0]


def test_an_item_in_two_parts_counts_once(tmp_path: Path) -> None:
    parts = opened(tmp_path)
    parts.write(rows("x", "x", "yy"))
    parts.write(rows("yy", "zzz"))
    assert sorted(parts.read()["key"]) == ["x", "x", "yy", "zzz"]


def test_another_identity_is_refused_with_the_difference(tmp_path: Path) -> None:
    opened(tmp_path, seed=1, t_end=10.0)
    with pytest.raises(InputError, match="seed: it is 1 in the folder and here 2") as caught:
        opened(tmp_path, seed=2, t_end=10.0)
    assert "t_end" not in str(caught.value)


def test_other_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(InputError, match=r"holds other data \(thesis.tex\)"):
        opened(tmp_path)


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    parts = opened(tmp_path)
    parts.write(rows("x"))
    (path,) = (tmp_path / "runs").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    for look in (parts.keys, parts.read):
        with pytest.raises(InputError, match=f"{path.name}: damaged"):
            look()


def test_a_leftover_of_a_killed_writer_does_not_count(tmp_path: Path) -> None:
    parts = opened(tmp_path)
    parts.write(rows("x"))
    (tmp_path / "runs" / ".simnet-half").write_bytes(b"PAR1")
    (tmp_path / "runs" / ".simnet-half.parquet").write_bytes(b"PAR1")
    assert opened(tmp_path).keys() == {"x"}


def test_shards_come_together(tmp_path: Path) -> None:
    for name, key in (("1", "x"), ("2", "yy")):
        opened(tmp_path / name, seed=1).write(rows(key))
    merged = merge_parts([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    assert merged.keys() == {"x", "yy"}
    opened(tmp_path / "other", seed=2)
    with pytest.raises(InputError, match="other: seed: it is 2 in the folder and here 1"):
        merge_parts([tmp_path / "1", tmp_path / "other"], tmp_path / "all")


def test_no_results_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no results there"):
        merge_parts([tmp_path], tmp_path / "all")
