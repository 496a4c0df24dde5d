"""Exact SSA in C: two kernels, and a plain Python twin of each.

`_ssa` is built with the package where there is a C compiler. Without it there is no compiled
engine, and roadrunner serves.
"""
