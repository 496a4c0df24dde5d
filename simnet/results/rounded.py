"""Numbers as people read them, in tables of terminals, pages and reports."""

import math


def rounded(value: float | None, digits: int = 4, *, most: float = 1e9) -> str:
    """About so many digits: thousands as 1,000, powers of ten below 0.001 and from `most` on; zero
    without a sign, and a dash for what there is not."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size and (size < 1e-3 or size >= most):
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= 1000 else f"{value:z.{digits}g}"


def signed(value: float, digits: int) -> str:
    """So many decimals, with a sign before all that is not zero then."""
    text = f"{value:+z.{digits}f}"
    return text if text.strip("+0.") else text[1:]
