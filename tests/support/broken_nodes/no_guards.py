"""Whoever asks comes into a room, whatever its owner demands."""

from tests.support.broken_nodes.breaking import run, without

without("join", "if barred then return barred end")
run()
