"""Scaled sensitivities at the baseline: d ln y / d ln p by central differences.

Each factor is multiplied by exp(+h), exp(-h), exp(+h/2), exp(-h/2), all others at their baselines; a
group's members are multiplied alike. With D(h) = (y(+h) - y(-h)) / 2h the derivative dy / d ln p is
- without noise: D = (4 D(h/2) - D(h)) / 3, whose error is of order h^4 (Richardson). What remains is
  taken as |D(h) - D(h/2)| / 3, which is the error that was removed, plus 3 a |y| / h for what
  the integrator leaves: a is the `accuracy`, the relative error of a readout.
- with noise: the slope of the line through the four points, which has the least variance; its error
  is z times its standard deviation plus 17/15 |D(h) - D(h/2)|.

Without noise the step is h = a^(1/5), where both errors are alike (0.04 at a = 1e-7); with noise
take a larger one, `step=0.1` or more. No factor leaves its range: where the baseline is at an edge,
the four rows are at h, 2h, 3h and 4h on the other side, and dy / d ln p is that of the polynomial
through them and the baseline (with noise: of the parabola of least squares through the four). Its
error is its distance from the one of a degree less, plus what the integrator leaves. In a range too
narrow for either the steps are shorter. One readout at one time is one output: a time course is one
output for each time. `scaled` divides by the readout at the baseline, `absolute` is dy / d ln p in
the readout's unit. `samples` repeats all rows with other seeds, which only noise needs.

Error estimates: Press et al., Numerical Recipes, 3rd ed., section 5.7. Control coefficients and
elasticities are the same derivatives of a steady state's fluxes and amounts: see `control`.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from simnet.arrays import FloatArray
from simnet.elementary import exp, log
from simnet.errors import InputError, Problem, Problems
from simnet.sensitivity.analysis import Analysis, Design, Outputs, Settings, check_outputs
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, IndexRow, Indices

_MOVES = np.array([1.0, -1.0, 0.5, -0.5])  # of h
_ASIDE = np.array([4.0, 3.0, 2.0, 1.0])  # of h, to the side of a range where there is room
_PER_FACTOR = len(_MOVES)
_ALIKE = 0.1  # the part of a move by which members of a group may differ; the slope's error at most
_CURVED = 17 / 15  # error of the slope through the four points over D(h) - D(h/2)

_ACCURACY = 1e-7
_NOISY_STEP = 0.2  # smaller ones drown in noise


def local_settings(given: Settings, noisy: bool, tolerance: float) -> Settings:
    """With a step above the noise, or the accuracy that the integrator's tolerance allows."""
    if noisy:
        return given if given.get("step") else {**given, "step": _NOISY_STEP}
    return {"accuracy": max(_ACCURACY, min(10 * tolerance, 9e-3)), **given}


def local_rows(space: FactorSpace, settings: Settings) -> int:
    """4 G + 1 rows of a repetition; G includes the dummy."""
    return _PER_FACTOR * len(space.labels) + 1


