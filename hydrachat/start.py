"""Where the console script begins. It imports nothing before a Ctrl-C is safe."""

from __future__ import annotations

# What `signal` is made of: that imports `enum` and more first, which takes as long as the half of all that comes then.
import _signal  # type: ignore[import-not-found]


class Interruptible:
    """Within it Ctrl-C ends the process at once, by the signal, unless somebody has seen to it otherwise. For imports.
    A context manager; any thread, of effect in the main one."""

    def __enter__(self) -> None:
        is_usual = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
        self._ours = is_usual and _set(_signal.SIG_DFL)

    def __exit__(self, *_: object) -> None:
        if self._ours:
            _set(_signal.default_int_handler)


def _set(handler: object) -> bool:
    try:
        _signal.signal(_signal.SIGINT, handler)
    except ValueError:
        return False  # not the main thread
    return True


def main() -> None:
    """Entry point of the console script: ends the process with the command's exit code."""
    with Interruptible():
        from hydrachat import cli
    cli.main()
