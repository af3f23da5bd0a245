"""The code of docs/library.md and README.md as a reader would take it: mypy likes it, and it runs on a cluster."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from client import ChatClient
from tests.support.deployment import Deployment
from tests.support.processes import Process
from tests.support.waiting import wait_until

Deploy = Callable[..., Deployment]
ROOT = Path(__file__).resolve().parents[2]
ENDLESS = {"echo", "host", "greeter"}
SERVERS = re.compile(r'"(127\.0\.0\.1|chat\d?\.example):7700"')


def blocks() -> list[str]:
    text = "\n".join((ROOT / name).read_text("utf-8") for name in ("docs/library.md", "README.md"))
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_mypy_likes_it(tmp_path: Path) -> None:
    for number, code in enumerate(blocks()):
        (tmp_path / f"block{number}.py").write_text(code)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\nexplicit_package_bases = True\n")
    words = [sys.executable, "-m", "mypy", "--config-file", str(tmp_path / "mypy.ini"), str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


def nick(code: str) -> str | None:
    """Who comes in, if somebody does: what only defines something ends at once."""
    found = re.search(
        r'^(?!chat = ChatClient\(.*tls).*(?:ChatClient\(\[.*?\], (?:nick=)?|nick=)"(\w+)"', code, re.MULTILINE
    )
    return found[1] if found else None


def settle(cluster: Deployment, process: Process, who: str | None) -> bool:
    """Waits until it is done, or in the chat. Whether it is in."""
    wait_until(lambda: not process.alive or who in cluster.presence(), 30, f"{process.name} is in, or done")
    return process.alive and who is not None


def end(process: Process, who: str | None) -> None:
    """Waits for its end, of those without one after a Ctrl-C."""
    if who in ENDLESS:
        process.signal(signal.SIGINT)
    code, told = process.wait(30), process.tail()
    assert code == 0 or (who in ENDLESS and "KeyboardInterrupt" in told), f"{code}\n{told}"
    assert "ChatError" not in told


@pytest.mark.timeout(180)
def test_it_runs(deploy: Deploy, tmp_path: Path) -> None:
    cluster = deploy(nodes=2)
    came: set[str | None] = set()
    with ExitStack() as stack:
        person = stack.enter_context(ChatClient(cluster.addresses, "person", on_event=lambda event: None))
        for number, code in enumerate(blocks()):
            path, who = tmp_path / f"block{number}.py", nick(code)
            path.write_text(SERVERS.sub(f'"{cluster.addresses[0]}"', code))
            arguments = ["--server", cluster.addresses[0]] if "bot_arguments" in code else []
            process = Process(path.stem, [sys.executable, str(path), *arguments], tmp_path)
            stack.callback(process.discard)
            process.start()
            if settle(cluster, process, who):
                came.add(who)
                person.say("enough").wait(30)
            end(process, who)
    assert came >= ENDLESS | {"aio"}
