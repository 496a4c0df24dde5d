"""Readout expressions: what a claim, a screen or a sensitivity study asks of a run, parsed and evaluated."""
