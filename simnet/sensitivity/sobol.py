"""Sobol indices with the noise taken out: Saltelli's design, estimators of Saltelli and Jansen.

For each of N base points the rows are y_A, y_AB1 ... y_ABG, (y_BA1 ... y_BAG,) y_B, where AB_i is A
with the columns of factor or group i from B. Let y = f + e in each row, with e independent between
rows, E[e] = 0, Var[e] = v, and c the mean of all y_A and y_B.

- Variance. s^2, the sample variance of the 2N values y_A and y_B, has mean V + mean(v): the mean
  of v over A and B is subtracted.
- First order (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018, table 2b):
  V_i = mean[(y_B - c)(y_ABi - y_A)]. The three rows differ, so their products carry no noise. Only
  c holds y_A, and with it mean(v_A) / 2N too much: subtracted.
- Total (Jansen 1999, doi:10.1016/S0010-4655(98)00154-4): T_i = mean[(y_A - y_ABi)^2] / 2. Both
  squares carry noise: mean(v_A + v_ABi) / 2 is subtracted. Without that, a factor without effect
  has a total of mean(v) / (V + mean(v)): near 1 for a noisy readout.
- Second order (Saltelli 2002, doi:10.1016/S0010-4655(02)00280-1):
  V_ij = mean[(y_BAi - c)(y_ABj - c) - (y_A - c)(y_B - c)] - V_i - V_j. Products of different rows
  carry no noise; c adds mean(v_A + v_B) / 2N: subtracted.

Negative indices are estimates of small ones, and are shown as they are.
"""

from functools import partial

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.seeds import study_generator
from simnet.sensitivity.analysis import Analysis, Design, Outputs, Settings
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, Indices, Statistic, analyse_blocks

FEWEST = 8


def power_of_two(samples: int) -> int:
    """The smallest power of two that is not below, 8 or more."""
    return max(FEWEST, 1 << max(samples - 1, 0).bit_length())


def sobol_rows(space: FactorSpace, settings: Settings) -> int:
    """G + 2 rows of a base point, or 2 G + 2 with the second order; G includes the dummy."""
    exchanges = 2 if settings["second_order"] else 1
    return exchanges * len(space.labels) + 2


def sobol_design(space: FactorSpace, samples: int, seed: int, settings: Settings) -> FloatArray:
    """Saltelli's rows, in SALib's order, from a scrambled Sobol sequence of 2 D dimensions.

    `samples` must be a power of two: only then is the sequence balanced. What is
    drawn depends on the seed alone, so a longer design begins with the
    shorter one.

    SALib's own sample takes A and B from two halves of one sequence's dimensions as they come. Some
    pairs of dimensions are badly spread together, also when scrambled, and errors then exceed what
    any bootstrap says: of 140 linear effects at N = 512 one or two have a total index that is wrong
    by more than 3.5 standard errors. So B's points are shuffled, within places 2 to 3, 4 to 7, 8 to
    15, ...: each half stays evenly spread, how they pair is random, and the intervals hold.
    """
    from scipy.stats import qmc

    D, G = len(space.factors), len(space.labels)
    sequence = qmc.Sobol(2 * D, rng=study_generator(seed, "sobol", "sequence")).random(samples)
    A, B = sequence[:, :D], sequence[_shuffled(samples, seed), D:]
    belongs = space.unit_of_column == np.arange(G)[:, np.newaxis]  # (G, D)
    A_, B_ = A[:, np.newaxis, :], B[:, np.newaxis, :]
    parts = [A_, np.where(belongs, B_, A_)]
    if settings["second_order"]:
        parts.append(np.where(belongs, A_, B_))
    return np.concatenate([*parts, B_], axis=1).reshape(-1, D)


def _shuffled(samples: int, seed: int) -> IntArray:
    """Places 0 to samples - 1, shuffled within each doubling."""
    rng = study_generator(seed, "sobol", "shuffle")
    places = np.arange(samples)
    begin = 1
    while begin < samples:
        places[begin : 2 * begin] = rng.permutation(places[begin : 2 * begin])
        begin *= 2
    return places


