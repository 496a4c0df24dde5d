"""What a processor makes of a few studies, as JSON; run by test_processors.py."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import simnet as sn
from simnet.claims.robustness import latin_hypercube
from simnet.sensitivity.analysis import make_design

MODEL = """model small
  species X, Y; X = 0; Y = 5
  make = 20; lose = 0.5; idle = 1; turn = 0.3
  R1: -> X; make
  R2: X -> Y; lose*X/(1 + idle*Y/50)
  R3: Y -> ; turn*Y
end
"""


def bits(values: Any) -> str:
    """A digest of every bit."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()


def main(folder: Path) -> dict[str, Any]:
    """Digests where the bits are the same everywhere, and numbers where digits are."""
    (folder / "small.ant").write_text(MODEL, encoding="utf-8")
    network = sn.load(folder / "small.ant")
    exact, close = {}, {}
    study = sn.SensitivityStudy(
        network=network,
        readouts="Y@20",
        analysis="sobol",
        samples=64,
        fold=2,
        method="ssa",
        replicates=2,
        seed=1,
    )
    found = sn.run_study(study)
    exact["replicates of a study"] = bits(found.outputs["Y@20"].estimate)
    close["indices of a study"] = found.frame()["estimate"].tolist()
    for method in ("sobol", "morris", "local", "prcc", "pawn"):
        samples = 2 if method == "local" else 64
        exact[f"design of {method}"] = bits(
            make_design(method, study.space, samples, seed=1).matrix
        )
    hypercube = latin_hypercube(network.parameters, sets=500, fold=3.0, seed=2)
    exact["hypercube"] = bits(hypercube)
    for name, spread in (("log-normal", sn.LogNormal(cv=0.3)), ("normal", sn.Normal(cv=0.2))):
        exact[f"{name} factors"] = bits([spread.factor(u / 9973) for u in range(1, 9973)])
        cells = sn.simulate(
            network,
            t_end=30,
            points=4,
            method="ssa",
            replicates=64,
            seed=3,
            variability={"make": spread},
        )
        exact[f"{name} cells"] = bits(cells.values)
        summary = cells.summary()[["mean", "sd", "cv", "fano"]]
        close[f"statistics of {name} cells"] = summary.fillna(0).to_numpy().ravel().tolist()
    ode = sn.simulate(network, t_end=30, points=4).values.ravel()
    close["ode"] = ode.tolist()
    return {"exact": exact, "close": close}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
