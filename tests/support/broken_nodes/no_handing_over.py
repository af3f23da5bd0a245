"""Whoever is in a room may do what its owner may."""

from tests.support.broken_nodes.breaking import run, without

without("govern", "if not rights.is_owner(room, session) then", "if false then")
run()
