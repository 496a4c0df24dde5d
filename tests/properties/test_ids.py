"""Ids are valid and unique, whatever they are made from."""

import libsbml
from hypothesis import given
from hypothesis import strategies as st

from simnet.sbml.ids import Ids

texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["time", "pi", "e", "A", "A_2", "A__", "_", "", "1", "é", "A(b=1) % B()"]),
)


@given(st.lists(texts, max_size=30))
def test_claimed_ids_are_valid_and_unique(wanted: list[str]) -> None:
    ids = Ids()
    claimed = [ids.claim(text) for text in wanted]
    assert all(libsbml.SyntaxChecker.isValidSBMLSId(name) for name in claimed)
    assert len(set(claimed)) == len(claimed)
    again = Ids()
    assert [again.claim(text) for text in wanted] == claimed


@given(st.lists(texts, max_size=10), st.lists(texts, max_size=10))
def test_what_is_taken_stays_taken(before: list[str], wanted: list[str]) -> None:
    ids = Ids(before)
    assert not {ids.claim(text) for text in wanted} & set(before)


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True))
def test_a_good_name_is_kept(name: str) -> None:
    claimed = Ids().claim(name)
    assert claimed.startswith(name.rstrip("_") or "x")
