"""Lactate, glutamine, mTORC1 and S6, with GLUT2."""
