"""Proximal and distal tumour cells around a vessel."""
