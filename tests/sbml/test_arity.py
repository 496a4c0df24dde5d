"""Operators of none, one and many arguments, as SBML L3V2 (3.4) has them: right values everywhere."""

import operator
from collections.abc import Callable, Sequence
from math import fmod, prod, sqrt, trunc

import numpy as np
import pytest

import simnet as sn
from simnet.errors import ModelError
from simnet.network.expression import ASSOCIATIVE, COMPARISONS, OPERATORS, Call, Symbol, text
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
OF = {"p": 0.5, "q": 2.0, "r": 3.0, "z": 0.0}
GROUPS = [
    "",
    "q",
    "z",
    "qr",
    "rq",
    "qq",
    "zz",
    "rqp",
    "pqr",
    "prq",
    "qqr",
    "qqq",
    "zzq",
    "qzq",
    "qrpz",
]
DIVIDED = ["qr", "rq", "qq", "rp", "zq"]
MORE_THAN_ONE = [group for group in GROUPS if len(group) > 1]


def _chain(compare: Callable[[float, float], bool]) -> Callable[[Sequence[float]], float]:
    return lambda values: float(all(map(compare, values, values[1:])))


def _minus(values: Sequence[float]) -> float:
    return -values[0] if len(values) == 1 else values[0] - sum(values[1:])


RIGHT: dict[str, tuple[Callable[[Sequence[float]], float], list[str]]] = {
    "plus": (sum, GROUPS),
    "times": (prod, GROUPS),
    "min": (min, GROUPS[1:]),
    "max": (max, GROUPS[1:]),
    "and": (lambda values: float(all(values)), GROUPS),
    "or": (lambda values: float(any(values)), GROUPS),
    "xor": (lambda values: float(sum(map(bool, values)) % 2), GROUPS),
    "minus": (_minus, ["q", "qr"]),
    "lt": (_chain(operator.lt), MORE_THAN_ONE),
    "leq": (_chain(operator.le), MORE_THAN_ONE),
    "gt": (_chain(operator.gt), MORE_THAN_ONE),
    "geq": (_chain(operator.ge), MORE_THAN_ONE),
    "eq": (_chain(operator.eq), MORE_THAN_ONE),
    "neq": (_chain(operator.ne), ["qr", "qq"]),
    "quotient": (lambda values: float(trunc(values[0] / values[1])), DIVIDED),
    "rem": (lambda values: fmod(*values), DIVIDED),
    "implies": (lambda values: float(not values[0] or bool(values[1])), MORE_THAN_ONE[:4]),
    "piecewise": (lambda values: values[0], ["q"]),
    "root": (lambda values: sqrt(values[0]), ["q"]),
}


def written(op: str, args: Sequence[str]) -> str:
    if op == "piecewise":
        return f"<piecewise><otherwise>{args[0]}</otherwise></piecewise>"
    return f"<apply><{op}/>{''.join(args)}</apply>"


def cases(varying: bool) -> dict[str, tuple[str, float]]:
    """MathML and value by a name: arguments are parameters, or species, so that a tape reads them."""
    found = {}
    for op, (value, groups) in RIGHT.items():
        for group in groups:
            args = [f"<ci>{letter}{'s' if varying else ''}</ci>" for letter in group]
            right = float(value([OF[letter] for letter in group]))
            name = f"{op}_{group}"
            found[name] = written(op, args), right
            if op in ("and", "or", "xor") and group:  # of truths, too
                truths = [f"<apply><gt/>{arg}<cn>0</cn></apply>" for arg in args]
                found[f"{name}_truths"] = written(op, truths), right
    return found


