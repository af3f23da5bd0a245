"""Guarded rooms and resume tokens."""

from __future__ import annotations

import pytest

from drill.history import Happening, Kind
from tests.unit.drill.acted import DEN, Acted
from tests.unit.drill.story import fault
from wire.codes import Code

LORD, GUEST, HEIR, STRAY = "cast-lord", "cast-guest", "cast-heir", "cast-stray"


def guarded() -> Acted:
    """The lord has guarded his room, the guest was invited, the heir knows the key."""
    story = Acted().ask(LORD, "join", DEN, LORD).ask(LORD, "guard", DEN, LORD, proof=1)
    story.ask(LORD, "invite", DEN, GUEST).ask(GUEST, "join", DEN, GUEST)
    return story.ask(HEIR, "join", DEN, HEIR, proof=1)


def ended(story: Acted) -> Acted:
    """All who may be owners are there still."""
    return story.ask(LORD, "whois", who=LORD).ask(HEIR, "whois", who=HEIR)


def test_a_round_without_fault() -> None:
    story = guarded().ask(STRAY, "join", DEN, STRAY, answer=Code.NOT_INVITED)
    story.say(LORD, DEN, "welcome", GUEST, HEIR, LORD).ask(LORD, "mute", DEN, GUEST)
    story.say(GUEST, DEN, "mmh", refused=True).ask(LORD, "unmute", DEN, GUEST).say(GUEST, DEN, "ah", LORD)
    story.ask(LORD, "remove", DEN, GUEST).say(GUEST, DEN, "hey", refused=True)
    story.ask(GUEST, "join", DEN, GUEST, answer=Code.REMOVED).ask(LORD, "owner", DEN, HEIR)
    story.ask(LORD, "guard", DEN, LORD, answer=Code.NOT_OWNER).ask(HEIR, "guard", DEN, HEIR)
    assert ended(story).broken() == set()


def test_nobody_comes_in_without_a_right() -> None:
    uninvited = ended(guarded().ask(STRAY, "join", DEN, STRAY))
    assert uninvited.broken() == {"trespassed"}
    assert ended(guarded().ask(LORD, "invite", DEN, STRAY).ask(STRAY, "join", DEN, STRAY)).broken() == set()
    removed = guarded().ask(LORD, "remove", DEN, GUEST).ask(GUEST, "join", DEN, GUEST)
    assert ended(removed).broken() == {"trespassed"}
    forgiven = guarded().ask(LORD, "remove", DEN, GUEST).ask(LORD, "invite", DEN, GUEST, answer=None)
    assert ended(forgiven.ask(GUEST, "join", DEN, GUEST)).broken() == set()


def test_where_the_owner_may_have_lost_his_session_nothing_is_certain() -> None:
    assert guarded().ask(STRAY, "join", DEN, STRAY).broken() == set()  # nothing shows that he was there still
    renewed = guarded().ask(STRAY, "join", DEN, STRAY)
    renewed.note(LORD, Kind.RENEWED, session="another")
    assert ended(renewed).broken() == set()


def test_a_loss_of_data_does_not_open_a_room() -> None:
    story = ended(guarded().wait(30.0).ask(STRAY, "join", DEN, STRAY))
    assert story.broken(*fault("flushall", 125.0, 126.0)) == {"trespassed"}
    # Another fault beside it: who remembers the rights may have been away.
    assert story.broken(*fault("flushall", 125.0, 126.0), *fault("kill", 123.0, 127.0, "n1", 2)) == set()


@pytest.mark.parametrize("name", ["rewind", "flushall"])
def test_what_came_just_before_a_loss_may_be_known_to_nobody(name: str) -> None:
    story = guarded().ask(LORD, "mute", DEN, GUEST)
    at = story.at
    story.wait(10.0).say(GUEST, DEN, "mmh", LORD)
    assert ended(story).broken() == {"unmuted"}
    assert ended(story).broken(*fault(name, at + 0.5, at + 0.6)) == set()
    assert ended(story).broken(*fault(name, at + 2.0, at + 2.1)) == {"unmuted"}


def test_what_is_said_there_is_for_members() -> None:
    assert ended(guarded().say(LORD, DEN, "among us", STRAY)).broken() == {"leaked"}
    assert ended(guarded().say(LORD, DEN, "among us", GUEST, HEIR)).broken() == set()
    gone = guarded().ask(LORD, "remove", DEN, GUEST).say(LORD, DEN, "without him", GUEST)
    assert ended(gone).broken() == {"leaked"}
    left = guarded().ask(GUEST, "leave", DEN, GUEST).say(LORD, DEN, "without him", GUEST)
    assert ended(left).broken() == {"leaked"}


