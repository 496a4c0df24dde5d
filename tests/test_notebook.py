"""What a notebook shows of each thing: a heading and a table, escaped."""

import simnet as sn


def test_a_network_tells_what_can_be_changed_and_read() -> None:
    html = sn.load("hypoxia")._repr_html_()
    for told in (
        "101 species",
        "O2_percent = 20 %",
        "oxygen_clamp = 1,",
        "GLUT1",
        "HIF1A",
        "axitinib",
    ):
        assert told in html


def test_a_study_and_its_result() -> None:
    study = sn.SensitivityStudy(
        network=sn.load("hypoxia"),
        readouts="HIF1A@1h",
        analysis="local",
        parameters=["HIF1A_synthesis", "HIF1A_degradation"],
        equilibrate="1 h",
    )
    assert repr(study) == (
        "<SensitivityStudy: local of hypoxia, ODE; 3 factors, "
        f"{study.evaluations} evaluations; readouts HIF1A@1h>"
    )
    assert "<td>HIF1A_synthesis</td>" in study._repr_html_()
    html = sn.run_study(study, workers=0)._repr_html_()
    assert "hypoxia · local" in html
    assert "<td>HIF1A_degradation</td>" in html


def test_an_ensemble_shows_its_end() -> None:
    found = sn.run_ensemble(
        sn.load("hypoxia"), t_end="1 min", points=3, replicates=10, seed=1, readouts=["HIF1A"],
        workers=0,
    )  # fmt: skip
    html = found._repr_html_()
    assert "<td>HIF1A</td>" in html
    assert html.count("<tr") == 2
    assert html.startswith("<div><b>Ensemble: hypoxia")
