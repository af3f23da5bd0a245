"""One target under atheris: `python -m fuzz.run TARGET [options of libFuzzer] FOLDER…`. Needs the extra `fuzz`."""

from __future__ import annotations

import shlex
import sys

try:
    import atheris
except ImportError:
    sys.exit("the fuzzer is not installed: pip install 'hydrachat[fuzz]' (wheels for CPython on Linux)")

with atheris.instrument_imports(
    include=["wire", "node.proxy", "node.tls", "node.opening", "client.tls", "client.terminal"]
):
    from fuzz.targets import TARGETS


def main() -> None:
    """Ends the process: with 0 when its time is over, with another code when something was found."""
    name, *options = sys.argv[1:]
    # It starts itself again, through a shell, when it minimises.
    again = shlex.join([sys.executable, "-m", "fuzz.run", name])
    atheris.Setup([again, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
