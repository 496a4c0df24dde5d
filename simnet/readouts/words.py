"""The words of the language."""

ARITHMETIC = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
"""Signs and how tightly they bind; a minus before a term binds like 3."""

COMPARISONS = ("<=", ">=", "<", ">")

POINTWISE = ("log2", "log", "abs")

OF_COURSE = (
    "auc",
    "average",
    "max",
    "min",
    "time_of_max",
    "steady",
    "first_passage",
    "half_time",
)

OF_ENSEMBLE = ("mean", "sd", "var", "cv", "fano", "quantile", "median", "fraction")

COMPARING = ("first_passage", "fraction")
"""Functions whose argument is a comparison."""