def local_design(space: FactorSpace, samples: int, seed: int, settings: Settings) -> FloatArray:
    """Values (rows, D): the baseline, then four rows a factor, in each repetition.

    Raises:
        InputError: a baseline that is not positive or not in its range, a step out of range, or a
            group whose members cannot change by the same factor.
    """
    problems = Problems()
    for f in space.factors:
        if f.baseline <= 0:
            why = f"its baseline {f.baseline:g} has no logarithm"
            problems.add(f"factor {f.name}", why, "exclude it, or use another analysis")
        elif not f.lower <= f.baseline <= f.upper:
            why = f"its baseline {f.baseline:g} is not in its range, {f.lower:g} to {f.upper:g}"
            way_out = "vary it around its value (fold=2), exclude it, or use another analysis"
            problems.add(f"factor {f.name}", why, way_out)
    if not 0 <= settings["step"] < 1:
        way_out = "0.1 changes a factor by a tenth; 0 chooses"
        problems.add(f"step={settings['step']:g}", "not from 0 to 1", way_out)
    if not 0 < settings["accuracy"] < 1e-2:
        problems.add(f"accuracy={settings['accuracy']:g}", "not from 0 to 0.01", "1e-7 is usual")
    if problems:
        raise InputError(problems)
    h = settings["step"] or exp(log(float(settings["accuracy"])) / 5)  # where the errors are alike
    steps = [_steps(space, unit, h) for unit in range(len(space.labels))]
    stuck = [label for label, moves in zip(space.labels, steps, strict=True) if not moves.any()]
    if stuck:
        why = (
            "its members are at opposite ends of their ranges and cannot change by the same factor"
        )
        way_out = "vary them one by one, or give wider ranges"
        raise InputError(Problem(what=f"group {g}", why=why, way_out=way_out) for g in stuck)
    baseline = np.array([f.baseline for f in space.factors])
    rows = [baseline]
    for unit, moves in enumerate(steps):
        for move in moves:
            rows.append(np.where(space.unit_of_column == unit, baseline * exp(move), baseline))
    matrix = np.tile(np.array(rows), (samples, 1))
    for i, factor in enumerate(space.factors):
        if factor.whole:
            matrix[:, i] = np.rint(matrix[:, i])
    if apart := _apart(space, matrix[: len(rows)]):
        why = "its members are whole molecules and would not change by the same factor"
        way_out = "set a larger step, or vary them one by one"
        raise InputError(Problem(what=f"group {g}", why=why, way_out=way_out) for g in apart)
    return matrix


def _steps(space: FactorSpace, unit: int, h: float) -> FloatArray:
    """(4,) ln p - ln baseline of a unit's rows, with which none of its factors leaves its range."""
    members = [f for f, u in zip(space.factors, space.unit_of_column, strict=True) if u == unit]
    up = min(log(f.upper / f.baseline) for f in members)
    down = min(log(f.baseline / f.lower) if f.lower > 0 else math.inf for f in members)
    least, most = sorted((max(up, 0.0), max(down, 0.0)))
    if least >= min(h, most / 4) > 0:
        return _MOVES * min(h, least)
    return (_ASIDE if up > down else -_ASIDE) * min(h, most / 4)


def _apart(space: FactorSpace, rows: FloatArray) -> list[str]:
    """Groups of one repetition's rows whose members differ by more than `_ALIKE` in their moves."""
    change, unit = rows / rows[0] - 1, space.unit_of_column
    each = [change[_rows_of(u)][:, unit == u] for u in range(len(space.labels))]
    differ = [np.ptp(c, axis=1) > _ALIKE * np.abs(c).min(axis=1) + 1e-9 for c in each]
    return [label for label, wrong in zip(space.labels, differ, strict=True) if wrong.any()]


@dataclass(frozen=True)
class _Derivative:
    """dy / d ln p: its value, the standard deviation by noise, the other error, and repetitions."""

    value: float = math.nan
    sd: float = math.nan
    rest: float = math.nan
    n: int = 0


