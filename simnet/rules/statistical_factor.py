"""The statistical factor of a reaction, exactly."""

from fractions import Fraction


def exact_factor(factor: float) -> Fraction | None:
    """The statistical factor (a count of matches over symmetries, which divide a factorial) behind
    one that BioNetGen prints with six significant digits, or None."""
    for denominator in (d for d in range(1, 5041) if 5040 % d == 0):
        ratio = Fraction(round(factor * denominator), denominator)
        if abs(float(ratio) - factor) <= 5e-6 * abs(factor):
            return ratio
    return None
