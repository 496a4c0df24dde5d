from pathlib import Path

import pytest

import simnet as sn
from simnet.catalogue.claims import CLAIM_COLUMNS, read_claims


@pytest.mark.parametrize("name", sn.packaged_names())
def test_claims_are_data_about_readouts(name: str, repository: Path) -> None:
    claims = read_claims(repository / "networks" / name)
    assert len({claim.id for claim in claims}) == len(claims) > 0
    assert {claim.readout for claim in claims} <= sn.load(name).readout_by_name.keys()
    assert all(claim.source and claim.condition and claim.evidence for claim in claims)


def test_what_is_no_table_of_claims(tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    file.write_text("id,source\n1,a\n")
    with pytest.raises(sn.ModelError, match="its columns must be id, source"):
        read_claims(tmp_path)
    head = ",".join(CLAIM_COLUMNS)
    file.write_text(f"{head}\n1,a,b,c,fold,much,,F\n2,a,b,c,fold,1,some,F\n")
    with pytest.raises(sn.ModelError) as caught:
        read_claims(tmp_path)
    assert len(caught.value.problems) == 2
