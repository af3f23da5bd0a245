"""A real terminal with one program in it: a tmux of its own, without anybody's settings."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.processes import environment
from tests.support.waiting import wait_until


class Terminal:
    """Runs `python -m client WORDS`, then tells its exit code and whether the terminal is as it was. Use as a
    context manager. `redirect`: in words of the shell."""

    def __init__(
        self,
        tmux: str,
        folder: Path,
        words: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        redirect: str = "",
    ) -> None:
        self._raw = folder / "raw"
        self._socket = folder / "tmux"
        self._base = [tmux, "-S", str(self._socket), "-f", "/dev/null"]
        self._size = size
        self._env = {**environment(), "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(folder), **(env or {})}
        program = f"{shlex.join([sys.executable, '-m', 'client', *words])} {redirect}"
        # `cat` keeps the terminal open; stty tells of modes that were left behind.
        self._script = f'a=$(stty -g); {program}; c=$?; [ "$a" = "$(stty -g)" ] && echo restored; echo code $c; cat'

    def __enter__(self) -> Self:
        columns, rows = self._size
        # It waits for us: all that it writes is to be seen.
        script = "stty -echo; read go; stty echo; " + self._script
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", script)
        self._tmux("pipe-pane", f"cat > {shlex.quote(str(self._raw))}")
        self.keys("Enter")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._base, "kill-server"], capture_output=True, timeout=20, check=False)

    def keys(self, *keys: str) -> None:
        """As tmux calls them: Enter, C-c, M-1, PageUp."""
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
        return self._tmux("capture-pane", "-p")

    @property
    def raw(self) -> bytes:
        """All that the program wrote to it."""
        return self._raw.read_bytes() if self._raw.exists() else b""

    @property
    def pid(self) -> int:
        """Of the program."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return next(int(pid) for pid in children if b"client" in Path(f"/proc/{pid}/cmdline").read_bytes())

    def shows(self, *texts: str, within: float = 20.0) -> None:
        """Waits for all of them at once."""
        try:
            wait_until(lambda: all(text in self.screen for text in texts), within)
        except AssertionError:
            raise AssertionError(f"{texts} not in\n{self.screen}") from None

    def _tmux(self, *words: str) -> str:
        done = subprocess.run([*self._base, *words], env=self._env, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout
