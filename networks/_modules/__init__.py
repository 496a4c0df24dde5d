"""Rules shared between the packaged networks, one function per module of rules."""
