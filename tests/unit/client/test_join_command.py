"""`hydrachat join` as a process, plain, against a loopback cluster; and its options."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from click.testing import CliRunner

from client.command import join
from tests.unit.client.model import Line
from tests.unit.client.scripted import Loopback
from wire.codes import Code
from wire.frames import (
    Accepted,
    Error,
    Join,
    Joined,
    Leave,
    Left,
    Members,
    Message,
    Rename,
    RoomList,
    Rooms,
    Say,
    SetTopic,
    Topic,
    Who,
)

PROGRAM = [sys.executable, "-m", "client"]


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback(2) as loopback:
        yield loopback


def command(cluster: Loopback, *more: str) -> list[str]:
    return [*PROGRAM, "bot", *(word for server in cluster.servers for word in ("--server", server)), *more]


def run(arguments: Sequence[str], given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYDRACHAT_")}
    return subprocess.run(
        arguments, input=given, capture_output=True, text=True, timeout=30, env=clean | environment, check=False
    )


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stamped(text: str) -> list[str]:
    """Without the time of day."""
    return [re.sub(r"^\d\d:\d\d ", "", line) for line in text.splitlines()]


def test_lines_in_lines_out(cluster: Loopback) -> None:
    done = run(command(cluster), "hello\n\ngrüß 🎉\n//slash\nno line end")
    assert done.returncode == 0, done.stderr
    said = [one.text for one in cluster.world.log if isinstance(one, Message)]
    assert said == ["hello", "grüß 🎉", "/slash", "no line end"]
    out = stamped(done.stdout)
    assert out[0] == "* you are in #lobby, 1 here: bot"
    assert "\x1b" not in done.stdout
    assert re.fullmatch(r"· connected to n[12] as bot", stamped(done.stderr)[0])


def test_a_large_input_is_said_in_order(cluster: Loopback) -> None:
    given = "".join(f"line {number}\n" for number in range(3000))
    done = run(command(cluster), given)
    assert done.returncode == 0, done.stderr
    assert "".join(f"{one.text}\n" for one in cluster.world.log if isinstance(one, Message)) == given


def test_what_follows_a_change_of_rooms_is_said_there(cluster: Loopback) -> None:
    """Also where the answers are slow: nothing may be said in a room that it was not meant for."""
    said: list[tuple[str, str]] = []
    inside = {"#lobby"}

    def entering(line: Line, asked: Join) -> None:
        assert line.session is not None
        inside.add(asked.room)
        line.down.append(Joined(asked.room, "r1", 1, line.session.number, "bot", 1000, 1, ["bot"], asked.id))

    def leaving(line: Line, asked: Leave) -> None:
        assert line.session is not None
        inside.discard(asked.room)
        line.down.append(Left(asked.room, "r1", 2, line.session.number, "bot", 1000, "left", asked.id))

    def saying(line: Line, say: Say) -> None:
        if say.to in inside and say.n > len(said):  # else it comes again after a reconnect
            said.append((say.to, say.text))
        line.down.append(Accepted(say.n, say.to, "e1", 9, 1))

    cluster.world.on |= {Join: entering, Leave: leaving, Say: saying}
    lines = ["one", "/join #ops", "two", "/join #art", "three", "/leave", "four", "/leave #ops", "five"]
    done = run(command(cluster), "\n".join(lines))
    assert done.returncode == 0, done.stderr
    assert said == [("#lobby", "one"), ("#ops", "two"), ("#art", "three"), ("#ops", "four"), ("#lobby", "five")]


def test_what_stands_before_a_change_is_said_before_it(cluster: Loopback) -> None:
    """And what follows it, after it: under the new name, in a room that is about something else."""

    def renamed(line: Line, asked: Rename) -> None:
        assert line.session is not None
        line.down.append(Joined("", "", 0, line.session.number, asked.nick, 5, id=asked.id, former="bot"))

    def titled(line: Line, asked: SetTopic) -> None:
        line.down.append(Topic(asked.room, "", 0, "bot", 5, asked.text or "", id=asked.id))

    cluster.world.on |= {Rename: renamed, SetTopic: titled}
    crowd = [f"line {number}" for number in range(150)]  # more than may be unanswered
    done = run(command(cluster), "\n".join([*crowd, "/nick Robot", *crowd, "/topic tea", *crowd]))
    assert done.returncode == 0, done.stderr
    order = [type(frame) for frame in cluster.heard if isinstance(frame, Say | Rename | SetTopic)]
    assert order == [*[Say] * 150, Rename, *[Say] * 150, SetTopic, *[Say] * 150]


def test_what_follows_a_refused_join_is_said_nowhere(cluster: Loopback) -> None:
    def full(line: Line, asked: Join) -> None:
        line.down.append(Error(Code.BAD_ROOM, "no such room", id=asked.id))

    def outside(line: Line, say: Say) -> None:
        line.down.append(Error(Code.NOT_MEMBER, "you are not in that room", n=say.n))

    cluster.world.on |= {Join: full, Say: outside}
    done = run(command(cluster), "/join #ops\nsecret\n")
    assert done.returncode == 1
    assert [one.to for one in cluster.heard if isinstance(one, Say)] == ["#ops"]


def test_anything_unaccepted_is_said_and_fails(cluster: Loopback) -> None:
    def picky(line: Line, say: Say) -> None:
        refused = Error(Code.NO_SUCH_NICK, "nobody is called so", n=say.n)
        line.down.append(refused if say.to.startswith("@") else Accepted(say.n, say.to, "e1", 9, 1))

    cluster.world.on[Say] = picky
    done = run(command(cluster), "fine\n@nobody psst\n" + "x" * 20000 + "\n")
    assert done.returncode == 1
    assert "hydrachat: 2 messages not accepted" in done.stderr
    assert "! not said to @nobody: nobody is called so (“psst”)" in done.stderr
    assert "! a line of more than 16384 bytes can't be said" in done.stderr


def test_a_taken_nickname_exits_5_and_proposes_a_free_one(cluster: Loopback) -> None:
    with start(command(cluster, "--follow")) as first:
        assert first.stdout is not None
        assert "you are in" in first.stdout.readline()
        second = run(command(cluster))
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=10)
    assert second.returncode == 5
    assert second.stderr == "hydrachat: taken; bot2 is free\n"
    assert first.returncode == 0


def test_ctrl_c_leaves_in_order_with_130(cluster: Loopback) -> None:
    with start(command(cluster, "--follow")) as process:
        assert process.stdout is not None
        assert "you are in" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert cluster.run(lambda: cluster.world.sessions) == {}, "it said quit"


def test_a_reader_that_goes_away_is_no_traceback(cluster: Loopback) -> None:
    with start(command(cluster)) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        assert "you are in" in process.stdout.readline()
        process.stdout.close()
        process.stdin.write("to nobody\n")
        process.stdin.flush()
        errors = process.stderr.read()
        assert process.wait(10) == 141
        process.stdin.close()
    assert "Traceback" not in errors
    assert "Exception" not in errors


def test_the_end_of_the_chat_ends_a_waiting_read(cluster: Loopback) -> None:
    with start(command(cluster)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "you are in" in process.stdout.readline()
        cluster.send(Error(Code.TAKEN_OVER, "resumed elsewhere"))
        assert process.wait(10) == 5
        assert "! resumed elsewhere" in process.stderr.read()


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.command.PATIENCE", 0.2)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        result = CliRunner().invoke(join, ["bot", "--server", address])
    assert result.exit_code == 4
    assert result.output == f"hydrachat: no node reachable ({address}: connection refused)\n"


def test_environment_and_flags(cluster: Loopback) -> None:
    servers = ", ".join(cluster.servers)
    done = run(PROGRAM, "hi\n", HYDRACHAT_SERVER=servers, HYDRACHAT_NICK="envy", HYDRACHAT_ROOM="#lobby")
    assert done.returncode == 0, done.stderr
    assert "as envy" in done.stderr
    done = run([*PROGRAM, "flag"], "hi\n", HYDRACHAT_SERVER=servers, HYDRACHAT_NICK="envy")
    assert "as flag" in done.stderr
    port = str(cluster.addresses[0].port)
    done = run([*PROGRAM, "based"], "hi\n", HYDRACHAT_BASE_PORT=port)
    assert "connected to n1 as based" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "a nickname is needed"),
        (["two words"], "HYDRACHAT_NICK"),
        (["bot", "--server", "nonsense"], "'nonsense' is not an address: write HOST:PORT"),
        (["bot", "--room", "#a b"], "HYDRACHAT_ROOM"),
        (["bot", "--base-port", "70000"], "--base-port"),
    ],
)
def test_bad_settings_name_themselves(arguments: list[str], expected: str) -> None:
    result = CliRunner().invoke(join, arguments)
    assert result.exit_code == 2
    assert expected in result.output


def test_help_has_examples_and_exit_codes() -> None:
    result = CliRunner().invoke(join, ["--help"])
    assert result.exit_code == 0
    for word in ("Examples:", "hydrachat join alice", "HYDRACHAT_SERVER", "130 Ctrl-C", "--follow"):
        assert word in result.output


# Makes the terminal the controlling one, so that Ctrl-C is a signal; then becomes the program.
LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """A person's terminal, with `hydrachat join` in it. `signals`: it is our own, as of who logged in there."""

    def __init__(self, arguments: list[str], signals: bool = True, **environment: str) -> None:
        self.text = ""
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOGIN, *arguments] if signals else arguments,
            start_new_session=not signals,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | {"TERM": "xterm-256color"} | environment,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        if self._master >= 0:
            os.close(self._master)

    def hang_up(self) -> None:
        """Closes it, as one closes a window."""
        os.close(self._master)
        self._master = -1

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())

    def shows(self, expected: str) -> None:
        """Reads until it stands there."""
        deadline = time.monotonic() + 15
        while expected not in self.text:
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{expected!r} did not come; there is {self.text!r}"
            self._read()

    def ends(self) -> int:
        while self._read():
            pass
        return self.process.wait(10)

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 65536).decode(errors="replace")
        except OSError:
            # Linux: nobody has the other side open any more.
            return False
        if "\x1b[6n" in data:
            self.types("\x1b[1;1R")
        self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data)
        return bool(data)