def test_who_comes_later_reads_what_was_said_and_who_goes_what_was_on_its_way() -> None:
    story = Acted().ask(LORD, "join", DEN, LORD).ask(LORD, "guard", DEN, LORD).say(LORD, DEN, "first")
    story.ask(LORD, "invite", DEN, GUEST).ask(GUEST, "join", DEN, GUEST)
    story.made.append(Happening(GUEST, Kind.HISTORY, DEN, LORD, "first", "e1", 1, at=story.at))
    story.say(LORD, DEN, "second").ask(LORD, "remove", DEN, GUEST).show(GUEST, DEN, "second", LORD, 2)
    assert ended(story).broken() == set()


@pytest.mark.parametrize(("against", "lift"), [("mute", "unmute"), ("remove", "invite")])
def test_who_may_not_speak_is_not_heard(against: str, lift: str) -> None:
    spoke = guarded().ask(LORD, against, DEN, GUEST).say(GUEST, DEN, "mmh", LORD)
    assert ended(spoke).broken() == {"unmuted"}
    assert ended(guarded().ask(LORD, against, DEN, GUEST, answer=None).say(GUEST, DEN, "mmh", LORD)).broken() == set()
    lifted = guarded().ask(LORD, against, DEN, GUEST).ask(LORD, lift, DEN, GUEST, answer=None)
    assert ended(lifted.say(GUEST, DEN, "mmh", LORD)).broken() == set()


def test_a_room_has_one_owner() -> None:
    usurped = guarded().ask(GUEST, "invite", DEN, STRAY)
    assert ended(usurped).broken() == {"two_owners"}
    refused = guarded().ask(LORD, "guard", DEN, LORD, answer=Code.NOT_OWNER)
    assert ended(refused).broken() == {"two_owners"}


def test_ownership_that_was_handed_over_is_held_by_one() -> None:
    def handed(answer: str | None = "") -> Acted:
        return guarded().ask(LORD, "owner", DEN, HEIR, answer=answer)

    assert ended(handed().ask(LORD, "guard", DEN, LORD)).broken() == {"two_owners"}
    assert ended(handed().ask(HEIR, "guard", DEN, HEIR, answer=Code.NOT_OWNER)).broken() == {"two_owners"}
    assert ended(handed(None).ask(LORD, "guard", DEN, LORD)).broken() == set()
    assert ended(handed(None).ask(HEIR, "guard", DEN, HEIR)).broken() == set()


def resumed(*tokens: int, answer: Code | str | None = "") -> Acted:
    """A session is begun, and resumed with these tokens one after the other; `answer`: to the last one."""
    story = Acted().ask("keeper", "begin", proof=1, last=1, session="s")
    for token in tokens:
        last = answer if token == tokens[-1] else ""
        story.at -= 1.5
        story.ask("keeper", "resume", proof=token, last=token + 1, session="s", answer=last)
    return story


def test_a_spent_token_is_of_no_use() -> None:
    assert resumed(1, 2).ask("keeper", "copy", proof=1, session="s").broken() == {"spent_taken"}
    assert resumed(1, 2).ask("keeper", "copy", proof=1, session="s", answer=Code.TOKEN_SPENT).broken() == set()
    # The one before the newest counts until its client comes with that.
    assert resumed(1, 2).ask("keeper", "copy", proof=2, session="s").broken() == set()


def test_a_hello_that_was_never_answered_may_keep_an_old_token_alive() -> None:
    lost = resumed(1, 2, answer=None).ask("keeper", "resume", proof=2, last=3, session="s")
    assert lost.ask("keeper", "copy", proof=1, session="s").broken() == set()
    lost.wait(20.0).ask("keeper", "resume", proof=3, last=4, session="s")
    assert lost.ask("keeper", "copy", proof=1, session="s").broken() == {"spent_taken"}


def test_a_loss_of_data_may_bring_an_old_token_back() -> None:
    story = resumed(1, 2).ask("keeper", "copy", proof=1, session="s")
    assert story.broken(*fault("rewind", 103.0, 104.0)) == set()


@pytest.mark.parametrize("code", [Code.TOKEN_SPENT, Code.RESUME_REFUSED])
def test_who_has_the_newest_token_goes_on(code: Code) -> None:
    refused = resumed(1, 2, answer=code)
    assert refused.broken() == {"token_refused"}
    assert refused.broken(*fault("flushall", 103.0, 104.0)) == set()
    assert resumed(1, 2, answer=Code.DEGRADED).broken() == set()
    late = resumed(1).wait(10.0).ask("keeper", "resume", proof=2, session="s", answer=code)
    assert late.broken() == set()  # its grace was over
    old = resumed(1, 2).ask("keeper", "resume", proof=1, session="s", answer=code)
    assert old.broken() == set()
