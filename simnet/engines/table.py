"""The engines, by name. Adding one touches its file and this table."""

from simnet.engines.base import Engine
from simnet.engines.reference import REFERENCE
from simnet.engines.roadrunner import ROADRUNNER
from simnet.errors import InputError, Problem, nearest

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (ROADRUNNER, REFERENCE)}


def engine_for(method: str, name: str) -> Engine:
    """The engine of that name, or raise InputError where it does not offer the method."""
    known = sorted({m for engine in ENGINES.values() for m in engine.methods})
    if method not in known:
        raise InputError(
            Problem(what=f"method={method!r}", why="unknown", way_out=nearest(str(method), known))
        )
    wanted = "roadrunner" if name == "auto" else name
    if wanted not in ENGINES:
        raise InputError(
            Problem(what=f"engine={name!r}", why="unknown", way_out=nearest(str(name), ENGINES))
        )
    engine = ENGINES[wanted]
    if method not in engine.methods:
        offers = " and ".join(sorted(engine.methods))
        raise InputError(
            Problem(
                what=f"engine={name!r}", why=f"does not do {method!r}", way_out=f"it does {offers}"
            )
        )
    return engine
