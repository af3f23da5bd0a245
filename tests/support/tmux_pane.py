"""A program on a terminal of its own: what it shows is what a person would see. Needs tmux."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.support.processes import environment
from tests.support.waiting import wait_until

PATIENCE = 30.0
ENDED = "ended with exit code "


class TmuxPane:
    """Runs `argv` in a tmux server of its own; use as a context manager. `extra`: more environment."""

    def __init__(
        self,
        program: str,
        argv: Sequence[str],
        width: int = 80,
        height: int = 24,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        # A socket's path must be short, which a test's folder is not.
        self._folder = Path(tempfile.mkdtemp(prefix="tmux-"))
        self._tmux = [program, "-S", str(self._folder / "socket"), "-f", "/dev/null"]
        # pytest-xdist sets COLUMNS, which would be taken for the size whatever the terminal's is.
        plain = {name: value for name, value in environment().items() if name not in ("COLUMNS", "LINES")}
        self._environment = {**plain, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(extra or {})}
        self._start = ["new-session", "-d", "-x", str(width), "-y", str(height)]
        # The shell tells the code: tmux does not always. `cat` keeps what was shown until the server is ended.
        self._start.append(f"{shlex.join(argv)}; echo {ENDED}$?; exec cat")

    def __enter__(self) -> TmuxPane:
        self._run(
            *self._start, ";", "set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-g", "status", "off"
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, timeout=PATIENCE, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def press(self, *keys: str) -> None:
        """Keys by tmux's names, one at a time."""
        for key in keys:
            self._run("send-keys", key)

    def type(self, text: str) -> None:
        self._run("send-keys", "-l", text)

    def resize(self, width: int, height: int) -> None:
        self._run("resize-window", "-x", str(width), "-y", str(height))

    def screen(self, styles: bool = False) -> str:
        """What is seen now; with `styles` also the escape sequences that paint it."""
        return self._run("capture-pane", "-p", *(["-e"] if styles else []))

    def record(self, path: Path) -> None:
        """All that the program writes to it from now on, byte for byte."""
        self._run("pipe-pane", f"cat > {shlex.quote(str(path))}")

    def wait_for(self, text: str, within: float = PATIENCE) -> str:
        """Until `text` is on the screen; returns that."""
        seen = ""

        def there() -> bool:
            nonlocal seen
            seen = self.screen()
            return text in seen

        try:
            wait_until(there, within)
        except AssertionError:
            raise AssertionError(f"{text!r} was not shown within {within:g} s; this was:\n{seen}") from None
        return seen

    def wait_end(self, within: float = PATIENCE) -> int:
        """The program's exit code."""
        seen = self.wait_for(ENDED, within)
        return int(seen.partition(ENDED)[2].split()[0])

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [*self._tmux, *words], capture_output=True, text=True, timeout=PATIENCE, env=self._environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
