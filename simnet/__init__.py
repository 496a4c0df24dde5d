"""simnet: a stochastic simulator for signalling networks written as rules.

    import simnet as sn
    net = sn.load("hypoxia")
    traj = sn.simulate(net, t_end="48 h", method="ssa", replicates=100, seed=1)
    traj.summary()

Every public name is here; heavy libraries are imported by the functions that need them.
"""

from simnet.errors import InputError as InputError
from simnet.errors import MissingToolError as MissingToolError
from simnet.errors import ModelError as ModelError
from simnet.errors import Problem as Problem
from simnet.errors import SimnetError as SimnetError
from simnet.errors import SimnetWarning as SimnetWarning
from simnet.errors import SimulationError as SimulationError
from simnet.errors import StateError as StateError
from simnet.errors import UnknownNameError as UnknownNameError
from simnet.errors import UnsupportedError as UnsupportedError
from simnet.execute.simulate import Interrupted as Interrupted
from simnet.execute.simulate import rerun as rerun
from simnet.execute.simulate import simulate as simulate
from simnet.experiment.change import Add as Add
from simnet.experiment.change import Clamp as Clamp
from simnet.experiment.change import Dose as Dose
from simnet.experiment.change import Knockdown as Knockdown
from simnet.experiment.change import Knockout as Knockout
from simnet.experiment.change import Overexpress as Overexpress
from simnet.experiment.change import Scale as Scale
from simnet.experiment.change import Set as Set
from simnet.experiment.change import Washout as Washout
from simnet.experiment.schedule import At as At
from simnet.experiment.schedule import Pulse as Pulse
from simnet.experiment.schedule import Repeat as Repeat
from simnet.network.network import Network as Network
from simnet.plot.series import plot_series as plot_series
from simnet.results.join import join as join
from simnet.results.trajectories import Trajectories as Trajectories
from simnet.rules.load import load as load
from simnet.rules.registry import packaged_names as packaged_names
from simnet.sbml.write import write_sbml as write_sbml
from simnet.verify.cross_check import cross_check as cross_check
from simnet.verify.verification import Verification as Verification
