"""The derivative of an expression with respect to time."""

from collections.abc import Callable

from simnet.network.expression import Call, Expression, Number, Time, reads_time

_ZERO, _ONE, _TWO = Number(0), Number(1), Number(2)


def _times(*args: Expression) -> Expression:
    if _ZERO in args:
        return _ZERO
    kept = tuple(arg for arg in args if arg != _ONE)
    return kept[0] if len(kept) == 1 else Call("times", kept) if kept else _ONE


def _over(a: Expression, b: Expression) -> Expression:
    return a if a == _ZERO else Call("divide", (a, b))


def _minus(a: Expression, b: Expression) -> Expression:
    if b == _ZERO:
        return a
    return Call("minus", (b,) if a == _ZERO else (a, b))


def _plus(*args: Expression) -> Expression:
    kept = tuple(arg for arg in args if arg != _ZERO)
    return kept[0] if len(kept) == 1 else Call("plus", kept) if kept else _ZERO


def _square(a: Expression) -> Expression:
    return Call("power", (a, _TWO))


_CHAINS: dict[str, Callable[[Expression], Expression]] = {
    "exp": lambda x: Call("exp", (x,)),
    "ln": lambda x: Call("divide", (_ONE, x)),
    "log10": lambda x: Call("divide", (_ONE, _times(Call("ln", (Number(10),)), x))),
    "sqrt": lambda x: Call("divide", (_ONE, _times(_TWO, Call("sqrt", (x,))))),
    "sin": lambda x: Call("cos", (x,)),
    "cos": lambda x: Call("minus", (Call("sin", (x,)),)),
    "tan": lambda x: Call("divide", (_ONE, _square(Call("cos", (x,))))),
    "atan": lambda x: Call("divide", (_ONE, _plus(_ONE, _square(x)))),
    "sinh": lambda x: Call("cosh", (x,)),
    "cosh": lambda x: Call("sinh", (x,)),
    "tanh": lambda x: Call("divide", (_ONE, _square(Call("cosh", (x,))))),
}


def derivative(expression: Expression) -> Expression | None:
    """The derivative with respect to time, of which symbols do not depend; None where an operator
    in it has none (steps, a power of what varies that varies itself). At a corner, as of max(), it
    is one of those on either side."""
    if isinstance(expression, Time):
        return _ONE
    if not isinstance(expression, Call) or not reads_time(expression):
        return _ZERO
    args = expression.args
    if expression.op == "piecewise":
        return _by_pieces(args)
    inner = [derivative(arg) for arg in args]
    known = [arg for arg in inner if arg is not None]
    if len(known) < len(args):
        return None
    match expression.op:
        case "plus":
            return _plus(*known)
        case "minus":
            return _minus(_ZERO, known[0]) if len(args) == 1 else _minus(*known)
        case "times":
            terms = (_times(*args[:i], d, *args[i + 1 :]) for i, d in enumerate(known))
            return _plus(*terms)
        case "divide":
            (u, v), (du, dv) = args, known
            return _minus(_over(du, v), _over(_times(u, dv), _square(v)))
        case "power":
            (u, v), (du, dv) = args, known
            if dv == _ZERO:
                return _times(v, Call("power", (u, _minus(v, _ONE))), du)
            return _times(expression, Call("ln", (u,)), dv) if du == _ZERO else None
        case "abs":
            rising = Call("gt", (args[0], _ZERO))
            return Call("piecewise", (known[0], rising, _minus(_ZERO, known[0])))
        case "max" | "min" as op:
            first, slope = args[0], known[0]
            for second, other in zip(args[1:], known[1:], strict=True):
                ahead = Call("gt" if op == "max" else "lt", (first, second))
                slope = Call("piecewise", (slope, ahead, other))
                first = Call(op, (first, second))
            return slope
        case op if op in _CHAINS:
            return _times(_CHAINS[op](args[0]), known[0])
    return None


def _by_pieces(args: tuple[Expression, ...]) -> Expression | None:
    """Where conditions do not jump with time."""
    values = [*args[0:-1:2], *args[len(args) - len(args) % 2 :]]
    slopes = [derivative(value) for value in values]
    known = [slope for slope in slopes if slope is not None]
    if len(known) < len(values) or any(reads_time(condition) for condition in args[1::2]):
        return None
    rest = list(args)
    for i, slope in enumerate(known):
        rest[2 * i] = slope
    return Call("piecewise", tuple(rest))
