"""Texts become trees, and trees texts; what is wrong is said with its column."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.errors import InputError
from simnet.experiment.change import Change, Clamp, Dose, Knockdown, Knockout, Scale, Set
from simnet.experiment.times import UNITS, duration
from simnet.readouts.language import (
    OF_COURSE,
    OF_ENSEMBLE,
    Binary,
    Compare,
    Constant,
    Negative,
    OfCourse,
    OfEnsemble,
    Pointwise,
    Quantity,
    Span,
    Tree,
    canonical_text,
    quantities,
)
from simnet.readouts.parser import parse_readout

# ------------------------------------------------------------------ trees that the parser can make
_sizes = st.floats(min_value=0, allow_infinity=False).map(abs)
_spans = st.tuples(_sizes, st.sampled_from(sorted(set(UNITS.values())))).map(
    lambda pair: canonical_text(Constant(pair[0])) + pair[1]
)
_times = st.one_of(_sizes, _spans)
_names = st.sampled_from(["X", "pS6_proximal", "max", "h", "E(b~p, c!1)", 'a "quoted" name', "É"])
_literals = st.one_of(_sizes.map(Constant), _spans.map(Span))


def _combined(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    either = st.one_of(inner, _literals)
    return st.one_of(
        st.builds(Negative, inner),
        st.builds(Pointwise, st.sampled_from(["log2", "log", "abs"]), inner),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, either),
        st.builds(Binary, st.sampled_from("+-*/^"), either, inner),
    )


def _of_course(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    window = st.one_of(st.none(), st.tuples(_times, _times))
    plain = st.sampled_from([name for name in OF_COURSE if name != "first_passage"])
    compare = st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), inner, _literals)
    return st.one_of(
        st.builds(OfCourse, plain, inner, window),
        st.builds(OfCourse, st.just("first_passage"), compare, window),
    )


def _of_ensemble(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    plain = st.sampled_from([n for n in OF_ENSEMBLE if n not in ("quantile", "fraction")])
    inside = st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)
    compare = st.builds(Compare, st.sampled_from(["<", ">"]), _literals, inner)
    return st.one_of(
        st.builds(OfEnsemble, plain, inner),
        st.builds(OfEnsemble, st.just("quantile"), inner, inside),
        st.builds(OfEnsemble, st.just("fraction"), compare),
    )


def _of_condition(key: tuple[Change, ...]) -> st.SearchStrategy[Tree]:
    """Trees of one condition, with or without a statistic."""
    courses: st.SearchStrategy[Tree] = st.recursive(
        st.builds(Quantity, _names, st.none(), st.just(key)), _combined, max_leaves=3
    )
    points = st.builds(Quantity, _names, _times, st.just(key))
    numbers = st.recursive(st.one_of(points, _of_course(courses)), _combined, max_leaves=3)
    either = st.one_of(courses, numbers)
    peak = _of_course(st.builds(OfEnsemble, st.just("cv"), courses))
    return st.one_of(either, _of_ensemble(either), peak)


_CONDITIONS: list[tuple[Change, ...]] = [
    (),
    (Set("k", -2.5), Clamp("E(b)", 5.0)),
    (Dose("rapamycin", nM=1e-5), Knockout("HIF1A"), Scale("k", 2.0)),
]
_trees = st.recursive(st.one_of(*map(_of_condition, _CONDITIONS)), _combined, max_leaves=4)


@given(_trees)
def test_the_canonical_text_reads_back_as_the_same_tree(tree: Tree) -> None:
    expression = parse_readout(canonical_text(tree))
    assert expression.tree == tree
    assert expression.canonical == canonical_text(tree)
    assert parse_readout(expression.canonical) == expression


@given(st.text(alphabet="X@3h(),[]=<+-*/^ .'\"acukn", max_size=30))
def test_any_text_is_read_or_refused_with_its_column(text: str) -> None:
    try:
        asked = parse_readout(text)
    except InputError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert parse_readout(asked.canonical) == asked
    assert not refusal or re.search(r"column \d+|is empty", refusal)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("pS6@48h", "pS6@48h"),
        (" pS6 @ 48 hours ", "pS6@48h"),
        ("pS6@172800.0", "pS6@172800"),
        ("cv(GLUT1)@6h", "cv(GLUT1@6h)"),
        ("(X + Y)@6h", "X@6h + Y@6h"),
        ("(X - auc(Y))@6h", "X@6h - auc(Y)"),
        ("fraction(X > 3)@6h", "fraction(X@6h > 3)"),
        ("auc(X)[k=2]", "auc(X[k=2])"),
        ("(X/Y)[k=x2]@1d", "X@1d[k=x2] / Y@1d[k=x2]"),
        ("X[k=2]@1h", "X@1h[k=2]"),
        ("(X@1h[HIF1A=knockout] / X@1h)[k=3]", "X@1h[k=3, HIF1A=knockout] / X@1h[k=3]"),
        ("a@1 - b@1 - c@1", "a@1 - b@1 - c@1"),
        ("a@1 - (b@1 - c@1)", "a@1 - (b@1 - c@1)"),
        ("a@1 / (b@1 * c@1)", "a@1 / (b@1 * c@1)"),
        ("(a@1 / b@1) * c@1", "a@1 / b@1 * c@1"),
        ("a@1^b@1^2", "a@1^b@1^2"),
        ("(a@1^b@1)^2", "(a@1^b@1)^2"),
        ("(-a@1)^2", "(-a@1)^2"),
        ("-a@1^2", "-a@1^2"),
        ("2^-a@1", "2^-a@1"),
        ("auc(X, 6h, 24 hr)", "auc(X, 6h, 24h)"),
        ("first_passage(X>=100)/1h", "first_passage(X >= 100) / 1h"),
        ("'X'@1 + \"Y(a)\"@1", 'X@1 + "Y(a)"@1'),
        ("quantile(X@1, .9)", "quantile(X@1, 0.9)"),
        ("X@1[axitinib=.1uM, 'E(b)'=held 5]", 'X@1[axitinib=100nM, "E(b)"=held 5]'),
    ],
)
def test_equal_questions_have_one_text(text: str, canonical: str) -> None:
    assert parse_readout(text).canonical == canonical
    assert parse_readout(text) == parse_readout(canonical)


def test_precedence_is_that_of_arithmetic() -> None:
    X = Quantity("X", 1.0)
    two = Constant(2.0)
    assert parse_readout("-X@1^2").tree == Negative(Binary("^", X, two))
    assert parse_readout("-X@1*2").tree == Binary("*", Negative(X), two)
    assert parse_readout("2-X@1-2").tree == Binary("-", Binary("-", two, X), two)
    assert parse_readout("2+X@1*2").tree == Binary("+", two, Binary("*", X, two))
    assert parse_readout("2^X@1^2").tree == Binary("^", two, Binary("^", X, two))


def test_what_must_be_run_is_known() -> None:
    asked = parse_readout(
        "log2(auc(X, 6h, 24h)[r=100nM, H=knockdown 0.9] / auc(X, 6h, 24h)) + max(Y) + X@3600 + Y@6h"
    )
    assert asked.conditions == ((Dose("r", nM=100.0), Knockdown("H", 0.9)), ())
    assert asked.symbols == ("X", "Y")
    assert asked.times == ("6h", "24h", 3600.0)
    assert [q.name for q in quantities(asked.tree)] == ["X", "X", "Y", "X", "Y"]
    assert str(asked) == asked.canonical


@pytest.mark.parametrize(
    ("text", "course", "needs_course", "ensemble"),
    [
        ("X@6h", False, False, False),
        ("X", True, True, False),
        ("cv(X)", True, True, True),
        ("cv(X)@6h", False, False, True),
        ("auc(X)", False, True, False),
        ("X@6h / Y@6h", False, False, False),
        ("X@6h[k=2] / Y@6h[k=2]", False, False, False),
        ("X@6h[k=2] / Y@6h", False, False, True),
        ("max(mean(X))", False, True, True),
        ("median(first_passage(X > 3))", False, True, True),
        ("X * auc(Y)", True, True, False),
    ],
)
def test_the_kind_of_value_is_known(
    text: str, course: bool, needs_course: bool, ensemble: bool
) -> None:
    asked = parse_readout(text)
    assert (asked.is_course, asked.needs_course, asked.is_ensemble) == (
        course,
        needs_course,
        ensemble,
    )


@pytest.mark.parametrize("unit", UNITS)
def test_units_of_time_are_those_of_the_package(unit: str) -> None:
    (time,) = parse_readout(f"X@2 {unit}").times
    assert duration(time, "time") == duration(f"2 {unit}", "time")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("pS6@", 5, "the text ends where a time should be; write 48h, 30 min or 7d"),
        ("X@-3", 3, "'-' where a time should be"),
        ("X@3 parsecs", 5, "'parsecs' after a number is not a unit of time; units of time are ms"),
        ("X@1e999", 3, "1e999 is too large"),
        ("meen(X)@3", 1, "'meen' is no function; did you mean mean"),
        ("E(b)@3", 1, "A name with parentheses goes in quotes"),
        ("auc(X@3)", 5, "X@3 is not a time course, and auc needs one; leave the @ out: auc(X)"),
        ("first_passage(X@3 > 1)", 15, "leave the @ out: first_passage(X > 100)"),
        ("1 + X@3@4", 8, "X@3 is not a time course; @ goes with a time course"),
        ("auc(X)@4", 7, "auc(X) is not a time course"),
        ("3 + 4h", 1, "names no readout"),
        ("(X@3", 5, "the text ends where ')' should be"),
        ("X@3)", 4, "')' is not expected here"),
        ("X Y", 3, "'Y' is not expected here"),
        ("$", 1, "'$' where a value should be; write a readout's name"),
        ("X@3 > 2", 5, "a comparison is only allowed in first_passage and fraction only"),
        ("auc(X > 2)", 7, "a comparison is only allowed in first_passage and fraction only"),
        ("first_passage(X)", 16, "first_passage needs a comparison; write first_passage(X > 100)"),
        ("fraction(X@3)", 13, "fraction needs a comparison; write fraction(X@6h > 100)"),
        ("auc(X, 3)", 9, "a window has a start and an end; write auc(X, 6h, 24h)"),
        ("max(X, Y)", 8, "'Y' where a time should be"),
        ("quantile(X@3)", 13, "quantile needs a probability; write quantile(X@6h, 0.9)"),
        ("quantile(X@3, 1)", 15, "1 is not between 0 and 1; write 0.9 for 90 %"),
        ("quantile(X@3, p)", 15, "'p' where a number should be"),
        ("mean(3)", 6, "3 is the same in every replicate"),
        (
            "mean(cv(X))@3",
            6,
            "cv(X) is already one number for all replicates; apply mean to the replicates",
        ),
        ("cv(X@3[k=2] - X@3)", 4, "X@3[k=2] - X@3 is already one number for all replicates"),
        ("24h[k=2]", 4, "24h is the same in every condition"),
        ("X@3[]", 5, "']' where a name should be; write NAME=VALUE"),
        ("X@3[k 2]", 7, "'2' where '=' should be"),
        ("X@3[k=]", 7, "a change is missing; write one of 2.5, x2, add 10, knockdown 0.9"),
        ("X@3[k=2 pM of it]", 7, "'2 pM of it' is not a change"),
        ("X@3[HIF1A=knockdown]", 11, "'knockdown' is not a change"),
        ("X@3[HIF1A=deleted 3]", 11, "'deleted 3' is not a change"),
        ("X@3[k=2, k=3]", 10, "k is changed twice"),
        ("X@3[k=1e999]", 7, "'1e999' is not a change"),
        ("X@3[k=2", 8, "the text ends where ']' should be"),
        ("(" * 60 + "X", 42, "nested more than 40 deep"),
        ("-" * 60 + "X", 42, "nested more than 40 deep"),
        ("+".join(["X@1"] * 300), 801, "more than 200 terms; split it into several"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused(text: str, column: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_readout(text)
    assert f"readout {text!r}: column {column}: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "is empty"), ("  ", "is empty"), (None, "is not a text"), (3, "is not a text")],
)
def test_no_text_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=f'{why}; write for example "pS6@48h"'):
        parse_readout(text)
