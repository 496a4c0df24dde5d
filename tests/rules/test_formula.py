"""BioNetGen's formulas: precedence, functions, and what is refused."""

import math

import pytest

import simnet as sn
from simnet.network.expression import function
from simnet.rules.formula import formula

VALUES = {"a": 2.0, "b": 3.0, "c": 5.0}

GIVEN = [
    ("a+b*c", 17), ("a-b-c", -6), ("c/a/b", 5 / 6), ("(a+b)*c", 25), ("a^b", 8), ("a**b", 8),
    ("-a^2", -4), ("2^-a", 0.25), ("1.5e2*a", 300), (".5*a", 1), ("a<b", 1), ("a>=b", 0),
    ("a<b && b>c", 0), ("a<b || b>c", 1), ("if(a>b,a,c)", 5), ("min(a,b,c)", 2), ("max(a,b)", 3),
    ("sum(a,b,c)", 10), ("avg(a,b)", 2.5), ("ln(a)", math.log(2)), ("log10(a)", math.log10(2)),
    ("log2(c)", math.log2(5)), ("rint(2.5)", 3), ("exp(a)", math.exp(2)), ("a()", 2),
    ("_pi", math.pi), ("time()", 7), ("t", 7), ("!(a<b)", 0), ("a==2", 1), ("a!=2", 0), ("--a", 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), GIVEN)
def test_values(text: str, wanted: float) -> None:
    assert function(formula(text, VALUES, "x"))(VALUES, 7.0) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a" + "+a" * 20_000, 40_002),
        ("1" + "*1.001" * 1_000, 1.001**1_000),
        ("a>1" + " && a>1" * 3_000, 1),
        ("a>9" + " || a>9" * 3_000 + " || a>1", 1),
        ("max(a" + ",a" * 3_000 + ",c)", 5),
        ("a" + "-b+c" * 1_000, 2_002),
        ("c*(1" + "-a" * 1_000 + "+b)", -9_980),
        ("-a" + "-(a-b)" * 500, 498),
        ("(" * 150 + "a" + ")" * 150, 2),
    ],
    ids=lambda value: str(value)[:12],
)
def test_long_formulas(text: str, wanted: float) -> None:
    assert function(formula(text, VALUES, "x"))(VALUES, 7.0) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["a" + "/a" * 900, "-" * 900 + "a", "if(a,1," * 300 + "a" + ")" * 300]
)
def test_deep_formulas_are_refused(text: str) -> None:
    with pytest.raises(sn.ModelError, match="nested more than 200 deep"):
        formula(text, VALUES, "x")


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a+", "(a", "a)", "f(a)", "a(b)", "if(a,b)", "a;b", "__import__('os')", "nobody",
     "a $ b", '"x"', "exp()", "(" * 300 + "a" + ")" * 300],
)  # fmt: skip
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(sn.ModelError, match="x: "):
        formula(text, VALUES, "x")
