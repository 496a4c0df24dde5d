"""Operators of many arguments: right values by every method, and no end of the process."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import simnet as sn
from simnet.network.expression import ASSOCIATIVE, Call, Symbol
from simnet.sbml.guard import WIDEST, Shape, flat, grouped
from simnet.sbml.mathml import from_ast, to_ast
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
COUNT = 299


def number(value: float) -> str:
    return f"<cn>{value:.15g}</cn>"


def above(value: float) -> str:
    """Whether X, which is 5, is above."""
    return f"<apply><gt/><ci>X</ci>{number(value)}</apply>"


TRUE, FALSE = above(1), above(9)
VALUES: dict[str, tuple[str, list[str], float]] = {
    "sum": ("plus", ["<ci>X</ci>", *map(number, range(COUNT))], 5 + COUNT * (COUNT - 1) / 2),
    "product": ("times", ["<ci>X</ci>", *[number(1.001)] * COUNT], 5 * 1.001**COUNT),
    "least": ("min", ["<ci>X</ci>", *(number(i - 290) for i in range(COUNT))], -290),
    "most": ("max", [*(number(i) for i in range(COUNT)), "<ci>X</ci>"], COUNT - 1),
    "all_true": ("and", [TRUE] * COUNT, 1),
    "last_false": ("and", [*[TRUE] * COUNT, FALSE], 0),
    "all_false": ("or", [FALSE] * COUNT, 0),
    "last_true": ("or", [*[FALSE] * COUNT, TRUE], 1),
    "odd": ("xor", [TRUE] * COUNT, 1),
    "even": ("xor", [*[TRUE] * COUNT, TRUE], 0),
}


def wide(op: str, args: list[str]) -> str:
    return f"<apply><{op}/>{''.join(args)}</apply>"


def to_the_left(op: str, args: list[str]) -> str:
    rest = "".join(f"{arg}</apply>" for arg in args[1:])
    return f"<apply><{op}/>" * (len(args) - 1) + args[0] + rest


def to_the_right(op: str, args: list[str]) -> str:
    opened = "".join(f"<apply><{op}/>{arg}" for arg in args[:-1])
    return opened + args[-1] + "</apply>" * (len(args) - 1)


WRITTEN = {"wide": wide, "left": to_the_left, "right": to_the_right}


def table(count: int, otherwise: str = "<otherwise><cn>-1</cn></otherwise>") -> str:
    """The first of 0, 1, ... that is not below X."""
    pieces = "".join(
        f"<piece>{number(i)}<apply><leq/><ci>X</ci>{number(i)}</apply></piece>"
        for i in range(count)
    )
    return f"<piecewise>{pieces}{otherwise}</piecewise>"


def document(rules: dict[str, str], more: str = "") -> str:
    written = "".join(
        f'<assignmentRule variable="{name}"><math {MATH}>{body}</math></assignmentRule>'
        for name, body in rules.items()
    )
    parameters = "".join(
        f'<parameter id="{name}" value="0" constant="false"/>' for name in [*rules, "free"]
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="m" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>
<listOfSpecies><species id="X" compartment="c" initialAmount="5" substanceUnits="item"
hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters>{parameters}</listOfParameters><listOfRules>{written}{more}</listOfRules>
</model></sbml>"""


def values(text: str, names: list[str], method: str = "ode", engine: str = "auto") -> np.ndarray:
    run = sn.simulate(
        from_sbml(text), t_end=1, points=2, readouts=names, method=method, engine=engine,
        seed=1, workers=0,
    )  # type: ignore[call-overload]  # fmt: skip
    return np.asarray(run.values).reshape(2, -1)[-1]


@pytest.mark.thorough
@pytest.mark.parametrize("form", WRITTEN)
def test_values_by_every_method(form: str) -> None:
    names, right = list(VALUES), [value for _, _, value in VALUES.values()]
    rules = {name: WRITTEN[form](op, args) for name, (op, args, _) in VALUES.items()}
    for count in (1, 3, 31, 32, 33, 62, 63, 64, 200):
        names.append(f"table_{count}")
        right.append(5.0 if count > 5 else -1.0)
        rules[names[-1]] = table(count)
    names.append("last")
    right.append(7)
    rules["last"] = table(5, "<otherwise><cn>7</cn></otherwise>")
    text = document(rules)
    np.testing.assert_allclose(values(text, names), right, rtol=1e-12)
    for engine in ("reference", "compiled"):
        np.testing.assert_allclose(values(text, names, "ssa", engine), right, rtol=1e-12)
    network = from_sbml(text)
    assert from_sbml(to_sbml(network)).digest == network.digest
    as_it_is = document(
        rules, f'<rateRule variable="free"><math {MATH}>{number(1)}</math></rateRule>'
    )
    assert from_sbml(as_it_is).document is not None
    np.testing.assert_allclose(values(as_it_is, names), right, rtol=1e-12)


