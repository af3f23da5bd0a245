"""Starts a whole cluster on this machine, watches it, and stops it in order."""