def test_a_person_at_a_terminal(cluster: Loopback) -> None:
    with Terminal(command(cluster, "--plain")) as terminal:
        terminal.shows("you are in #lobby")
        terminal.shows("#lobby>")
        terminal.types("hello\r")
        terminal.shows("bot: hello")
        terminal.types("half a li")
        terminal.shows("half a li")
        cluster.post("in between")
        terminal.shows("other: in between")
        terminal.types("ne\r")
        terminal.shows("bot: half a line")
        terminal.types("/jion\r")
        terminal.shows("did you mean /join?")
        terminal.types("\\q\r")
        assert terminal.ends() == 0
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 0)])
def test_leaving_by_key(cluster: Loopback, key: str, code: int) -> None:
    with Terminal(command(cluster, "--plain")) as terminal:
        terminal.shows("#lobby>")
        terminal.types(key)
        assert terminal.ends() == code
        assert cluster.run(lambda: cluster.world.sessions) == {}


def test_the_end_of_the_chat_ends_the_prompt(cluster: Loopback) -> None:
    with Terminal(command(cluster, "--plain")) as terminal:
        terminal.shows("#lobby>")
        cluster.send(Error(Code.TAKEN_OVER, "resumed elsewhere"))
        terminal.shows("! resumed elsewhere")
        assert terminal.ends() == 5


