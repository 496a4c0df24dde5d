"""The analyses of sensitivity, by name. Adding one touches its file and this table."""

from simnet.sensitivity.analysis import Analysis
from simnet.sensitivity.local import LOCAL
from simnet.sensitivity.morris import MORRIS
from simnet.sensitivity.pawn import PAWN
from simnet.sensitivity.prcc import PRCC
from simnet.sensitivity.sobol import SOBOL

ANALYSES: dict[str, Analysis] = {a.name: a for a in (LOCAL, MORRIS, SOBOL, PAWN, PRCC)}
