from dataclasses import dataclass

from simnet.network.network import Network, canonical_json, content_digest


@dataclass(frozen=True)
class Thing:
    a: float
    b: int = 0


def test_defaults_are_left_out() -> None:
    """So that a field that a later version adds changes no digest of what exists."""
    assert canonical_json(Thing(1.5)) == '["Thing",["a","1.5"]]'
    assert canonical_json(Thing(1.5, 2)) == '["Thing",["a","1.5"],["b",2]]'


def test_content_decides(birth_death: Network, binding: Network) -> None:
    assert birth_death.digest == content_digest(birth_death)
    assert birth_death.digest != binding.digest
    assert content_digest(Thing(0.1)) != content_digest(Thing(0.1 + 1e-17 + 1e-16))
