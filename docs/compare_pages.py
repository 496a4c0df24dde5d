"""Whether a page shows what its code printed, to the digits that the page claims."""

import re
from decimal import Decimal

_VERSION = re.compile(r"(?<=roadrunner )\d+(?:\.\d+)+")  # of what is installed here
_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?![\d,]*\.\d)")
_SPACE, _RULE = re.compile(r"[ \t]+"), re.compile(r"[─-]{3,}")


def agree(kept: str, now: str) -> bool:
    """Whether two texts are equal but for the rounding of their numbers.

    A number may differ by one unit of its last digit, and zero may have a sign: other processors and
    versions of libraries round otherwise. Whole numbers below 1,000 are counts, and have to be
    equal; above, tables show rounded values so. Columns may be wider only where a number is.
    """
    kept, now = (_VERSION.sub("VERSION", text) for text in (kept, now))
    numbers = [_NUMBER.findall(text) for text in (kept, now)]
    if numbers[0] == numbers[1]:
        return kept == now
    return _words(kept) == _words(now) and all(map(_close, *numbers))


def _words(text: str) -> list[str]:
    text = _RULE.sub("---", _NUMBER.sub("#", text))
    return [_SPACE.sub(" ", line).strip() for line in text.splitlines()]


def _close(kept: str, now: str) -> bool:
    (a, unit_a, whole_a), (b, unit_b, whole_b) = _read(kept), _read(now)
    if whole_a and whole_b and min(abs(a), abs(b)) < 1000:
        return a == b
    return abs(a - b) <= min(unit_a, unit_b)


def _read(text: str) -> tuple[Decimal, Decimal, bool]:
    """A number, the unit of its last digit, and whether it is whole as it is written."""
    value = Decimal(text.replace(",", "").replace("−", "-"))
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return value, Decimal(1).scaleb(exponent), "." not in text and "e" not in text