def local_analyse(design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices:
    """`scaled` and `absolute` of each factor.

    Rows that failed take along the four rows of their factor in their repetition, a failed baseline
    its repetition. The interval holds both errors of the module's docstring; converged means that
    its half-width is within the tolerance (of `absolute`: relative to the largest), influential that
    the magnitude is above the dummy's by more than both errors.

    Raises:
        InputError: outputs of another design, or variances unknown.
    """
    from scipy.stats import norm

    check_outputs(design, outputs, needs_variance=True)
    z = float(norm.ppf(0.5 + precision.confidence / 2))
    y, v = design.by_block(outputs.estimate), design.by_block(outputs.variance)
    sound = np.isfinite(y[:, 0])
    if not sound.any():
        statement = f"{outputs.readout}: the baseline failed; no index could be estimated."
        n, stuck = design.samples, not outputs.noisy
        return Indices(rows=(), statements=(statement,), lost=n, blocks=n, stuck=stuck)
    statements = _failures(design, outputs, y)
    centre = float(y[sound, 0].mean())
    centre_sd = float(np.sqrt(v[sound, 0].sum()) / sound.sum())
    error = design.settings["accuracy"] * abs(centre)
    found = []
    for unit in range(len(design.space.labels)):
        rows = _rows_of(unit)
        usable = sound & np.isfinite(y[:, rows]).all(axis=1)
        n = int(usable.sum())
        derivative = _Derivative()
        if n:
            mean, variance = y[usable, rows].mean(axis=0), v[usable, rows].sum(axis=0) / n**2
            moves = _moves(design, unit, rows)
            slope = _slope_aside if (moves > 0).all() or (moves < 0).all() else _slope
            derivative = slope(moves, mean, variance if outputs.noisy else None, centre, error)
        found.append(replace(derivative, n=n))
    scaled_exists = abs(centre) > z * centre_sd and centre != 0
    if not scaled_exists:
        why = "zero" if centre == 0 else "not distinguishable from zero within its noise"
        statements.append(
            f"{outputs.readout}: the readout at the baseline is {why}, "
            "so it has no scaled sensitivities; see the absolute ones."
        )
    index_rows = []
    if scaled_exists:
        shares = [_scaled(d, centre, centre_sd) for d in found]
        index_rows += _index_rows(design, outputs, "scaled", shares, z, precision.tolerance)
    largest = max((abs(d.value) for d in found if math.isfinite(d.value)), default=0.0)
    tolerated = precision.tolerance * largest
    index_rows += _index_rows(design, outputs, "absolute", found, z, tolerated)
    return Indices(
        rows=tuple(index_rows),
        statements=tuple(statements),
        lost=int(design.samples - np.isfinite(y).all(axis=1).sum()),
        blocks=design.samples,
        stuck=not outputs.noisy,
    )


def _rows_of(unit: int) -> slice:
    """Where a unit's rows are in a repetition, behind the baseline."""
    return slice(1 + _PER_FACTOR * unit, 1 + _PER_FACTOR * (unit + 1))


def _moves(design: Design, unit: int, rows: slice) -> FloatArray:
    """(4,) ln p - ln baseline of the unit's rows; whole amounts moved by what they were moved."""
    column = int(np.flatnonzero(design.space.unit_of_column == unit)[0])
    values = design.by_block(design.matrix)[0][:, column]
    moves: FloatArray = np.log(values[rows] / values[0])
    return moves


def _slope(
    moves: FloatArray, mean: FloatArray, variance: FloatArray | None, centre: float, error: float
) -> _Derivative:
    """From means (4,) in the order of `_MOVES`, with their variances (4,) where there is noise; the
    integrator's error is that of each mean."""
    wide, narrow = moves[0] - moves[1], moves[2] - moves[3]
    if wide == 0 or narrow == 0:
        return _Derivative()
    at_wide = float(mean[0] - mean[1]) / wide
    at_narrow = float(mean[2] - mean[3]) / narrow
    gap = abs(at_wide - at_narrow)
    if variance is not None:
        weights = (moves - moves.mean()) / ((moves - moves.mean()) ** 2).sum()
        sd = math.sqrt(float(weights**2 @ variance))
        return _Derivative(float(weights @ mean), sd, _CURVED * gap)
    ratio = (wide / narrow) ** 2  # 4, but for whole amounts
    value = (ratio * at_narrow - at_wide) / (ratio - 1) if ratio > 1 else at_narrow
    return _Derivative(value, 0.0, gap / max(ratio - 1, 1.0) + 3 * error / (wide / 2))


def _slope_aside(
    moves: FloatArray, mean: FloatArray, variance: FloatArray | None, centre: float, error: float
) -> _Derivative:
    """As `_slope`, from means that lie to one side of the baseline, in the order of `_ASIDE`."""
    if len(set(moves)) < _PER_FACTOR:  # whole amounts of a few molecules
        return _Derivative()
    if variance is not None:
        line, parabola = _slope_weights(moves, 1), _slope_weights(moves, 2)
        sd = math.sqrt(float(parabola**2 @ variance))
        return _Derivative(float(parabola @ mean), sd, abs(float((parabola - line) @ mean)))
    moves, points = np.array([0.0, *moves]), np.array([centre, *mean])
    weights = _slope_weights(moves, 4)
    nearer = np.array([0, 2, 3, 4])
    less = float(_slope_weights(moves[nearer], 3) @ points[nearer])
    value = float(weights @ points)
    left = error * float(np.abs(weights).sum())
    return _Derivative(value, 0.0, abs(value - less) + left)


def _slope_weights(moves: FloatArray, degree: int) -> FloatArray:
    """w such that w @ y is the slope at 0 of the polynomial of least squares through (moves, y)."""
    weights: FloatArray = np.linalg.pinv(np.vander(moves, degree + 1, increasing=True))[1]
    return weights


def _scaled(d: _Derivative, centre: float, centre_sd: float) -> _Derivative:
    """Over the readout at the baseline, whose own noise adds (delta method)."""
    value = d.value / centre
    sd = math.hypot(d.sd / centre, value * centre_sd / centre)
    return _Derivative(value, sd, d.rest / abs(centre), d.n)


def _index_rows(
    design: Design,
    outputs: Outputs,
    index: str,
    found: list[_Derivative],
    z: float,
    tolerated: float,
) -> list[IndexRow]:
    dummy = found[-1]
    rows = []
    for label, d in zip(design.space.labels, found, strict=True):
        half = z * d.sd + d.rest
        itself = label == design.space.dummy
        above = 0.0 if itself else abs(d.value) - abs(dummy.value)
        reach = 0.0 if itself else z * math.hypot(d.sd, dummy.sd) + d.rest + dummy.rest
        known = math.isfinite(half) and math.isfinite(reach)
        rows.append(
            IndexRow(
                readout=outputs.readout,
                analysis=design.analysis,
                index=index,
                factor=label,
                estimate=d.value,
                low=d.value - half if known else -math.inf,
                high=d.value + half if known else math.inf,
                dummy=dummy.value,
                above_low=above - reach if known else -math.inf,
                above_high=above + reach if known else math.inf,
                influential=bool(above - reach > 0) if known else None,
                converged=bool(known and half <= tolerated),
                n=d.n,
                tolerated=tolerated,
            )
        )
    return rows


def _failures(design: Design, outputs: Outputs, y: FloatArray) -> list[str]:
    failed = int((~outputs.ok).sum())
    if not failed:
        return []
    sound = y[np.isfinite(y[:, 0])]  # a failed baseline takes its repetition along
    lost = [
        label
        for unit, label in enumerate(design.space.labels)
        if not np.isfinite(sound[:, _rows_of(unit)]).all(axis=1).any()
    ]
    text = f"{outputs.readout}: {failed} of {design.rows} rows failed"
    if not lost:
        return [f"{text}; other repetitions stand in."]
    return [f"{text}; no index of {', '.join(lost)} could be estimated."]


LOCAL = Analysis(
    name="local",
    headline="scaled",
    summary="scaled sensitivities d ln y / d ln p at the baseline",
    sample="repetitions; each is 4 D + 1 runs for D factors with the dummy. 1 is enough for ODE",
    default_samples=1,
    rows=local_rows,
    sizes=lambda samples: max(1, samples),
    design=local_design,
    analyse=local_analyse,
    settings={"step": 0.0, "accuracy": _ACCURACY},
    companion="absolute",
    words={"scaled": "d ln y / d ln p", "absolute": "dy / d ln p"},
    derivatives=True,
    adapted=local_settings,
    under_noise=(
        "The slope through four points carries no bias by noise; its interval holds the variance "
        "of the estimates. Larger steps (step=0.1 to 0.3) carry less noise and more curvature."
    ),
)
