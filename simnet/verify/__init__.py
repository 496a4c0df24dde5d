"""Engines checked against each other and against the chemical master equation."""
