"""docs/verification.md is what `python tests/verify/document.py` writes."""

from document import TARGET, document


def test_docs_verification_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == document(), "run `python tests/verify/document.py`"
