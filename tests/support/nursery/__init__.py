"""Nodes for tests, born of a process that has loaded all of a node already.

To load it is nearly all that the start of a node costs, and the suite starts hundreds. One such process (forked.py)
belongs to each worker of pytest; what it forks is a process as any other, with a session, an output, a leash and a
death of its own. Drills, `hydrachat up`, and whatever has a command or an environment of its own start nodes from
nothing.
"""

from tests.support.nursery.owner import Born, born

__all__ = ["Born", "born"]
