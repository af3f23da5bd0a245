"""Becomes another program, on a leash: `leash.py PARENT PROGRAM ARG…`.

On Linux the kernel kills that program when its parent dies, even by SIGKILL; elsewhere it is
started as it is. Stands alone (run by path, without site-packages) to cost few milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def attach(parent: int) -> None:
    """Asks the kernel for the leash, and ends here if `parent` is gone already."""
    if sys.platform == "linux":
        import ctypes

        # A libc without prctl: the leash is a comfort, the program runs without it.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    # The parent may have died between its fork and our request.
    if os.getppid() != parent:
        raise SystemExit(1)


def main() -> None:
    """Does not return."""
    attach(int(sys.argv[1]))
    program = sys.argv[2:]
    try:
        os.execv(program[0], program)
    except OSError as error:
        sys.exit(f"{program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
