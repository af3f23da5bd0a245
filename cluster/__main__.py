"""`python -m cluster`: the same commands as `hydrachat`, of this package only."""

from __future__ import annotations

import sys

import click

from cluster.command import cluster

INTERRUPTED = 130


def main() -> int:
    """Runs the command line of this process; returns its exit code."""
    try:
        result = cluster.main(prog_name="python -m cluster", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