def sobol_estimate(
    design: Design, y: FloatArray, v: FloatArray, weights: FloatArray, least: float = 0.0
) -> dict[str, Statistic]:
    """First and total (and second) order under each row of weights; see the module's docstring.
    A variance of at most `least` is none."""
    G = len(design.space.labels)
    rows, noise = design.by_block(y), design.by_block(v)
    n = weights.sum(axis=1, keepdims=True)
    rows = rows - rows[:, [0, -1]].mean()  # c of the weights is then a small rest
    A, AB, B = rows[:, :1], rows[:, 1 : 1 + G], rows[:, -1:]
    vA, vAB, vB = noise[:, :1], noise[:, 1 : 1 + G], noise[:, -1:]

    def weighted(of_block: FloatArray) -> FloatArray:
        found: FloatArray = weights @ of_block / n
        return found

    c = weighted((A + B) / 2)
    square = weighted((A**2 + B**2) / 2) - c**2
    variance = square * 2 * n / (2 * n - 1) - weighted((vA + vB) / 2)
    rounding = 1e-14 * weighted((A**2 + B**2) / 2)
    variance = np.where(variance > np.maximum(rounding, least), variance, np.nan)
    first = weighted(B * (AB - A)) - c * weighted(AB - A) - weighted(vA) / (2 * n)
    total = weighted((A - AB) ** 2) / 2 - weighted(vA + vAB) / 2
    found = {
        "first": Statistic(values=first / variance),
        "total": Statistic(values=total / variance),
    }
    if not design.settings["second_order"]:
        return found
    BA = rows[:, 1 + G : 1 + 2 * G]
    i, j = np.triu_indices(G, 1)
    both = weighted(BA[:, i] * AB[:, j] - A * B)
    both -= c * weighted(BA[:, i] + AB[:, j] - A - B)
    both -= weighted(vA + vB) / (2 * n)
    labels = design.space.labels
    place = {pair: k for k, pair in enumerate(zip(i.tolist(), j.tolist(), strict=True))}
    found["second"] = Statistic(
        values=(both - first[:, i] - first[:, j]) / variance,
        labels=tuple(f"{labels[a]} × {labels[b]}" for a, b in place),
        dummy=np.array([place[a, G - 1] for a, _ in place]),
    )
    return found


def sobol_analyse(design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices:
    """First and total order, and second where the design has it; a pair's dummy is the pair of its
    first factor with the dummy."""
    undetermined = "the readout does not vary over the design"
    if outputs.noisy:
        undetermined = (
            "the noise of the readout is about as large as its variation over the design, or "
            "larger; add replicates"
        )
    error = outputs.error**2
    spread = float(outputs.estimate[outputs.ok].var()) if outputs.ok.any() else 0.0
    floor = 2 * error / spread if spread > 0 else 0.0
    return analyse_blocks(
        design,
        outputs,
        precision,
        partial(sobol_estimate, least=error),
        undetermined=undetermined,
        floors=dict.fromkeys(("first", "total", "second"), floor),
    )


SOBOL = Analysis(
    name="sobol",
    headline="total",
    companion="first",
    words={"first": "first order"},
    summary="shares of the variance: first and total order (second on request)",
    sample="base points, a power of 2; each is D + 2 runs for D factors with the dummy",
    default_samples=512,
    rows=sobol_rows,
    sizes=power_of_two,
    design=sobol_design,
    analyse=sobol_analyse,
    settings={"second_order": 0},
    under_noise=(
        "The mean variance of the estimates is subtracted from the total order's numerator and "
        "from the variance that indices are divided by, so that indices are those of the readout "
        "without noise. What is left of the noise widens the intervals; small indices may come out "
        "negative, and are shown so."
    ),
)
