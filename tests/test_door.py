"""The public names, pinned: one that comes or goes is a decision, not an accident."""

import pkgutil

import simnet as sn

PUBLIC = {
    *(
        "load",
        "simulate",
        "rerun",
        "ProgressBar",
        "join",
        "write_sbml",
        "plot_series",
        "packaged_names",
    ),
    *("Network", "Trajectories", "Run"),
    *("cross_check", "Verification"),
    *("run_ensemble", "Ensemble", "Precision", "LogNormal", "Normal", "Uniform"),
    *("first_passage_times", "survival", "median_time", "noise_parts", "two_modes"),
    *("plot_distribution", "plot_conditions", "plot_joint", "plot_survival"),
    *("Screen", "run_screen", "ScreenResult", "write_report"),
    *("SensitivityStudy", "run_study", "StudyResult", "IndexPrecision"),
    *("Difference", "differences"),
    *("parse_readout", "run_claims", "ablate", "robustness"),
    *(
        "Set",
        "Scale",
        "Add",
        "Knockdown",
        "Knockout",
        "Clamp",
        "Condition",
        "Overexpress",
        "Dose",
        "Washout",
    ),
    *("At", "Pulse", "Repeat"),
    *("SimnetError", "InputError", "UnknownNameError", "ModelError", "UnsupportedError"),
    *("MissingToolError", "SimulationError", "StateError"),
    *("Problem", "SimnetWarning", "Interrupted"),
}


def _submodules() -> set[str]:
    return {m.name for m in pkgutil.iter_modules(sn.__path__)} | {"networks", "exported"}


def test_public_names() -> None:
    names = {name for name in vars(sn) if not name.startswith("_")} - _submodules()
    assert names == PUBLIC


def test_no_function_has_the_name_of_a_submodule() -> None:
    assert not PUBLIC & _submodules()


def test_public_names_have_docstrings() -> None:
    assert [name for name in PUBLIC if not getattr(sn, name).__doc__] == []
