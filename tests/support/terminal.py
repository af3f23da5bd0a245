"""A real terminal with one program in it: what it shows is what a person would see.

A tmux of its own, without anybody's settings."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.processes import environment
from tests.support.waiting import wait_until

PATIENCE = 30.0
ENDED = re.compile(r"^ended with exit code (\d+)", re.MULTILINE)


class Terminal:
    """Runs `argv`, then tells its exit code and whether the terminal is as it was. Use as a context manager.
    `env`: more environment. `redirect`: in words of the shell."""

    def __init__(
        self,
        tmux: str,
        argv: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        redirect: str = "",
    ) -> None:
        # A socket's path must be short, which a test's folder is not.
        self._folder = Path(tempfile.mkdtemp(prefix="tmux-"))
        self._raw = self._folder / "raw"
        self._base = [tmux, "-S", str(self._folder / "socket"), "-f", "/dev/null"]
        self._size = size
        # pytest-xdist sets COLUMNS, which would be taken for the size whatever the terminal's is.
        plain = {name: value for name, value in environment().items() if name not in ("COLUMNS", "LINES")}
        self._env = {**plain, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})}
        # The shell tells the code: tmux does not always. `cat` keeps the terminal open; stty tells what modes are left.
        self._script = (
            f"a=$(stty -g); {shlex.join(argv)} {redirect}; c=$?; "
            '[ "$a" = "$(stty -g)" ] && echo restored; echo ended with exit code $c; exec cat'
        )

    def __enter__(self) -> Self:
        columns, rows = self._size
        # It waits for us: all that it writes is to be seen.
        script = "stty -echo; read go; stty echo; " + self._script
        start = ["new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", script]
        self._tmux(*start, ";", "set-option", "-g", "status", "off")
        self._tmux("pipe-pane", f"cat > {shlex.quote(str(self._raw))}")
        self.keys("Enter")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._base, "kill-server"], capture_output=True, timeout=PATIENCE, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def keys(self, *keys: str) -> None:
        """In one go, as tmux calls them: Enter, C-c, M-1, PageUp."""
        self._tmux("send-keys", *keys)

    def type(self, text: str, *keys: str) -> None:
        self._tmux("send-keys", "-l", text)
        if keys:
            self.keys(*keys)

    def paste(self, text: str) -> None:
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-p")

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def screen(self) -> str:
        """What is seen now."""
        return self._tmux("capture-pane", "-p")

    @property
    def painted(self) -> str:
        """The same with the escape sequences that paint it."""
        return self._tmux("capture-pane", "-p", "-e")

    @property
    def raw(self) -> bytes:
        """All that was written to it."""
        return self._raw.read_bytes() if self._raw.exists() else b""

    @property
    def pid(self) -> int:
        """Of the program, while it runs."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    def shows(self, *texts: str, within: float = PATIENCE) -> str:
        """Waits for all of them at once; returns that screen."""
        seen = ""

        def there() -> bool:
            nonlocal seen
            seen = self.screen
            return all(text in seen for text in texts)

        try:
            wait_until(there, within)
        except AssertionError:
            raise AssertionError(f"{texts} not in\n{seen}") from None
        return seen

    def ends(self) -> int:
        """Waits for the program's exit code. It left the terminal as it was."""
        found = ENDED.search(self.shows("ended with exit code ", "restored"))
        assert found is not None
        return int(found[1])

    def _tmux(self, *words: str) -> str:
        done = subprocess.run([*self._base, *words], env=self._env, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout
