"""claims.csv: what it must hold, and that all its mistakes are told at once."""

from pathlib import Path

import pytest

import simnet as sn
from simnet.catalogue.claims import CLAIM_COLUMNS, read_claims
from simnet.catalogue.protocols import read_protocols

HEAD = ",".join(CLAIM_COLUMNS)


def claimed(folder: Path, *rows: str) -> Path:
    (folder / "claims.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    return folder


@pytest.mark.parametrize("name", sn.packaged_names())
def test_packaged_claims_name_protocols(name: str, repository: Path) -> None:
    folder = repository / "networks" / name
    claims, protocols = read_claims(folder), read_protocols(folder).protocols
    assert len({claim.id for claim in claims}) == len(claims) > 0
    assert {claim.condition for claim in claims} <= protocols.keys()


def test_a_claim(tmp_path: Path) -> None:
    (claim,) = read_claims(claimed(tmp_path, 'a,A1,p,"X@1h[k=1, g=2] / X@1h",fold within,2,0.5,F'))
    assert claim.readout == "X@1h[k=1, g=2] / X@1h"
    assert (claim.bounds, claim.side, claim.expectation) == ((1.5, 2.5), "above", "1.5x to 2.5x")
    assert claim.holds(2.5)
    assert not claim.holds(2.6)


def test_what_is_no_table_of_claims(tmp_path: Path) -> None:
    with pytest.raises(sn.ModelError, match="is missing"):
        read_claims(tmp_path)
    (tmp_path / "claims.csv").write_text("id,source\n1,a\n")
    with pytest.raises(sn.ModelError, match="its columns must be id, source"):
        read_claims(tmp_path)
    with pytest.raises(sn.ModelError, match="contains no claims"):
        read_claims(claimed(tmp_path))


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    rows = {
        "a,s,p,X,at least,much,,F": "'much' is not a number",
        "b,s,p,X,at least,inf,,F": "'inf' is not a number",
        "c,s,p,X,within,1,some,F": "'some' is not a number",
        "d,s,p,X,within,1,,F": "'within' needs a tolerance",
        "e,s,p,X,within,1,-1,F": "'-1' must be positive",
        "f,s,p,X,within a factor,1,0.5,F": "a factor of 0.5 is too small",
        "g,s,p,X,at most,1,0.5,F": "'at most' takes no tolerance",
        "h,s,p,X,atleast,1,,F": "did you mean at least",
        "i,,p,X,at least,1,,F": "has no source",
        "j,s,p,X,at least,1,,": "has no evidence",
        "k,s,p,X[a=1, b=2],at least,1,,F": "quote a cell that holds a comma",
        "l,s,p,X": "does not have 8 cells",
        "m,s,p,X,at least,1,,F": "",
        "m,s,p,Y,at least,1,,F": "this id is used by two claims",
        ",s,p,X,at least,1,,F": "line 16: has no id",
    }
    with pytest.raises(sn.ModelError) as caught:
        read_claims(claimed(tmp_path, *rows))
    texts = [str(problem) for problem in caught.value.problems]
    expected = [text for text in rows.values() if text]
    assert len(texts) == len(expected), "\n".join(texts)
    for text, part in zip(texts, expected, strict=True):
        assert part in text
