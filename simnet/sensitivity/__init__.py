"""Sensitivity analysis of networks, also of noisy ones: designs, analyses, studies."""
