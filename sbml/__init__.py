"""The packaged networks as SBML, one file for each kinetics, installed as `simnet.exported`."""
