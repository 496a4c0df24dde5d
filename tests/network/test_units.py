import pytest

from simnet.errors import ModelError
from simnet.network.expression import Call, Number, Symbol
from simnet.network.units import DIMENSIONLESS, Unit, infer, parse_unit, unit_text

SECOND = parse_unit("s")


@pytest.mark.parametrize(
    ("text", "factor", "exponents"),
    [
        ("1/s", 1.0, {"second": -1}),
        ("1/(M s)", 1.0, {"litre": 1, "mole": -1, "second": -1}),
        ("1/M/s", 1.0, {"litre": 1, "mole": -1, "second": -1}),
        ("item/s", 1.0, {"item": 1, "second": -1}),
        ("uM", 1e-6, {"litre": -1, "mole": 1}),
        ("L^2", 1.0, {"litre": 2}),
        ("h", 3600.0, {"second": 1}),
        ("1", 1.0, {}),
        ("item/mol", 1.0, {"item": 1, "mole": -1}),
    ],
)
def test_parse(text: str, factor: float, exponents: dict[str, int]) -> None:
    unit = parse_unit(text)
    assert unit.factor == factor
    assert dict(unit.exponents) == exponents
    assert parse_unit(unit_text(unit)) == unit


@pytest.mark.parametrize("text", ["", "furlong", "1/(M s", "1//", "s)", "/s/"])
def test_what_is_no_unit(text: str) -> None:
    with pytest.raises(ModelError, match="unit"):
        parse_unit(text)


def test_inference() -> None:
    known: dict[str, Unit | None] = {
        "k": parse_unit("1/(M s)"),
        "N": parse_unit("item/mol"),
        "V": parse_unit("L"),
        "A": parse_unit("item"),
        "x": None,
    }
    per_item = Call("divide", (Symbol("k"), Call("times", (Symbol("N"), Symbol("V")))))
    unit = infer(Call("times", (per_item, Symbol("A"), Symbol("A"))), known, SECOND)
    assert unit == parse_unit("item/s")
    assert infer(Call("times", (Symbol("k"), Symbol("x"))), known, SECOND) is None


def test_a_bare_number_beside_items_is_an_error() -> None:
    known: dict[str, Unit | None] = {"A": parse_unit("item")}
    with pytest.raises(ModelError, match="mixes item, 1"):
        infer(Call("minus", (Symbol("A"), Number(1))), known, SECOND)
    fine = infer(Call("minus", (Symbol("A"), Number(1, "item"))), known, SECOND)
    assert fine == parse_unit("item")


def test_functions_take_pure_numbers() -> None:
    with pytest.raises(ModelError, match="exp is given a quantity in item"):
        infer(Call("exp", (Symbol("A"),)), {"A": parse_unit("item")}, SECOND)
    assert infer(Call("exp", (Number(1),)), {}, SECOND) == DIMENSIONLESS
