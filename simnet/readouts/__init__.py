"""Readout expressions: what a claim, a screen or a study measures in a run, parsed and evaluated."""
