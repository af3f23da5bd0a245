"""Nodes with one of their safeguards taken out, for the negative controls: a checker that never failed proves nothing.

Each file is run in the place of `python -m node`, with the same arguments."""
