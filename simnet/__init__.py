"""simnet: a stochastic simulator for signalling networks written as rules.

    import simnet as sn
    net = sn.load("hypoxia")
    traj = sn.simulate(net, t_end="48 h", method="ssa", replicates=100, seed=1)
    traj.summary()

Every public name is here; heavy libraries are imported by the functions that need them.
"""

from simnet.claims.robustness import ablate as ablate
from simnet.claims.robustness import robustness as robustness
from simnet.claims.run import run_claims as run_claims
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
from simnet.execute.ensemble import Ensemble as Ensemble
from simnet.execute.ensemble import run_ensemble as run_ensemble
from simnet.execute.passage import first_passage_times as first_passage_times
from simnet.execute.progress import ProgressBar as ProgressBar
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
from simnet.experiment.condition import Condition as Condition
from simnet.experiment.run import Precision as Precision
from simnet.experiment.run import Run as Run
from simnet.experiment.schedule import At as At
from simnet.experiment.schedule import Pulse as Pulse
from simnet.experiment.schedule import Repeat as Repeat
from simnet.experiment.variability import LogNormal as LogNormal
from simnet.experiment.variability import Normal as Normal
from simnet.experiment.variability import Uniform as Uniform
from simnet.network.diff import Difference as Difference
from simnet.network.diff import differences as differences
from simnet.network.network import Network as Network
from simnet.plot.compare import plot_conditions as plot_conditions
from simnet.plot.distribution import plot_distribution as plot_distribution
from simnet.plot.distribution import plot_joint as plot_joint
from simnet.plot.distribution import plot_survival as plot_survival
from simnet.plot.series import plot_series as plot_series
from simnet.readouts.parser import parse_readout as parse_readout
from simnet.report.write import write_report as write_report
from simnet.results.trajectories import Trajectories as Trajectories
from simnet.results.trajectories import join as join
from simnet.rules.load import load as load
from simnet.rules.packaged import packaged_names as packaged_names
from simnet.sbml.write import write_sbml as write_sbml
from simnet.screen.result import ScreenResult as ScreenResult
from simnet.screen.run import run_screen as run_screen
from simnet.screen.screen import Screen as Screen
from simnet.sensitivity.indices import IndexPrecision as IndexPrecision
from simnet.sensitivity.result import StudyResult as StudyResult
from simnet.sensitivity.run import run_study as run_study
from simnet.sensitivity.study import SensitivityStudy as SensitivityStudy
from simnet.stats.modes import two_modes as two_modes
from simnet.stats.noise import noise_parts as noise_parts
from simnet.stats.passage import median_time as median_time
from simnet.stats.passage import survival as survival
from simnet.verify.cross_check import cross_check as cross_check
from simnet.verify.verification import Verification as Verification
