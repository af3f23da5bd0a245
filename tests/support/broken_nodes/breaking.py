"""How the nodes beside this file are broken."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cluster.scripts import load
from node.command import node


def without(script: str, old: str, new: str = "") -> None:
    """Replaces a piece of a script of this process's nodes. Raises AssertionError if the product has moved on."""
    scripts = load()
    names = list(scripts) if script == "lib" else [script]
    for name in names:
        text = scripts[name].text
        assert text.count(old) == 1, f"{name} has {text.count(old)} times: {old}"
        changed = text.replace(old, new)
        digest = hashlib.sha1(changed.encode(), usedforsecurity=False).hexdigest()
        scripts[name] = replace(scripts[name], text=changed, digest=digest)


def run() -> None:
    """The node's own main."""
    node(prog_name="a broken node")
