"""How help is laid out: a summary, options in panels in the order people need them, examples last."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

_EXAMPLES = "\n\nExamples:\n"
_SIMULATION, _OUTPUT, _EXECUTION, _FILE = "Simulation", "Output", "Execution", "Model files"
_LAST = (_OUTPUT, "COMBINE archive (.omex)", _EXECUTION, _FILE, "Development", "Help")
"""Panels that come after all others, in this order."""

_PANELS = {
    **dict.fromkeys(
        "method replicates precision t_end points equilibrate readout seed claim".split(),
        _SIMULATION,
    ),
    **dict.fromkeys("to out plot as_json as_csv markdown".split(), _OUTPUT),
    **dict.fromkeys(
        "exports dry plan yes workers shard engine timeout rtol atol max_step allow_negative".split(),
        _EXECUTION,
    ),
    **dict.fromkeys("folder kinetics written_in volume copies".split(), _FILE),
}
"""The panel of an option that names none, by the name of its parameter."""


class _Layout:
    """Fills paragraphs, puts the examples last, and sorts the options by their panels."""

    help: str | None
    epilog: str | None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        from rich.markup import escape

        super().__init__(*arguments, **options)
        text, _, examples = (self.help or "").partition(_EXAMPLES)
        self.help = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
        if examples:
            lines = (line.strip() for line in examples.strip().splitlines())
            self.epilog = "\n".join(["[bold]Examples[/bold]", *map(escape, lines)])

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters in the order in which help shows them."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
            if parameter.param_type_name == "option" and not parameter.rich_help_panel:
                parameter.rich_help_panel = _PANELS.get(parameter.name)
        return sorted(parameters, key=lambda parameter: _rank(parameter.rich_help_panel))


def _rank(panel: str | None) -> int:
    return 1 + _LAST.index(panel) if panel in _LAST else 0


class Command(_Layout, TyperCommand):
    """A command whose docstring ends with "Examples:"."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As of `_Layout`, with --help in a panel of its own, the last."""
        *parameters, shown = sorted(super().get_params(ctx), key=lambda p: p.name == "help")
        shown.rich_help_panel = "Help"
        return [*parameters, shown]


class Group(_Layout, TyperGroup):
    """The root."""
