"""The program around a bot: its command line, how signals end it, its exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from pathlib import Path

import pytest

from client import ChatError, MessageEvent, bot_arguments, run_bot, sayable, uninterrupted
from wire.address import Address

EACH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@pytest.fixture(autouse=True)
def _handlers() -> object:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield None
    for number, handler in before.items():
        signal.signal(number, handler)


def parse(*words: str) -> Namespace:
    return bot_arguments("A bot.", "robot").parse_args(words)


def test_a_command_line_has_defaults() -> None:
    given = parse()
    assert (given.server, given.nick, given.room) == ([Address("127.0.0.1", 7700)], "robot", [])


def test_what_is_given_takes_the_place_of_a_default() -> None:
    given = parse("--server", "a:1", "--server", "b:2", "--nick", "x", "--room", "#ops", "--room", "#art")
    assert given.server == [Address("a", 1), Address("b", 2)]
    assert (given.nick, given.room) == ("x", ["#ops", "#art"])
    assert parse().server == [Address("127.0.0.1", 7700)], "the default is as it was"


def test_how_to_come_in_goes_to_the_client_as_far_as_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HYDRACHAT_PASSWORD", raising=False)
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    assert parse().login == {}
    assert parse("--tls", "--tls-ca", "ca.pem").login == {"tls": True, "tls_ca": "ca.pem"}
    monkeypatch.setenv("HYDRACHAT_PASSWORD", "hush")
    assert parse().login == {"password": "hush"}
    assert parse("--password-file", str(secret)).login == {"password": "open sesame"}
    assert parse().login == {"password": "hush"}, "the default is as it was"


@pytest.mark.parametrize(("content", "why"), [(None, "can't be read: No such file"), (b"\xff", "is not UTF-8")])
def test_a_bad_password_file_is_wrong_usage(
    content: bytes | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        parse("--password-file", str(secret))
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def test_a_bad_server_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse("--server", "nonsense")
    assert ended.value.code == 2
    assert "'nonsense' is not an address: write HOST:PORT" in capsys.readouterr().err


@EACH
def test_a_signal_ends_it_through_its_with(number: signal.Signals) -> None:
    left = []

    def bot() -> None:
        try:
            os.kill(os.getpid(), number)
            threading.Event().wait(20)
        finally:
            left.append(True)

    with pytest.raises(SystemExit) as ended:
        run_bot(bot)
    assert (ended.value.code, left) == (0, [True])


@pytest.mark.parametrize("error", [ChatError("taken"), FileNotFoundError("no such file")])
def test_what_hinders_it_is_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def bot() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["bots/parrot.py"])
    with pytest.raises(SystemExit) as ended:
        run_bot(bot)
    assert ended.value.code == f"parrot: {error}"  # Python prints it, and exits with 1


def test_a_fault_is_shown_as_one() -> None:
    with pytest.raises(ZeroDivisionError):
        run_bot(lambda: 1 / 0)


@EACH
def test_what_must_be_whole_is_done_before_a_signal_takes_effect(number: signal.Signals) -> None:
    done = []

    def whole() -> None:
        with uninterrupted():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            done.append("whole")

    with pytest.raises(SystemExit) as ended:
        whole()
    assert (ended.value.code, done) == (0, ["whole"])


def test_patience_has_an_end() -> None:
    done = []

    def endless() -> None:
        with uninterrupted(0.05):
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(20)
            done.append("too late")

    with pytest.raises(SystemExit):
        endless()
    assert done == []


SIGNALS_LATE = """
import os, signal, threading, time
from client import uninterrupted

class Late(threading.Timer):
    def run(self):
        self.finished.wait()  # its time is over in the moment in which it is cancelled
        time.sleep(0.2)
        self.function(*self.args)

threading.Timer = Late
try:
    with uninterrupted(60):
        os.kill(os.getpid(), signal.SIGTERM)
except SystemExit:
    for late in threading.enumerate()[1:]:
        late.join()
"""


def test_the_end_of_patience_never_comes_behind_it() -> None:
    done = subprocess.run([sys.executable, "-c", SIGNALS_LATE], timeout=60, check=False)
    assert done.returncode == 0, "not killed by its own timer"


def test_behind_it_all_is_as_before_and_errors_come_out() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with uninterrupted():
        pass
    with pytest.raises(KeyError), uninterrupted():
        raise KeyError
    assert signal.getsignal(signal.SIGTERM) is before
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" two\n\tlines\n", "two\n\tlines"),
        (b"\x1b[31mred \xff", "\N{REPLACEMENT CHARACTER}[31mred \N{REPLACEMENT CHARACTER}"),
        ("half \ud83d", "half \N{REPLACEMENT CHARACTER}"),
        ("a\u00a0space and 🎉", "a\u00a0space and 🎉"),
        (b" \n", ""),
    ],
)
def test_what_may_be_said_of_it(given: str | bytes, expected: str) -> None:
    assert sayable(given) == expected


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("Echo: hi: you ", "#lobby", "hi: you"),
        ("hi", None, "hi"),
        ("hi", "#lobby", ""),
        ("echo hi", "#lobby", ""),
        ("bob: hi", "#lobby", ""),
    ],
)
def test_what_is_said_to_somebody(text: str, room: str | None, expected: str) -> None:
    assert MessageEvent(room, "s1", 1, "ann", text, 0, "e1", 1).said_to("echo") == expected


def test_who_imports_the_library_does_not_pay_for_a_command_line() -> None:
    code = "import sys, client; print('argparse' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_example_is_short() -> None:
    examples = Path(__file__).resolve().parents[3] / "examples"
    lengths = {one.stem: len(one.read_text().splitlines()) for one in examples.glob("*.py")}
    most = {"echo_bot": 30, "log_bridge": 85, "transcript": 60}
    assert {name for name, length in lengths.items() if length > most.get(name, 60)} == set()
