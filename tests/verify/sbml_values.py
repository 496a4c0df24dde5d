"""What an SBML file says, evaluated directly on libsbml's syntax trees of the file as it is.

For tests only, and written apart from simnet.network.expression and simnet.sbml.mathml: it shares
nothing with what it checks but libsbml's parser. No converter of libsbml is used: functions, local
parameters, rules and concentrations are resolved here.
"""

import itertools
import re
from collections.abc import Callable, Mapping

import libsbml
import numpy as np

L = libsbml
F = np.float64
Closure = Callable[["State"], F]


class CannotTell(Exception):
    """The file uses something that this evaluator has no value for."""


class State:
    """Amounts of species at one time, with what follows from them."""

    def __init__(self, file: "File", amounts: Mapping[str, float], time: float) -> None:
        self.file, self.amounts, self.time = file, amounts, F(time)
        self.known: dict[str, F] = {}
        self.open: set[str] = set()

    def value(self, name: str) -> F:
        """What a symbol means in a formula: a concentration, for some species."""
        if name not in self.known:
            if name in self.open:
                raise CannotTell(f"{name} depends on itself")
            self.open.add(name)
            self.known[name] = self.file.resolve(self, name)
            self.open.discard(name)
        return self.known[name]


class File:
    """A file, ready to be evaluated.

    Attributes:
        kinetics: what the file says of its own laws: "continuous", "discrete" or "".
    """

    def __init__(self, text: str) -> None:
        self.document = libsbml.readSBMLFromString(text)
        self.model = m = self.document.getModel()
        found = re.search(r'<simnet:network\b[^>]*\bkinetics="(\w+)"', text)
        self.kinetics = found.group(1) if found else ""
        self.functions = {f.getId(): f for f in m.getListOfFunctionDefinitions()}
        self.species = {s.getId(): s for s in m.getListOfSpecies()}
        self.compartments = {c.getId(): c for c in m.getListOfCompartments()}
        self.parameters = {p.getId(): p for p in m.getListOfParameters()}
        self.rules = {
            r.getVariable(): self.compiled(r.getMath(), {})
            for r in m.getListOfRules()
            if r.isAssignment()
        }
        self.initial = {
            a.getSymbol(): self.compiled(a.getMath(), {}) for a in m.getListOfInitialAssignments()
        }
        self.used = {r.getId(): _side(r.getListOfReactants()) for r in m.getListOfReactions()}
        self.laws = {r.getId(): self.law(r) for r in m.getListOfReactions()}
        self.start = State(self, {}, 0.0)

    # ------------------------------------------------------------ what the file says

    def fixed(self, name: str) -> bool:
        return self.species[name].getBoundaryCondition() or self.species[name].getConstant()

    def state(self, amounts: Mapping[str, float], time: float = 0.0) -> State:
        return State(self, amounts, time)

    def rates(self, state: State) -> dict[str, F]:
        """Each reaction's law, as the file writes it."""
        with np.errstate(all="ignore"):
            return {name: law(state) for name, law in self.laws.items()}

    def rate(self, reaction: str, state: State) -> F:
        """One reaction's law, as the file writes it."""
        with np.errstate(all="ignore"):
            return self.laws[reaction](state)

    def reactants(self, reaction: str) -> dict[str, float]:
        return self.used[reaction]

    def change(self, reaction: str) -> dict[str, float]:
        """What one firing adds to each amount."""
        item = self.model.getReaction(reaction)
        net = {s: -n for s, n in _side(item.getListOfReactants()).items()}
        for s, n in _side(item.getListOfProducts()).items():
            net[s] = net.get(s, 0) + n
        return {s: n for s, n in net.items() if n and not self.fixed(s)}

    def initial_value(self, name: str) -> float:
        """A constant's or compartment's value, or a species' amount, at the start."""
        with np.errstate(all="ignore"):
            value = self.start.value(name)
            if name in self.species and name not in self.rules and self.is_concentration(name):
                value = value * self.start.value(self.species[name].getCompartment())
        return float(value)

    # ------------------------------------------------------------ symbols

    def is_concentration(self, name: str) -> bool:
        s = self.species[name]
        dimensions = self.compartments[s.getCompartment()].getSpatialDimensionsAsDouble()
        return not s.getHasOnlySubstanceUnits() and dimensions != 0

    def resolve(self, state: State, name: str) -> F:
        if name in self.rules:
            return self.rules[name](state)
        if name in self.species and name in state.amounts:
            amount = F(state.amounts[name])
            if self.is_concentration(name):
                return amount / state.value(self.species[name].getCompartment())
            return amount
        if state is not self.start and name not in self.species:
            return self.start.value(name)
        if name in self.initial:
            return self.initial[name](self.start)
        if name in self.parameters:
            return F(self.parameters[name].getValue())
        if name in self.compartments:
            c = self.compartments[name]
            return F(c.getSize() if c.isSetSize() else 1.0)
        if name in self.species:
            s = self.species[name]
            size = self.start.value(s.getCompartment())
            if s.isSetInitialConcentration():
                c = F(s.getInitialConcentration())
                return c if self.is_concentration(name) else c * size
            a = F(s.getInitialAmount() if s.isSetInitialAmount() else 0.0)
            return a / size if self.is_concentration(name) else a
        raise CannotTell(f"symbol {name}")

    def law(self, reaction: "libsbml.Reaction") -> Closure:
        law = reaction.getKineticLaw()
        own = [*law.getListOfLocalParameters(), *law.getListOfParameters()]
        return self.compiled(law.getMath(), {p.getId(): _constant(p.getValue()) for p in own})

    # ------------------------------------------------------------ formulas

    def compiled(self, node: "libsbml.ASTNode", local: Mapping[str, Closure]) -> Closure:
        if node is None:
            raise CannotTell("no formula")
        kind = L.ASTNode.getType(node)
        if kind in (L.AST_REAL, L.AST_REAL_E, L.AST_INTEGER, L.AST_RATIONAL):
            return _constant(node.getValue())
        if kind == L.AST_NAME_TIME:
            return lambda state: state.time
        if kind == L.AST_NAME:
            name = node.getName()
            return local[name] if name in local else lambda state: state.value(name)
        if kind in _CONSTANTS:
            return _constant(_CONSTANTS[kind])
        args = [self.compiled(node.getChild(i), local) for i in range(node.getNumChildren())]
        if kind == L.AST_FUNCTION:
            definition = self.functions.get(node.getName())
            if definition is None or definition.getNumArguments() != len(args):
                raise CannotTell(f"function {node.getName()}")
            names = [definition.getArgument(i).getName() for i in range(len(args))]
            return self.compiled(definition.getBody(), dict(zip(names, args, strict=True)))
        if kind == L.AST_FUNCTION_PIECEWISE:
            return _piecewise(args)
        if kind in _FOLDED:
            fold, neutral = _FOLDED[kind]
            return lambda state: _fold(fold, [a(state) for a in args], neutral)
        if kind in _COMPARED:
            compare = _COMPARED[kind]
            return lambda state: _all_pairs(compare, [a(state) for a in args])
        if kind == L.AST_MINUS and len(args) == 1:
            return lambda state: -args[0](state)
        if kind == L.AST_FUNCTION_ROOT and len(args) == 1:
            return lambda state: np.sqrt(args[0](state))
        if kind == L.AST_FUNCTION_LOG and len(args) == 1:
            return lambda state: np.log10(args[0](state))
        if kind in _PLAIN:
            plain = _PLAIN[kind]
            return lambda state: F(plain(*[a(state) for a in args]))
        raise CannotTell(L.formulaToL3String(node))