@pytest.mark.parametrize("more", ["", "rate"], ids=["network", "file"])
def test_long_sums_of_both_signs(more: str) -> None:
    """((5 - 1) + 2) - 3 ... and, in short ones beside them, 9 - (5 - 1) and -(5 - 2)."""
    body = "<ci>X</ci>"
    for i in range(1, 301):
        term = number(i)
        if i % 50 == 0:
            term = f"<apply><minus/>{term}<apply><plus/>{number(1)}{number(2)}</apply></apply>"
        body = f"<apply><{'minus' if i % 2 else 'plus'}/>{body}{term}</apply>"
    right = 5 + 150 - 6 * 3
    inner = f"<apply><minus/>{number(9)}{body}</apply>"
    rules = {"a": body, "b": inner, "twice": f"<apply><times/>{number(2)}{body}</apply>"}
    rules["d"] = f"<apply><minus/><apply><minus/>{number(5)}{number(2)}</apply></apply>"
    if more:
        more = f'<rateRule variable="free"><math {MATH}>{number(1)}</math></rateRule>'
    text = document(rules, more)
    assert (from_sbml(text).document is not None) is bool(more)
    assert values(text, list(rules)).tolist() == [right, 9 - right, 2 * right, -3]


def in_a_chain(rules: int, levels: int) -> dict[str, str]:
    """a0 = X, and each other rule is the one before it, divided by 1 so many times."""
    left, right = "<apply><divide/>" * levels, "<cn>1</cn></apply>" * levels
    chain = {f"a{i}": f"{left}<ci>a{i - 1}</ci>{right}" for i in range(1, rules)}
    return {"a0": "<ci>X</ci>"} | chain


def test_rules_that_read_each_other_in_a_long_chain() -> None:
    """Put into each other they are 560 levels: more than Python's stack holds for the tape."""
    text = document(in_a_chain(190, 3))
    assert values(text, ["a189"]) == [5.0]
    for engine in ("reference", "compiled"):
        assert values(text, ["a189"], "ssa", engine) == [5.0]
    with pytest.raises(sn.ModelError, match="nested more than 2,000 deep, with the rules"):
        from_sbml(document(in_a_chain(50, 100)))  # roadrunner ends the process


@pytest.mark.parametrize("op", sorted(ASSOCIATIVE))
def test_what_is_written_is_read(op: str) -> None:
    for count in (2, WIDEST, WIDEST + 1, WIDEST**2, WIDEST**2 + 1, 5_000):
        expression = Call(op, tuple(Symbol(f"p{i}") for i in range(count)))
        assert from_ast(to_ast(expression), {}) == expression


@pytest.mark.parametrize("count", [2, 3, 61, 62, 63, 64, 65, 124, 125, 126, 127, 5_001, 5_002])
def test_pieces_are_read_as_written(count: int) -> None:
    expression = Call("piecewise", tuple(Symbol(f"p{i}") for i in range(count)))
    assert from_ast(to_ast(expression), {}) == expression


def test_text_is_grouped_as_it_stands() -> None:
    """Prefixes, comments and spaces stay; what is narrow stays to the letter."""
    narrow = (
        b"<m:math><m:apply> <m:plus/> <m:ci>a</m:ci><!-- b --><m:ci>c</m:ci></m:apply></m:math>"
    )
    assert grouped(narrow) == narrow
    cells = b"".join(b" <m:ci>p%d</m:ci><!-- %d -->" % (i, i) for i in range(40))
    text = b"<m:math><m:apply><m:plus/>%s </m:apply></m:math>" % cells
    made = grouped(text)
    assert Shape(text).width == 40
    assert Shape(made).width == 20
    assert made.count(b"<m:apply><m:plus/>") == 3
    assert flat(made) == text
    assert Shape(b"<a><b></a>").depth == 2  # not XML: libsbml says so


IN_A_PROCESS = """
    import sys
    import simnet as sn
    from simnet.sbml.read import from_sbml
    try:
        run = sn.simulate(from_sbml(sys.stdin.read()), t_end=1, points=2, readouts="a", workers=0)
        print(float(run.values.ravel()[-1]))
    except sn.SimnetError as error:
        print(error)
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("count", "form", "says"),
    [
        (8_000, "wide", "40000.0"),
        (8_000, "left", "40000.0"),
        (101_000, "wide", "has 101,001 terms"),
        (1_200, "table", "5.0"),
        (4_000, "table", "nested more than 200 deep"),
    ],
)
def test_no_width_ends_the_process(count: int, form: str, says: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(IN_A_PROCESS)],
        input=document(
            {
                "a": table(count)
                if form == "table"
                else WRITTEN[form]("plus", ["<ci>X</ci>"] * count)
            }
        ),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-500:]
    assert says in ran.stdout
