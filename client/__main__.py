"""`python -m client`: the same as `hydrachat join`."""

import sys

import click

from client.command import join
from client.terminal.ending import INTERRUPTED

if __name__ == "__main__":
    try:
        sys.exit(join.main(prog_name="python -m client", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
