"""Perturbation screens: plans of many conditions, their execution and their analysis."""
