"""A study's result from its folder."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simnet.errors import InputError, Problem
from simnet.sensitivity.design import Outputs
from simnet.sensitivity.indices import IndexRow, Indices, Step
from simnet.sensitivity.result import (
    CONTROL,
    CONVERGENCE,
    DESIGN,
    FAILURE_COLUMNS,
    FAILURES,
    FORMAT,
    INDICES,
    OUTPUTS,
    OVER_TIME,
    STUDY,
    StudyResult,
    design_of,
    space_of,
)

if TYPE_CHECKING:
    import pandas as pd


_TEXTS = {"readout", "method", "index", "factor", "of", "time", "reason", "condition", "table"}
_TEXTS |= {"quantity", "by", "influential", "converged"}
_WHOLE = {"n", "row", "block", "replicate", "seed"}


def loaded(folder: Path) -> StudyResult:
    """See `StudyResult.load`."""
    import pandas as pd

    try:
        record = json.loads((folder / STUDY).read_bytes())
        if record["format"] != FORMAT:
            raise KeyError("format")
        about = record["about"]
        if "simulate" in about:  # as the method was called before, and analysis the method
            about |= {"analysis": about["method"], "method": about.pop("simulate")}
        design = design_of(about, space_of(about, record["left out"]))
        matrix = pd.read_parquet(folder / DESIGN)[list(design.space.names)].to_numpy()
        if matrix.shape != design.positions.shape:
            raise ValueError("the rows are not those of the study")
        frame = _csv(folder / INDICES)
        rows = _by("readout", _rows(frame))
        steps = _by("readout", (Step(**r) for r in _records(_csv(folder / CONVERGENCE), Step)))
        indices = {
            name: Indices(
                rows=tuple(rows[name]),
                steps=tuple(steps[name]),
                statements=tuple(kept["said"]),
                lost=kept["lost"],
                blocks=kept["blocks"],
                stuck=kept["stuck"],
            )
            for name, kept in record["indices"].items()
        }
        control = folder / CONTROL
        return StudyResult(
            about=about,
            design=replace(design, given_matrix=matrix),
            outputs=_outputs(pd.read_parquet(folder / OUTPUTS)),
            indices=indices,
            over_time=_over_time(_csv(folder / OVER_TIME)),
            failures=_csv(folder / FAILURES, len(FAILURE_COLUMNS)),
            control=_csv(control) if control.is_file() else pd.DataFrame(),
            statements=tuple(record["statements"]),
        )
    except OSError as error:
        why = f"no study there ({error.strerror}: {Path(str(error.filename)).name})"
        raise InputError(Problem(what=str(folder), why=why)) from error
    except (ValueError, KeyError, TypeError) as error:
        why = "damaged, or not of ours"
        raise InputError(Problem(what=str(folder / STUDY), why=why)) from error


def _csv(path: Path, ours: int | None = None) -> "pd.DataFrame":
    """A table; behind the first `ours` columns all are numbers, whatever they are called."""
    import pandas as pd

    # As text, so that Python reads the numbers: exactly as they were written.
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[])
    for place, name in enumerate(frame.columns):
        known = ours is None or place < ours
        if not (known and name in _TEXTS):
            number = int if known and name in _WHOLE else float
            frame[name] = [number(text) if text else float("nan") for text in frame[name]]
    return frame


def _records(frame: "pd.DataFrame", kind: type) -> list[dict[str, Any]]:
    names = [f.name for f in fields(kind)]
    return [dict(zip(names, row, strict=True)) for row in frame[names].itertuples(index=False)]


def _rows(frame: "pd.DataFrame") -> list[IndexRow]:
    truth = {"True": True, "False": False, "": None}
    rows = []
    for record in _records(frame, IndexRow):
        record["influential"] = truth[record["influential"]]
        record["converged"] = truth[record["converged"]]
        rows.append(IndexRow(**record))
    return rows


def _by(name: str, items: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        found[getattr(item, name)].append(item)
    return found


def _over_time(frame: "pd.DataFrame") -> dict[str, dict[str, Indices]]:
    found: dict[str, dict[str, list[IndexRow]]] = {}
    for of, time, row in zip(frame["of"], frame["time"], _rows(frame), strict=True):
        found.setdefault(of, {}).setdefault(time, []).append(row)
    return {
        of: {time: Indices(rows=tuple(rows)) for time, rows in times.items()}
        for of, times in found.items()
    }


def _outputs(frame: "pd.DataFrame") -> dict[str, Outputs]:
    return {
        str(name): Outputs(
            readout=str(name),
            estimate=part["estimate"].to_numpy(),
            variance=part["variance"].to_numpy(),
            reasons={
                int(row): reason
                for row, reason in zip(part["row"], part["reason"], strict=True)
                if reason
            },
        )
        for name, part in frame.groupby("readout", sort=False)
    }
