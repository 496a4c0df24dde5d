"""Pages are compared to the digits that they claim, and to no fewer."""

import compare_pages
import pytest

TABLE = "factor  estimate   low  high\n  make      0.72  0.50  0.95\n  idle     -0.00 -0.00  0.00\n"


@pytest.mark.parametrize(
    ("kept", "now"),
    [
        (TABLE, TABLE),
        (TABLE, TABLE.replace("-0.00 -0.00", " 0.00 -0.00").replace("0.72", "0.71")),
        ("x 9.99 y", "x 10.00 y"),
        ("x 999.9 y", "x 1,000 y"),
        ("x 0.3 y", "x 0.301 y"),
        ("1.54e+08", "1.55e+08"),
        ("9e-06", "1.0e-05"),
        ("4,452 to 13,518", "4,452 to 13,519"),
        ("−0.0 to 628.6", "0.0 to 628.5"),
        ("ODE · roadrunner 2.10.0 · 24 h", "ODE · roadrunner 2.11.0 · 24 h"),
        (" ───── \n 9.9999", " ────── \n 10.0000"),
    ],
)
def test_rounding_is_no_difference(kept: str, now: str) -> None:
    assert compare_pages.agree(kept, now)
    assert compare_pages.agree(now, kept)


@pytest.mark.parametrize(
    ("kept", "now"),
    [
        (TABLE, TABLE.replace("0.72", "0.70")),
        (TABLE, TABLE.replace("0.95", "-0.95")),
        (TABLE, TABLE.replace("make", "mace")),
        (TABLE, TABLE.replace("  make", " make")),
        (TABLE, TABLE + "  lose      0.58  0.26  0.90\n"),
        (TABLE, TABLE.replace("-0.00 -0.00", "-0.01 -0.02")),
        ("x 0.301", "x 0.31"),
        ("1.54e+08", "1.54e+09"),
        ("2,903 cells", "2,905 cells"),
        ("903 cells", "904 cells"),
        ("999 cells", "1000 cells"),
        ("21 cells", "22 cells"),
        ("x 1 y 2.5", "x 1 y 2.5 3"),
        ("1.5 a", "1.6 b"),
        ("simnet 2.10.0", "simnet 2.12.0"),
    ],
)
def test_anything_more_is_one(kept: str, now: str) -> None:
    assert not compare_pages.agree(kept, now)
    assert not compare_pages.agree(now, kept)
