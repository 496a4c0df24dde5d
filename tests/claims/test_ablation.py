"""Ablation: what falls without what, on a chain where it is known."""

from pathlib import Path

import pytest

import simnet as sn
from simnet.arrays import TimesByReadouts
from simnet.claims.robustness import ablate
from simnet.experiment.program import Program
from simnet.network.network import Network


def test_what_falls_without_what(chain: Network, folder: Path) -> None:
    """Without k nothing is at rest, but protocols that set k make X as before: it starts from 0.
    Without m there is no Y. With d = g, Y rests at 200 and still doubles with k."""
    found = ablate(chain, folder=folder, workers=0)
    assert [finding.verdict for finding in found.whole] == ["holds"] * 5
    fallen = {ablated.mechanism.name: ablated.fallen for ablated in found.without}
    assert fallen == {
        "synthesis": ("double", "later", "steady", "Y"),
        "second_step": ("Y",),
        "fast_loss": (),
    }
    frame = found.frame()
    assert frame["fallen"].sum() == 5
    assert set(frame["mechanism"]) == fallen.keys()


def test_a_claim_that_does_not_hold_cannot_fall(chain: Network, folder: Path) -> None:
    file = folder / "claims.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("within,100,5", "within,200,5"))
    found = ablate(chain, folder=folder, workers=0)
    assert all("steady" not in ablated.fallen for ablated in found.without)


def test_no_mechanism(chain: Network, folder: Path) -> None:
    file = folder / "protocols.toml"
    file.write_text(file.read_text(encoding="utf-8").split("[mechanisms")[0])
    with pytest.raises(sn.InputError, match="declares no mechanism"):
        ablate(chain, folder=folder)


def test_what_cannot_be_simulated_has_not_fallen(
    chain: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arms of which every replicate fails, and the reason."""
    from simnet.engines.roadrunner import RoadRunnerSimulator

    run = RoadRunnerSimulator.run

    def failing(
        self: RoadRunnerSimulator, program: Program, seed: int, tighter: float = 1.0
    ) -> TimesByReadouts:
        if program.settings["m"] == 0:
            raise sn.SimulationError("no convergence")
        return run(self, program, seed, tighter)

    monkeypatch.setattr(RoadRunnerSimulator, "run", failing)
    found = ablate(chain, folder=folder, workers=0)
    without = {ablated.mechanism.name: ablated for ablated in found.without}["second_step"]
    assert without.fallen == ()
    assert {finding.verdict for finding in without.findings} == {"not run"}
    assert all("no convergence" in finding.note for finding in without.findings)


def test_it_goes_on_in_a_folder(chain: Network, folder: Path) -> None:
    whole = ablate(chain, folder=folder, workers=0)
    first = ablate(chain, folder=folder, workers=0, out=folder / "out")
    again = ablate(
        chain, folder=folder, out=folder / "out", progress=lambda *_: pytest.fail("ran again")
    )
    assert repr(first) == repr(again) == repr(whole)  # NaN equals none
    file = folder / "protocols.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('zero = ["m"]', 'zero = ["d"]'))
    with pytest.raises(sn.InputError, match="mechanisms: it is"):
        ablate(chain, folder=folder, out=folder / "out")
    with pytest.raises(sn.InputError, match="another kind: ablation, not claims"):
        sn.run_claims(chain, folder=folder, out=folder / "out")