def test_sigterm_ends_the_prompt_in_order(cluster: Loopback) -> None:
    with Terminal(command(cluster, "--plain")) as terminal:
        terminal.shows("#lobby>")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ends() == 0
        assert cluster.run(lambda: cluster.world.sessions) == {}


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_terminal_that_is_closed_leaves_in_order(cluster: Loopback, term: str) -> None:
    with Terminal(command(cluster, "--plain"), TERM=term) as terminal:
        terminal.shows("you are in #lobby")
        terminal.hang_up()
        assert terminal.process.wait(10) >= 0
        assert cluster.run(lambda: cluster.world.sessions) == {}


def test_who_ignores_the_hang_up_goes_on(cluster: Loopback) -> None:
    with start(["nohup", *command(cluster, "--follow")]) as process:
        assert process.stdout is not None
        assert "you are in" in process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        cluster.post("still there")
        assert "still there" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


@pytest.mark.parametrize(("redirect", "code"), [(">&-", 0), ("2>&-", 0), (">/dev/full", 1)])
def test_output_that_goes_nowhere_is_no_fault_of_the_chat(cluster: Loopback, redirect: str, code: int) -> None:
    done = run(["sh", "-c", f"{shlex.join(command(cluster))} {redirect}"], "hello\n")
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr
    assert ("the output can't be written: No space left on device" in done.stderr) == (redirect == ">/dev/full")
    assert cluster.run(lambda: cluster.world.sessions) == {}


