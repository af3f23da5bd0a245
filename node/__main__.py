"""`python -m node`."""

from node.command import node

if __name__ == "__main__":
    node(prog_name="python -m node")