def document(rules: dict[str, str], more: str = "") -> str:
    ruled = "".join(
        f'<assignmentRule variable="{name}"><math {MATH}>{body}</math></assignmentRule>'
        for name, body in rules.items()
    )
    parameters = "".join(
        f'<parameter id="{name}" value="{OF.get(name, 0)}" constant="{str(name in OF).lower()}"/>'
        for name in [*OF, *rules, "free"]
    )
    species = "".join(
        f'<species id="{name}s" compartment="c" initialAmount="{8 * value:g}" constant="false" '
        'substanceUnits="item" hasOnlySubstanceUnits="false" boundaryCondition="true"/>'
        for name, value in OF.items()
    )  # concentrations in a volume of 8, of whole amounts
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="m" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments><compartment id="c" size="8" spatialDimensions="3" constant="true"/>
</listOfCompartments><listOfSpecies>{species}</listOfSpecies>
<listOfParameters>{parameters}</listOfParameters><listOfRules>{ruled}{more}</listOfRules>
</model></sbml>"""


@pytest.mark.parametrize("varying", [False, True], ids=["constants", "species"])
@pytest.mark.parametrize("engine", ["roadrunner", "reference", "compiled", "file"])
def test_values(engine: str, varying: bool) -> None:
    wanted = cases(varying)
    more = ""
    if engine == "file":  # run as it is
        more = f'<rateRule variable="free"><math {MATH}><cn>1</cn></math></rateRule>'
    network = from_sbml(document({name: body for name, (body, _) in wanted.items()}, more))
    assert (network.document is not None) is (engine == "file")
    method = "ssa" if engine in ("reference", "compiled") else "ode"
    run = sn.simulate(
        network, t_end=1, points=2, readouts=list(wanted), method=method, seed=1, workers=0,
        engine=engine if method == "ssa" else "auto",
    )  # type: ignore[arg-type]  # fmt: skip
    got = np.asarray(run.values).reshape(2, -1)
    for row in got:
        wrong = {
            name: (float(value), right)
            for value, (name, (_, right)) in zip(row, wanted.items(), strict=True)
            if abs(value - right) > 1e-12
        }
        assert wrong == {}


@pytest.mark.parametrize(("a", "b"), [(-7, 3), (7, -3), (-7, -3), (-6, 3), (7, 3)])
def test_quotients_of_negative_numbers(a: int, b: int) -> None:
    """They lie on the side of 0, as in C and in roadrunner by itself."""
    numbers = f"<cn type='integer'>{a}</cn><cn type='integer'>{b}</cn>"
    rules = {op: f"<apply><{op}/>{numbers}</apply>" for op in ("quotient", "rem")}
    run = sn.simulate(
        from_sbml(document(rules)), t_end=1, points=2, readouts=list(rules), workers=0
    )
    assert run.values[0, 0, -1].tolist() == [trunc(a / b), fmod(a, b)]


def test_read_again_it_is_the_same() -> None:
    rules = {name: body for name, (body, _) in cases(True).items()}
    network = from_sbml(document(rules))
    assert from_sbml(to_sbml(network)).digest == network.digest


@pytest.mark.parametrize(
    "op", ["min", "max", "minus", "divide", "power", "exp", "root", "log", "not"]
)
def test_what_has_no_value_is_refused(op: str) -> None:
    with pytest.raises(ModelError):
        from_sbml(document({"a": written(op, [])}))


def test_more_and_less_than_an_operator_takes_is_refused() -> None:
    for op in ("minus", "divide", "power", "not", "neq"):
        with pytest.raises(ModelError, match="wrong number of arguments"):
            from_sbml(document({"a": written(op, ["<ci>q</ci>"] * 3)}))
    for op in ("lt", "leq", "gt", "geq", "eq", "neq", "divide", "power"):
        with pytest.raises(ModelError, match="wrong number of arguments"):
            from_sbml(document({"a": written(op, ["<ci>q</ci>"])}))


@pytest.mark.parametrize("op", sorted(ASSOCIATIVE | COMPARISONS))
def test_a_call_of_one_has_a_value_and_a_text(op: str) -> None:
    assert isinstance(OPERATORS[op](2.0), float)
    assert "q" in text(Call(op, (Symbol("q"),)))
    if op not in ("min", "max"):
        assert isinstance(OPERATORS[op](), float)
        assert text(Call(op, ()))
