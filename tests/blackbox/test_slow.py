"""A client that stops reading costs nobody else anything, and loses nothing itself."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.deployment import UNLIMITED, Deployment
from tests.support.native import NativeClient
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Error, Message, Quit, Reconnect, Say, Welcome

Deploy = Callable[..., Deployment]
MESSAGES = 1200
SIZE = 16_000
MIB = 1024 * 1024


def test_a_client_that_stops_reading_does_not_eat_the_memory(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, lease=2.0, grace=20.0, flags=UNLIMITED)
    node = cluster.nodes[0]
    with (
        NativeClient(node.address, "slow", receive_buffer=4096) as slow,
        NativeClient(node.address, "speaker") as speaker,
        NativeClient(node.address, "reader") as reader,
    ):
        welcome = slow.enter()
        speaker.enter()
        reader.enter()
        before = node.resident()
        texts = [
            f"{n} ".ljust(SIZE, "雪" if n % 7 == 0 else "x")[: SIZE // (3 if n % 7 == 0 else 1)]
            for n in range(MESSAGES)
        ]
        _say_all(speaker, reader, texts)

        # The sockets' buffers take a few MiB and the outbox one; 16 are what a node may remember of the last seconds
        # for the case that Redis loses them. The rest of what became of the 19 (twice as much, as text and as bytes)
        # had to go.
        wait_until(lambda: node.metric("hydrachat_overflows_total") == 1, what="the outbox overflowed")
        assert node.resident() - before < (12 + 16) * MIB
        slow.expect_end()
        last_words = [f for f in slow.frames if isinstance(f, (Error, Reconnect))]
        seen = [frame for frame in slow.frames if isinstance(frame, Message)]
        assert [frame.code for frame in last_words] in ([], [Code.TOO_SLOW])
        assert len(seen) < MESSAGES
        cursor = (seen[-1].epoch, seen[-1].offset) if seen else welcome.logs["#lobby"]
        with NativeClient(node.address, "slow") as back:
            back.resume(welcome, {"#lobby": cursor})
            back.expect(Welcome)
            while not seen or seen[-1].text != texts[-1]:
                seen.append(back.expect(Message))

            assert [frame.text for frame in seen] == texts
            for client in (back, speaker, reader):
                client.send(Quit())
                client.expect_end()


def _say_all(speaker: NativeClient, reader: NativeClient, texts: list[str]) -> None:
    """In windows of 32; the reader has to get each at once, in order."""
    for start in range(0, len(texts), 32):
        window = texts[start : start + 32]
        for text in window:
            speaker.n += 1
            speaker.send(Say(n=speaker.n, to="#lobby", text=text))
        for _ in window:
            speaker.expect(Accepted)
        for text in window:
            reader.expect_text(text, within=5.0)


def test_a_newcomer_is_not_held_up_by_a_slow_one(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, lease=2.0)
    slow = [NativeClient(cluster.addresses[0], f"slow{n}", receive_buffer=4096) for n in range(5)]
    try:
        for client in slow:
            client.enter()
        with (
            NativeClient(cluster.addresses[1], "speaker") as speaker,
            NativeClient(cluster.addresses[0], "r") as reader,
        ):
            speaker.enter()
            reader.enter()
            _say_all(speaker, reader, [f"{n} ".ljust(SIZE, "y") for n in range(64)])
            with NativeClient(cluster.addresses[0], "newcomer") as newcomer:
                newcomer.enter()
                speaker.say("hello newcomer")
                newcomer.expect_text("hello newcomer", within=3.0)
    finally:
        for client in slow:
            client.close()
