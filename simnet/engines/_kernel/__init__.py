"""Exact SSA in C: two kernels, each with a plain Python twin among the tests.

`_ssa` is built with the package where there is a C compiler. Without it there is no compiled
engine, and roadrunner serves.
"""
