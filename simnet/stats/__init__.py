"""Statistics of ensembles beyond moments: distributions, first passage times, precision."""
