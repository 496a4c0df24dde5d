"""What the shell offers after TAB: packaged networks; where none fits, it goes on to files."""


def networks(incomplete: str) -> list[str]:
    """Packaged networks whose names begin so."""
    from simnet.rules.registry import packaged_names

    return [name for name in packaged_names() if name.startswith(incomplete)]


def networks_or_init(incomplete: str) -> list[str]:
    """As `networks`, and `init`, where a command takes that in place of one."""
    return [*networks(incomplete), *_init(incomplete)]


def plans(incomplete: str) -> list[str]:
    """`init`; all else is a file."""
    return _init(incomplete)


def sources(incomplete: str) -> list[str]:
    """Packaged networks whose rules are here to be compiled, or all of them."""
    from simnet.rules.registry import source_names

    return [name for name in (*source_names(), "all") if name.startswith(incomplete)]


def _init(incomplete: str) -> list[str]:
    return ["init"] if "init".startswith(incomplete) else []
