"""Amounts that cannot be exceeded: why a law such as k*(100 - 2*X)*(99 - 2*X) is never negative.

X cannot rise above b when it starts at b or below and the law of every reaction that makes d
molecules of it is exactly zero at X = b-d+1, ..., b, whatever the other amounts are: amounts are
whole numbers, so no jump leads from below across these values. Then only the whole numbers from
0 to b have to be looked at, one by one, which decides also what interval arithmetic cannot.
"""

import math
from collections.abc import Collection, Iterator, Mapping

from simnet.network.bounds import Interval, bounds
from simnet.network.expression import Expression
from simnet.network.network import Network, Reaction
from simnet.network.rates import fraction

_MOST_LOOKED_AT = 10_000


class Ceilings:
    """The ceilings that hold during one stage of a run."""

    def __init__(
        self,
        network: Network,
        values: Mapping[str, float],
        ranges: Mapping[str, Interval],
        *,
        disturbed: Collection[str] = (),
        before: "Ceilings | None" = None,
    ) -> None:
        """
        Args:
            network: the network.
            values: amounts at the start, by id.
            ranges: intervals of everything by id, with species from zero to infinity.
            disturbed: species that are also changed from outside: they have no ceiling.
            before: those of the stage before; amounts then start from anywhere below.
        """
        self.network, self.values, self.ranges = network, values, ranges
        self.disturbed, self.before = disturbed, before
        self.free = {s.id for s in network.species if not s.fixed}
        self.found: dict[str, float] = {}

    def top(self, species: str) -> float:
        """The largest amount that the species can have; infinity where none is proven."""
        if species not in self.found:
            self.found[species] = self._top(species)
        return self.found[species]

    def nonnegative(self, law: Expression) -> bool:
        """Whether ceilings prove that a law is not negative in any state that can be reached."""
        names = sorted(self.network.reads(law) & self.free)
        tops = {name: self.top(name) for name in names}
        below = {name: (0.0, top) for name, top in tops.items()}
        if self._lowest(law, below) >= 0:
            return True
        return any(
            all(
                self._lowest(law, below | {name: (float(n), float(n))}) >= 0
                for n in range(int(top) + 1)
            )
            for name, top in tops.items()
            if top <= _MOST_LOOKED_AT
        )

    def _top(self, species: str) -> float:
        if species in self.disturbed:
            return math.inf
        start = self.values[species] if self.before is None else self.before.top(species)
        if not math.isfinite(start) or start != int(start):
            return math.inf
        raising = [
            (reaction, gain)
            for reaction in self.network.reactions
            if (gain := _gain(reaction, species)) > 0
        ]
        if not raising:
            return start
        candidates = {b for r, _ in raising for b in self._zeros(r, species) if b >= start}
        for ceiling in sorted(candidates):
            if all(
                self._vanishes(reaction, species, ceiling - i)
                for reaction, gain in raising
                for i in range(min(gain, _MOST_LOOKED_AT))
            ):
                return float(ceiling)
        return math.inf

    def _vanishes(self, reaction: Reaction, species: str, amount: int) -> bool:
        law = reaction.law.expression("discrete")
        at = self._at(law, {species: (float(amount), float(amount))})
        return not reaction.law.ambiguous and at == (0.0, 0.0)

    def _zeros(self, reaction: Reaction, species: str) -> Iterator[int]:
        """Whole amounts at which a factor of the law that is linear in the species is zero."""
        factors, _ = fraction(reaction.law.expression("discrete"))
        for factor in factors:
            (a, a_), (b, b_) = (self._at(factor, {species: (x, x)}) for x in (0.0, 1.0))
            if a == a_ and b == b_ and a != b and math.isfinite(root := a / (a - b)):
                yield round(root)

    def _lowest(self, law: Expression, known: Mapping[str, Interval]) -> float:
        low, _ = self._at(law, known)
        return -math.inf if math.isnan(low) else low

    def _at(self, expression: Expression, known: Mapping[str, Interval]) -> Interval:
        """Bounds of an expression with some species in narrower intervals."""
        ranges = {**self.ranges, **known}
        reads = self.network.reads(expression)
        for assignment in self.network.assignments:
            if assignment.id in reads:
                ranges[assignment.id] = bounds(assignment.expression, ranges)
        return bounds(expression, ranges)


def _gain(reaction: Reaction, species: str) -> int:
    return dict(reaction.products).get(species, 0) - dict(reaction.reactants).get(species, 0)
