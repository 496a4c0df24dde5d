"""The packaged networks, installed as `simnet.networks`; each holds `rules.build()` and its data.

Nothing here is imported before a network is asked for: `rules.py` imports PySB, which is slow.
"""

if __name__ == "networks":
    raise ImportError(
        "the folder networks/ is not a package of its own: it is installed as simnet.networks. "
        'Use simnet.load("hypoxia"), or `import simnet.networks`.'
    )
