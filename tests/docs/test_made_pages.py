"""Pages that are made when the site is built: errors, public names, networks."""

import inspect
import warnings

import error_examples
import griffe
import network_pages
import pytest
import reference_page
import run_arguments

import simnet as sn
from simnet import errors

CLASSES = {
    thing
    for thing in vars(errors).values()
    if inspect.isclass(thing) and issubclass(thing, Exception)
}


def test_every_error_has_an_example() -> None:
    """But the base, which nothing raises."""
    assert {example.raises for example in error_examples.EXAMPLES} == CLASSES - {errors.SimnetError}


@pytest.mark.parametrize("example", error_examples.EXAMPLES, ids=lambda e: e.raises.__name__)
def test_an_example_raises_its_error(example: error_examples.Example) -> None:
    raised = error_examples.outcome(example)
    assert type(raised) is example.raises
    assert str(raised)


def test_every_public_name_is_on_the_page() -> None:
    page = reference_page.page()
    for name, thing in vars(sn).items():
        if not name.startswith("_") and not inspect.ismodule(thing):
            assert f"::: {thing.__module__}.{thing.__qualname__}\n" in page, name


@pytest.mark.parametrize("name", network_pages.names())
def test_the_page_of_a_network_has_its_numbers(name: str) -> None:
    network, page = sn.load(name), network_pages.page(name)
    for item in (*network.parameters, *network.readouts, *network.inputs, *network.drugs):
        name_of = getattr(item, "id", None) or item.name
        assert f"| {name_of} |" in page, name_of
    assert f"]({name}.svg)" in page
    assert all(svg.startswith(("<svg", "<?xml")) for svg in network_pages.pictures(name).values())


@pytest.mark.parametrize("study", network_pages.STUDIES)
@pytest.mark.parametrize("name", network_pages.names())
def test_the_claims_are_those_of_the_network_as_it_is(name: str, study: str) -> None:
    """If not: python docs/network_pages.py NAME, or with --robustness."""
    assert network_pages.digest_of_claims(name, study) == sn.load(name).digest


def test_examples_leave_warnings_as_they_were() -> None:
    before = list(warnings.filters)
    error_examples.outcome(error_examples.EXAMPLES[0])
    assert list(warnings.filters) == before


def test_the_reference_lists_every_argument_of_a_run() -> None:
    """What mkdocstrings shows of a verb: griffe with the site's extension."""
    extensions = griffe.load_extensions(run_arguments.ArgumentsOfRuns)
    package = griffe.load("simnet", extensions=extensions, docstring_parser="google")
    for verb in (sn.simulate, sn.run_ensemble, sn.first_passage_times):
        shown = package[f"{verb.__module__.removeprefix('simnet.')}.{verb.__name__}"]
        expected = inspect.signature(verb).parameters
        assert [p.name for p in shown.parameters] == list(expected)
        assert shown.parameters["points"].default == str(expected["points"].default)
        (section,) = (s for s in shown.docstring.parsed if s.kind.value == "parameters")
        assert {item.name for item in section.value} == set(expected)
