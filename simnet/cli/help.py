"""How help is laid out: a summary, options in panels in the order people need them, examples last."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

_EXAMPLES = "\n\nExamples:\n"
_SIMULATION, _OUTPUT, _EXECUTION, _FILE = "Simulation", "Output", "Execution", "Model files"
_LAST = (_OUTPUT, _EXECUTION, _FILE)
"""Panels that come after all others, in this order."""

_PANELS = {
    **dict.fromkeys(
        "method simulate replicates t_end points equilibrate readout seed claim".split(),
        _SIMULATION,
    ),
    **dict.fromkeys("to out plot as_json as_csv markdown".split(), _OUTPUT),
    **dict.fromkeys(
        "dry plan yes workers shard engine timeout rtol max_step allow_negative".split(), _EXECUTION
    ),
    **dict.fromkeys("folder kinetics written_in volume copies".split(), _FILE),
}
"""The panel of an option that names none, by its parameter."""


def _laid_out(command: Any) -> None:
    """Fill paragraphs, put the examples last, and sort the options by their panels."""
    from rich.markup import escape

    text, _, examples = (command.help or "").partition(_EXAMPLES)
    command.help = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
    if examples:
        lines = [f"  {line.strip()}" for line in examples.strip().splitlines()]
        command.epilog = "\n".join(["[bold]Examples[/bold]", *map(escape, lines)])
    for parameter in command.params:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        if parameter.param_type_name == "option" and not parameter.rich_help_panel:
            parameter.rich_help_panel = _PANELS.get(parameter.name)
    command.params.sort(key=lambda parameter: _rank(parameter.rich_help_panel))


def _rank(panel: str | None) -> int:
    return 1 + _LAST.index(panel) if panel in _LAST else 0


def _help_option(option: Any) -> Any:
    """The option --help, in the last panel."""
    if option is not None:
        option.metavar, option.rich_help_panel = "", "Help"
    return option


class Command(TyperCommand):
    """A command whose docstring ends with "Examples:"."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _laid_out(self)

    def get_help_option(self, ctx: Any) -> Any:
        """--help, in the last panel."""
        return _help_option(super().get_help_option(ctx))


class Group(TyperGroup):
    """The root, whose commands stand in the order in which they were added."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _laid_out(self)
