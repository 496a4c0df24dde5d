"""Build a PySB model whose numbers all come from one parameter table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import pysb

from .annotations import annotate
from .table import TableError, read_table, token_parameter, token_sizes

CELL = "V_cell"  # the volume that concentrations refer to where nothing else is said


class Builder:
    """A PySB model in the making, with its parameter table.

    Components are added one by one and never exported into a caller's namespace, so that several
    models can be built side by side. Parameters are created when a rule first asks for them.
    """

    def __init__(self, name: str, table: Path) -> None:
        """Start an empty model; raises TableError if the table cannot be read."""
        self.table = table
        self._rows = read_table(table)
        self._sizes = token_sizes(self._rows)
        self._model: Any = pysb.Model(name, _export=False)
        annotate(self._model, self._model, f"network:{name}")
        self._suffix = ""

    def cell(self, name: str) -> Builder:
        """Return a builder of the same model whose rules act in one cell of several.

        Molecules, rules, observables and expressions that it adds end in `_<name>`; parameters are
        shared by all cells, and so are expressions of parameters only. What it looks up is the
        cell's own, or else what all cells share.
        """
        own = copy(self)
        own._suffix = f"_{name}"
        return own

    # ------------------------------------------------------------ numbers
    def parameter(self, name: str) -> Any:
        """Return the parameter of the table row with this name (or of a token size).

        Raises TableError if there is no such row.
        """
        known = self._model.parameters.get(name)
        if known is not None:
            return known
        row = self._rows.get(name) or self._sizes.get(name)
        if row is None:
            raise TableError(f"{self.table} has no row {name!r}: add the row or mend the name")
        value = row.value if name in self._rows else row.copies_per_token
        return self._add(pysb.Parameter(name, value, _export=False))

    def copies_per_token(self, molecule: str) -> Any:
        """Return the parameter that holds a molecule's token size (copies in one token)."""
        return self.parameter(token_parameter(molecule))

    def expression(self, name: str, value: Any) -> Any:
        """Return a named expression of parameters, observables and other expressions.

        Modules may ask twice for what they share; raises TableError if the two differ.
        """
        return self._expression(name + self._suffix, value)

    def constant(self, name: str, value: Any) -> Any:
        """Return a named expression of parameters only: one for all cells."""
        return self._expression(name, value)

    def _expression(self, name: str, value: Any) -> Any:
        known = self._model.expressions.get(name)
        if known is not None:
            if known.expr != value:
                raise TableError(f"two different expressions are named {name!r}")
            return known
        return self._add(pysb.Expression(name, value, _export=False))

    def items_per_molar(self, volume: str = CELL) -> Any:
        """Return copies in a volume of the table at 1 M: the conversion of molar constants."""
        name = "items_per_molar" if volume == CELL else f"items_per_molar_in_{volume}"
        return self.constant(name, self.parameter("N_A") * self.parameter(volume))

    def bimolecular(self, name: str, scaled: str | None = None, *, volume: str = CELL) -> Any:
        """Return a constant of the table in 1/(M s) as 1/(item s), in the cell's volume or another.

        With `scaled`, the partners are counted in tokens of that molecule (or one partner is and
        the other, such as a promoter, stays unchanged): each token meets its partner as often as
        all of its copies do, so the constant is multiplied by the token size.
        """
        rate = self.parameter(name) / self.items_per_molar(volume)
        if scaled is None:
            return self.constant(f"{name}_per_item", rate)
        return self.constant(f"{name}_per_token", rate * self.copies_per_token(scaled))

    def per_token(self, name: str, scaled: str) -> Any:
        """Return a constant of the table in 1/(item s) for partners counted in tokens."""
        return self.constant(
            f"{name}_per_token", self.parameter(name) * self.copies_per_token(scaled)
        )

    def in_tokens(self, name: str, scaled: str) -> Any:
        """Return a table row that is given in copies (or copies per time) in tokens."""
        value = self.parameter(name) / self.copies_per_token(scaled)
        return self.constant(f"{name}_tokens", value)

    # ---------------------------------------------------------- molecules
    def monomer(
        self,
        name: str,
        sites: Sequence[str] = (),
        states: Mapping[str, Sequence[str]] | None = None,
    ) -> Any:
        """Add a kind of molecule with its sites and their states."""
        listed = {site: list(values) for site, values in (states or {}).items()}
        monomer = self._add(pysb.Monomer(name + self._suffix, list(sites), listed, _export=False))
        return annotate(self._model, monomer, name)

    def molecule(self, name: str) -> Any:
        """Return a monomer that another module of rules has added.

        Raises TableError if none of that name was added yet.
        """
        known = self._own(self._model.monomers, name)
        if known is None:
            raise TableError(f"no molecule {name!r} yet: call the module that adds it first")
        return known

    def has_molecule(self, name: str) -> bool:
        """Tell whether a monomer of that name is there, the cell's own or a shared one."""
        return self._own(self._model.monomers, name) is not None

    def initial(self, pattern: Any, value: Any) -> None:
        """Set the starting amount of one species, in what it is counted in."""
        self._model.add_initial(pysb.Initial(pattern, value, _export=False))

    def observable(self, name: str, pattern: Any) -> Any:
        """Add the number of molecules (or tokens) that match a pattern."""
        return self._add(pysb.Observable(name + self._suffix, pattern, _export=False))

    def copies(self, name: str, pattern: Any, scaled: str) -> Any:
        """Add the observable `<name>_tokens` and, as `<name>_copies`, the copies it stands for."""
        tokens = self.observable(f"{name}_tokens", pattern)
        return self.expression(f"{name}_copies", tokens * self.copies_per_token(scaled))

    def readout(self, name: str) -> Any:
        """Return an expression that another module of rules has added.

        Raises TableError if none of that name was added yet.
        """
        known = self._own(self._model.expressions, name)
        if known is None:
            raise TableError(f"no expression {name!r} yet: call the module that adds it first")
        return known

    # -------------------------------------------------------------- rules
    def rule(
        self,
        name: str,
        change: Any,
        forward: Any,
        reverse: Any = None,
        *,
        delete_molecules: bool = False,
    ) -> Any:
        """Add a rule; `delete_molecules` takes the matched molecules and leaves their partners."""
        return self._add(
            pysb.Rule(
                name + self._suffix,
                change,
                forward,
                reverse,
                delete_molecules=delete_molecules,
                _export=False,
            )
        )

    def finish(self, *, options: Sequence[str] = ()) -> Any:
        """Return the model; raises TableError if rows or token sizes were never used.

        `options` are rows that only an option of the network uses.
        """
        used = {*self._model.parameters.keys(), *options}
        unused = [name for name in [*self._rows, *self._sizes] if name not in used]
        if unused:
            raise TableError(f"{self.table}: no rule uses {', '.join(unused)}")
        return self._model

    def _own(self, components: Any, name: str) -> Any:
        known = components.get(name + self._suffix)
        return components.get(name) if known is None else known

    def _add(self, component: Any) -> Any:
        self._model.add_component(component)
        return component
