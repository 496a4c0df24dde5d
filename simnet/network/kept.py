"""What is worked out from a network once, and kept with it: screens ask again for every condition."""

from collections.abc import Callable
from typing import TypeVar

from simnet.network.network import Network

T = TypeVar("T")


def kept(network: Network, make: Callable[[Network], T]) -> T:
    """What `make` gives for the network; equal networks that are other objects have their own."""
    name = f"_kept_{make.__module__}.{make.__qualname__}"
    if name not in network.__dict__:
        network.__dict__[name] = make(network)
    found: T = network.__dict__[name]
    return found