def _constant(value: float) -> Closure:
    number = F(value)
    return lambda state: number


def _side(references: "libsbml.ListOf") -> dict[str, float]:
    found: dict[str, float] = {}
    for r in references:
        n = r.getStoichiometry() if r.isSetStoichiometry() else 1.0
        found[r.getSpecies()] = found.get(r.getSpecies(), 0.0) + n
    return found


def _fold(fold: Callable[[F, F], F], args: list[F], neutral: F) -> F:
    result = neutral if not args else args[0]
    for arg in args[1:]:
        result = fold(result, arg)
    return F(result)


def _all_pairs(compare: Callable[[F, F], bool], args: list[F]) -> F:
    return F(all(compare(a, b) for a, b in itertools.pairwise(args)))


def _piecewise(args: list[Closure]) -> Closure:
    def choose(state: State) -> F:
        for i in range(0, len(args) - 1, 2):
            if args[i + 1](state):
                return args[i](state)
        return args[-1](state) if len(args) % 2 else F(np.nan)

    return choose


_CONSTANTS = {
    L.AST_CONSTANT_E: np.e,
    L.AST_CONSTANT_PI: np.pi,
    L.AST_CONSTANT_TRUE: 1.0,
    L.AST_CONSTANT_FALSE: 0.0,
    L.AST_NAME_AVOGADRO: 6.02214179e23,
}
_FOLDED = {
    L.AST_PLUS: (np.add, F(0)),
    L.AST_TIMES: (np.multiply, F(1)),
    L.AST_FUNCTION_MIN: (np.fmin, F(np.nan)),
    L.AST_FUNCTION_MAX: (np.fmax, F(np.nan)),
    L.AST_LOGICAL_AND: (lambda a, b: F(bool(a) and bool(b)), F(1)),
    L.AST_LOGICAL_OR: (lambda a, b: F(bool(a) or bool(b)), F(0)),
    L.AST_LOGICAL_XOR: (lambda a, b: F(bool(a) != bool(b)), F(0)),
}
_COMPARED = {
    L.AST_RELATIONAL_LT: np.less,
    L.AST_RELATIONAL_LEQ: np.less_equal,
    L.AST_RELATIONAL_GT: np.greater,
    L.AST_RELATIONAL_GEQ: np.greater_equal,
    L.AST_RELATIONAL_EQ: np.equal,
    L.AST_RELATIONAL_NEQ: np.not_equal,
}
_PLAIN = {
    L.AST_MINUS: np.subtract,
    L.AST_DIVIDE: np.divide,
    L.AST_POWER: np.power,
    L.AST_FUNCTION_POWER: np.power,
    L.AST_FUNCTION_EXP: np.exp,
    L.AST_FUNCTION_LN: np.log,
    L.AST_FUNCTION_LOG: lambda base, x: np.log(x) / np.log(base),
    L.AST_FUNCTION_ROOT: lambda degree, x: np.power(x, 1 / degree),
    L.AST_FUNCTION_ABS: np.abs,
    L.AST_FUNCTION_FLOOR: np.floor,
    L.AST_FUNCTION_CEILING: np.ceil,
    L.AST_FUNCTION_SIN: np.sin,
    L.AST_FUNCTION_COS: np.cos,
    L.AST_FUNCTION_TAN: np.tan,
    L.AST_FUNCTION_ARCSIN: np.arcsin,
    L.AST_FUNCTION_ARCCOS: np.arccos,
    L.AST_FUNCTION_ARCTAN: np.arctan,
    L.AST_FUNCTION_SINH: np.sinh,
    L.AST_FUNCTION_COSH: np.cosh,
    L.AST_FUNCTION_TANH: np.tanh,
    L.AST_LOGICAL_NOT: lambda x: not x,
}
