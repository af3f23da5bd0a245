"""The full-screen client in a real terminal, against real nodes."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from client import ChatClient
from tests.blackbox.conftest import Deploy
from tests.support.deployment import Deployment
from tests.support.operator import run
from tests.support.programs import required
from tests.support.proxy import Proxy
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until

Open = Callable[..., Terminal]


@pytest.fixture
def at(tmp_path: Path) -> Open:
    """A terminal in which that nickname joins those servers."""
    tmux = required("tmux")

    def opened(
        nick: str, servers: list[str], *words: str, env: Mapping[str, str] | None = None, **other: Any
    ) -> Terminal:
        given = [word for server in servers for word in ("--server", server)]
        argv = [sys.executable, "-m", "client", nick, *given, *words]
        return Terminal(tmux, argv, env={"XDG_CONFIG_HOME": str(tmp_path), **(env or {})}, **other)

    return opened


def test_two_people_talk_in_public_and_in_private(calm: Deployment, at: Open) -> None:
    with at("ann", calm.addresses[:1]) as ann, at("bill", calm.addresses[1:], size=(120, 40)) as bill:
        ann.shows("#lobby>", "● ann", "● bill")
        bill.shows("● bill")
        ann.type("hello there", "Enter")
        bill.shows("ann │  hello there")
        ann.shows("ann ✓  hello there")
        bill.type("@ann psst", "Enter")
        ann.shows("2 @bill       !1")
        ann.keys("M-2")
        ann.shows("bill │  psst", "@bill>")
        bill.keys("M-2")
        bill.shows("bill ✓✓ psst")
        ann.keys("C-d")
        assert ann.ends() == 0
        bill.keys("C-c")
        assert bill.ends() == 130


def test_keys_that_come_in_one_go_are_done_in_their_order(calm: Deployment, at: Open) -> None:
    with at("quin", calm.addresses, "--room", "#quin") as quin:
        quin.shows("#quin>")
        quin.keys(
            "w", "r", "o", "n", "g", "C-u", "o", "n", "e", "M-Enter", "t", "w", "x", "BSpace", "o", "C-a", "O", "Enter"
        )
        quin.shows("quin ✓  one\n", "│  Otwo")
        quin.keys("Up", "C-w", "C-u", "BSpace", "C-w", "d", "o", "n", "e", "Enter")
        quin.shows("quin ✓  done")


def test_a_node_that_is_killed_is_one_quiet_line(deploy: Deploy, at: Open) -> None:
    cluster = deploy(nodes=2)
    with at("cleo", cluster.addresses[:1] * 2) as cleo, ChatClient(cluster.addresses[1:], "dan") as dan:
        cleo.shows("● n1")
        dan.say("before").wait(10)
        cleo.shows("dan │  before")
        cleo.type("half a thought")
        cluster.nodes[0].kill()
        for number in range(5):
            dan.say(f"meanwhile {number}").wait(10)
        cleo.shows("moved to n2 in ", "nothing missed", *(f"meanwhile {number}" for number in range(5)))
        cleo.shows("#lobby> half a thought")
        cleo.keys("Enter")
        cleo.shows("cleo ✓  half a thought")
        screen = cleo.screen
        order = [screen.index(text) for text in ("before", *(f"meanwhile {n}" for n in range(5)), "✓  half a thought")]
        assert order == sorted(order)
        assert all(screen.count(f"meanwhile {number}") == 1 for number in range(5))
        assert "dan left" not in screen


def test_the_drafts_of_all_conversations_outlive_a_node(deploy: Deploy, at: Open) -> None:
    cluster = deploy(nodes=2)
    with at("dot", cluster.addresses[:1] * 2) as dot:
        dot.shows("● n1")
        dot.type("/msg eli", "Enter")
        dot.shows("@eli>")
        dot.type("for eli", "M-1")
        dot.shows("#lobby>")
        dot.type("for all")
        cluster.nodes[0].kill()
        dot.shows("moved to n2 in ", "#lobby> for all")
        dot.keys("M-2")
        dot.shows("@eli> for eli")


def test_without_any_node_it_says_what_waits(deploy: Deploy, at: Open) -> None:
    cluster = deploy(nodes=1, grace=30.0)
    with at("emil", cluster.addresses) as emil:
        emil.shows("● n1")
        cluster.nodes[0].kill()
        emil.type("one", "Enter")
        emil.type("two", "Enter")
        emil.shows("(2 unsent)", "emil …  two")
        cluster.nodes[0].start()
        emil.shows("emil ✓  one", "emil ✓  two", within=40)
        assert "unsent" not in emil.screen


def test_it_wraps_again_and_scrolls(calm: Deployment, at: Open) -> None:
    stale = {"COLUMNS": "80", "LINES": "24"}
    with (
        at("fay", calm.addresses, "--room", "#fay", env=stale) as fay,
        ChatClient(calm.addresses, "gus", rooms=["#fay"]) as gus,
    ):
        fay.shows("● gus")
        for number in range(40):
            gus.say(f"line {number} is long enough to be wrapped at 80 columns", "#fay")
        fay.shows("line 39")
        fay.resize(120, 40)
        fay.shows("line 39 is long enough to be wrapped at 80 columns")
        fay.resize(60, 16)
        fay.shows("wrapped at 80\n", "columns\n ● n")
        fay.keys("PageUp")
        fay.shows("↓ newer messages below")
        before = fay.screen.splitlines()[2:8]
        gus.say("one more", "#fay")
        fay.shows("↓ 1 new")
        assert fay.screen.splitlines()[2:8] == before
        fay.keys("C-End")
        fay.shows("one more")


def test_links_bells_and_nothing_else_reach_the_terminal(calm: Deployment, at: Open) -> None:
    with at("hal", calm.addresses, "--room", "#hal") as hal, ChatClient(calm.addresses, "ida", rooms=["#hal"]) as ida:
        hal.shows("● ida")
        bells = hal.raw.count(b"\a")
        ida.say("hal: see https://example.org/page and \u202eevil", "#hal")
        hal.shows("see https://example.org/page and")
        wait_until(lambda: hal.raw.count(b"\a") > bells, what="the bell")
        assert re.search(rb"\x1b\]8;[^;]*;https://example\.org/page\x1b\\", hal.raw)
        assert "\u202e".encode() not in hal.raw


def test_the_terminal_notifies_through_tmux(calm: Deployment, at: Open, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('notify = "osc777"\nmuted = ["#quiet"]\n')
    with (
        at("ora", calm.addresses, "--room", "#ora", "--room", "#quiet", "--config", str(settings)) as ora,
        ChatClient(calm.addresses, "pia", rooms=["#ora", "#quiet"]) as pia,
    ):
        ora.shows("● pia")
        pia.say("ora, here nothing rings", "#quiet").wait(10)
        pia.say("ora: lunch; now?", "#ora")
        wait_until(lambda: b"\x1bPtmux;\x1b\x1b]777;notify;" in ora.raw, what="the notification")
        told = re.findall(rb"\x1bPtmux;\x1b\x1b\]777;(.*?)\x07\x1b\\", ora.raw)
        assert told == [b"notify;pia in #ora;ora: lunch, now?"]


def test_columns_stand_whatever_is_written(calm: Deployment, at: Open) -> None:
    hindi, hebrew = "क्षि नमस्ते दुनिया हिन्दी में लिखा हुआ " * 2, "שלום לכולם, מה שלומכם היום?"
    with (
        at("mo", calm.addresses, "--room", "#wide", size=(104, 20)) as mo,
        ChatClient(calm.addresses, "nat", rooms=["#wide"]) as nat,
    ):
        mo.shows("● nat")
        for text in (hindi, hebrew, "日本語 👨‍👩‍👧 👍🏽 ❤️ 🇩🇪", "Z" + "\u0301" * 40):
            nat.say(text, "#wide")
        mo.shows("nat │  Z")
        painted = len(mo.raw)
        mo.keys("C-l")  # all rows from left to right, where the one column could push the next
        wait_until(lambda: len(mo.raw) > painted + 1000, what="it is painted again")
        rows = [row for row in mo.screen.splitlines() if "nat │" in row]
        assert len(rows) == 4
        assert [row.count("│") for row in rows] == [3] * 4, "between conversations and messages, in them, and members"


def test_the_mouse_can_be_left_to_the_terminal(calm: Deployment, at: Open, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("mouse = false\n")
    with at("kim", calm.addresses, "--config", str(settings)) as kim, at("leo", calm.addresses) as leo:
        kim.shows("● kim")
        leo.shows("● leo")
        assert b"\x1b[?1000h" in leo.raw
        assert b"\x1b[?1000h" not in kim.raw


def test_no_color_is_heeded(calm: Deployment, at: Open) -> None:
    with at("jo", calm.addresses, env={"NO_COLOR": "1"}) as jo:
        jo.shows("● jo", "›1 #lobby")
        jo.type("hello", "Enter")
        jo.shows("jo ✓  hello")
        assert not _colours(jo.raw)


def test_lines_that_are_pasted_are_asked_about(calm: Deployment, at: Open) -> None:
    with at("kai", calm.addresses, "--room", "#kai") as kai:
        kai.shows("#kai>")
        kai.paste("first\nsecond\n")
        kai.shows("You pasted 2 lines")
        kai.keys("Enter")
        kai.shows("kai ✓  first", "│  second")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(calm: Deployment, at: Open, number: int) -> None:
    nick = f"lou{number}"
    with at(nick, calm.addresses) as lou:
        lou.shows("#lobby>")
        os.kill(lou.pid, number)
        assert lou.ends() == 0
        assert "#lobby" not in lou.screen
        wait_until(lambda: nick not in calm.presence(), what="it has left")


def test_what_is_half_written_when_one_is_kicked_can_be_copied(calm: Deployment, at: Open) -> None:
    with at("rex", calm.addresses) as rex:
        rex.shows("● rex")
        rex.type("a long sto")
        rex.shows("#lobby> a long sto")
        assert run(calm, "kick", "rex")[0] == 0
        rex.shows("removed you", "not sent to #lobby: a long sto", "restored", "code 5")


def test_a_dumb_terminal_gets_lines(calm: Deployment, at: Open) -> None:
    with at("mia", calm.addresses, env={"TERM": "dumb"}) as mia:
        mia.shows("connected to n")
    with at("ned", calm.addresses, "--plain") as ned:
        ned.shows("connected to n", "#lobby>")
        assert b"\x1b[?1049h" not in ned.raw


def test_a_password_typed_ahead_is_not_shown_by_the_terminal_itself(calm: Deployment, at: Open) -> None:
    with at("nell", calm.addresses, "--plain") as nell:
        nell.shows("#lobby>")
        for n in range(15):
            nell.keys(f"line-{n}", "Enter")
            nell.type("/registr geheim", "Enter")
        nell.type("\\q", "Enter")
        nell.ends()
        assert b"line-14" in nell.raw
        assert b"geheim" not in nell.raw


@pytest.mark.parametrize("words", [(), ("--plain",)])
def test_what_is_typed_before_there_is_a_prompt_is_hidden_and_then_done(
    calm: Deployment, at: Open, words: tuple[str, ...]
) -> None:
    """Also its Enter is an Enter, not a new line."""
    node = int(calm.addresses[0].rpartition(":")[2])
    nick = "vera" if words else "vince"
    with closing(Proxy(node)) as late:
        late.hold()
        with at(nick, [f"127.0.0.1:{late.port}"], *words) as vera:
            wait_until(lambda: late._pipes)
            vera.type("/registr geheim", "Enter")
            vera.type("are you there", "Enter")
            late.release()
            vera.shows("did you mean", f"{nick}: are you there" if words else f"{nick} ✓  are you there")
            vera.type("\\q", "Enter")
            assert vera.ends() == 0
            assert b"geheim" not in vera.raw


def test_what_goes_to_stderr_may_go_elsewhere(calm: Deployment, at: Open, tmp_path: Path) -> None:
    with at("pam", calm.addresses, redirect=f"2>{tmp_path / 'errors'}") as pam:
        pam.shows("● pam")
        pam.keys("C-d")
        assert pam.ends() == 0


def _colours(raw: bytes) -> list[bytes]:
    """What sets a colour; 39 and 49 are the terminal's own."""
    found = re.findall(rb"\x1b\[([0-9;]*)m", raw)
    return [one for one in found if re.search(rb"(?:^|;)(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;|$)", one)]