def test_a_node_that_dies_is_one_quiet_line(cluster: Loopback) -> None:
    with Terminal(command(cluster, "--plain")) as terminal:
        terminal.shows("you are in #lobby")
        node = 0 if "connected to n1" in terminal.text else 1
        cluster.kill(node)
        terminal.shows(f"· moved to n{2 - node}, nothing missed")
        terminal.types("\\q\r")
        assert terminal.ends() == 0
        quiet = [line for line in terminal.text.splitlines() if "·" in line]
        assert len(quiet) == 2, "connected, and moved"


def test_a_terminal_asks_for_the_nickname(cluster: Loopback) -> None:
    with Terminal([*PROGRAM, "--plain", "--server", cluster.servers[0]]) as terminal:
        terminal.shows("Nickname")
        terminal.types("zoe\r")
        terminal.shows("connected to n1 as zoe")
        terminal.types("\x03")
        assert terminal.ends() == 130


def answers_lists(cluster: Loopback) -> None:
    cluster.world.on[Who] = lambda line, asked: line.down.append(Members([], asked.room, id=asked.id))
    cluster.world.on[Rooms] = lambda line, asked: line.down.append(RoomList([], id=asked.id))


def test_without_plain_a_terminal_is_a_full_screen(cluster: Loopback) -> None:
    """More of it in tests/blackbox/test_room.py."""
    answers_lists(cluster)
    with Terminal(command(cluster)) as terminal:
        terminal.shows("you are in #lobby")
        terminal.types("hello\r")
        terminal.shows("✓  hello")
        cluster.send(Error(Code.TAKEN_OVER, "resumed elsewhere"))
        assert terminal.ends() == 5
        assert terminal.text.rstrip().endswith("hydrachat: resumed elsewhere")
        assert "Traceback" not in terminal.text


def test_a_screen_whose_terminal_went_without_a_word_leaves_in_order(cluster: Loopback) -> None:
    """It would read nothing, as fast as it can, and wait for its writer for ever."""
    answers_lists(cluster)
    with Terminal(command(cluster), signals=False) as terminal:
        terminal.shows("you are in #lobby")
        terminal.hang_up()
        for n in range(50):  # more than what Textual lets wait
            cluster.post(f"line {n}")
        assert terminal.process.wait(20) >= 0
        assert cluster.run(lambda: cluster.world.sessions) == {}


# F1 is a fault from now on; the rest is the program.
FAULTY = """
import runpy
from client.fullscreen.app import RoomApp
def fail(self): raise KeyError(self.composer.text)
RoomApp.action_help = fail
runpy.run_module("client", run_name="__main__")
"""


def test_a_screen_that_fails_ends_in_one_line_and_shows_nothing_that_was_typed(
    cluster: Loopback, tmp_path: Path
) -> None:
    answers_lists(cluster)
    words = [sys.executable, "-c", FAULTY, *command(cluster)[len(PROGRAM) :]]
    with Terminal(words, XDG_STATE_HOME=str(tmp_path)) as terminal:
        terminal.shows("you are in #lobby")
        terminal.types("/register bot hunter2")
        terminal.shows("•••")
        terminal.types("\x1bOP")  # F1
        assert terminal.ends() == 1
        path = tmp_path / "hydrachat" / "crash.txt"
        told = f"hydrachat: the screen has failed (KeyError), a fault of this program; where is in {path}"
        assert terminal.text.rstrip().endswith(told)
        assert "hunter2" not in terminal.text + path.read_text()
        assert "in fail" in path.read_text()
        assert cluster.run(lambda: cluster.world.sessions) == {}, "it said quit"


def test_a_bot_does_not_wait_for_what_only_people_see() -> None:
    heavy = "import sys, client.command; print({'textual', 'prompt_toolkit', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "set()"
