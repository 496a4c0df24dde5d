"""Oxygen, HIF1A and the two transporters that it induces, GLUT1 and MCT4."""
