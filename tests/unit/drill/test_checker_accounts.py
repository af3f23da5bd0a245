"""Registered nicknames and their letters; renaming."""

from __future__ import annotations

import pytest

from drill.history import Happening, Kind
from tests.unit.drill.acted import Acted
from tests.unit.drill.story import fault
from wire.codes import Code

OWNER, FRIEND, THIEF = "cast-owner", "cast-friend", "cast-thief"


def registered() -> Acted:
    """The owner has registered his nickname, at about 105, and gone."""
    story = Acted().ask(FRIEND, "come", who=FRIEND).ask(OWNER, "come", who=OWNER).ask(OWNER, "register", who=OWNER)
    return story.ask(OWNER, "go", who=OWNER)


@pytest.mark.parametrize("way", ["come", "rename"])
def test_nobody_else_gets_a_registered_nickname(way: str) -> None:
    assert registered().ask(THIEF, way, who=OWNER).broken() == {"usurped"}
    assert registered().ask(THIEF, way, who=OWNER, answer=Code.NOT_ADMITTED).broken() == set()
    assert registered().ask(THIEF, way, who=OWNER, answer=None).broken() == set()


def test_what_was_not_acknowledged_or_was_lost_is_nobodys() -> None:
    unsure = Acted().ask(OWNER, "register", who=OWNER, answer=None).ask(THIEF, "come", who=OWNER)
    assert unsure.broken() == set()
    stolen = registered().ask(THIEF, "come", who=OWNER)
    assert stolen.broken(*fault("flushall", 107.0, 108.0)) == set()
    assert stolen.broken(*fault("rewind", 107.0, 108.0)) == set()  # it may have been in what was cut
    later = registered().wait(60.0).ask(THIEF, "come", who=OWNER)
    assert later.broken(*fault("rewind", 150.0, 151.0)) == {"usurped"}
    assert later.broken(*fault("flushall", 150.0, 151.0)) == set()


@pytest.mark.parametrize("code", [Code.NOT_ADMITTED, Code.NICK_TAKEN, Code.LOOKS_ALIKE])
def test_the_owner_gets_his_nickname_by_his_password(code: Code) -> None:
    refused = registered().ask(OWNER, "come", who=OWNER, proof=1, answer=code)
    assert refused.broken() == {"shut_out"}
    assert refused.broken(*fault("empty", 108.0, 109.0)) == set()
    assert registered().ask(OWNER, "come", who=OWNER, answer=code).broken() == set()  # he showed none
    assert registered().ask(OWNER, "come", who=OWNER, proof=1, answer=Code.RATE_LIMITED).broken() == set()


def letter(story: Acted) -> Acted:
    return story.say(FRIEND, f"@{OWNER}", "psst!")


def back(story: Acted, *shown: str) -> Acted:
    """The owner comes for long enough to be shown that."""
    story.ask(OWNER, "come", who=OWNER, proof=1)
    for text in shown:
        story.show(OWNER, f"@{OWNER}", text, FRIEND)
    return story.wait(10.0).ask(OWNER, "go", who=OWNER)


def test_letters_wait_for_the_owner() -> None:
    assert back(letter(registered()), "psst!").broken() == set()
    assert back(letter(registered())).broken() == {"undelivered"}
    assert letter(registered()).broken() == set()  # he has not come
    hasty = letter(registered()).ask(OWNER, "come", who=OWNER, proof=1).ask(OWNER, "go", who=OWNER)
    assert hasty.broken() == set()


def test_who_was_shown_a_later_letter_has_missed_the_one_before() -> None:
    story = letter(registered()).say(FRIEND, f"@{OWNER}", "and this")
    story.ask(OWNER, "come", who=OWNER, proof=1).show(OWNER, f"@{OWNER}", "and this", FRIEND)
    assert story.ask(OWNER, "go", who=OWNER).broken() == {"undelivered"}


def test_letters_that_redis_lost() -> None:
    lost = back(letter(registered().wait(30.0)))
    assert lost.broken(*fault("flushall", 139.0, 140.0)) == set()
    # The sender was there, kept it, and was told nothing.
    assert lost.broken(*fault("rewind", 143.0, 144.0)) == {"undelivered"}
    lost.note(FRIEND, Kind.DOUBTED, f"@{OWNER}", text="psst!")
    assert lost.broken(*fault("rewind", 143.0, 144.0)) == set()


def test_a_gap_tells_of_letters_that_are_missing() -> None:
    story = letter(registered()).ask(OWNER, "come", who=OWNER, proof=1)
    story.note(OWNER, Kind.GAP, "@", epoch="e9", first=1, last=1)
    story.wait(10.0).ask(OWNER, "go", who=OWNER)
    assert "undelivered" not in story.broken(*fault("rewind", 107.0, 108.0))


def test_letters_come_once_unless_they_were_not_acknowledged() -> None:
    def twice(*, calm: bool) -> Acted:
        story = letter(registered()).ask(OWNER, "come", who=OWNER, proof=1)
        story.show(OWNER, f"@{OWNER}", "psst!", FRIEND)
        if calm:
            story.wait(3.0).ask(OWNER, "whois", who=OWNER).wait(3.0)
        return back(story.ask(OWNER, "go", who=OWNER), "psst!")

    assert twice(calm=True).broken() == {"doubled"}
    assert twice(calm=False).broken() == set()


def test_letters_come_in_order_in_each_life() -> None:
    def two(*first: str) -> Acted:
        story = registered().say(FRIEND, f"@{OWNER}", "one").say(FRIEND, f"@{OWNER}", "two")
        story.ask(OWNER, "come", who=OWNER, proof=1)
        for text in first:
            story.show(OWNER, f"@{OWNER}", text, FRIEND)
        return back(story.ask(OWNER, "go", who=OWNER), "one", "two")

    assert two().broken() == set()
    assert two("one", "two").broken() == set()  # none of them acknowledged
    assert two("two", "one").broken() == {"shuffled"}


def test_the_order_is_that_of_who_speaks_not_of_his_nickname() -> None:
    """One says something that is only accepted after another, who had the nickname meanwhile, gave it up."""

    def story(speaker: str) -> Acted:
        made = Acted()
        made.note("cast-yes", Kind.SENT, "#names", text="waits")
        made.say(speaker, "#names", "meanwhile", "cast-no", name="cast-ash")
        made.note("cast-yes", Kind.ACCEPTED, "#names", text="waits", epoch="e1", offset=20)
        return made.show("cast-no", "#names", "waits", "cast-yes" if speaker == "cast-yes" else "cast-ash", 20)

    assert "shuffled" not in story("cast-no").broken()
    assert "shuffled" in story("cast-yes").broken()  # by whatever nicknames


def renamed() -> Acted:
    return Acted().ask("cast-yes", "rename", who="cast-elm").hold("cast-yes", "cast-elm")


def test_an_acknowledged_name_holds() -> None:
    assert renamed().say("cast-yes", "#names", "hello", "cast-no", name="cast-elm").broken() == set()
    wrong = renamed().say("cast-yes", "#names", "hello", "cast-no", name="cast-yes")
    assert wrong.broken() == {"misnamed"}
    assert wrong.broken(*fault("rewind", 104.0, 105.0)) == set()
    unsure = renamed().ask("cast-yes", "rename", who="cast-ash", answer=None)
    assert unsure.say("cast-yes", "#names", "hello", "cast-no", name="cast-ash").broken() == set()


def test_what_is_said_again_after_a_loss_carries_the_name_of_then() -> None:
    def later(name: str) -> Acted:
        story = renamed().say("cast-yes", "#names", "hello", "cast-no", name="cast-elm").wait(60)
        story.ask("cast-yes", "rename", who="cast-oak").hold("cast-yes", "cast-oak").wait(60)
        story.note("cast-no", Kind.HISTORY, "#names", who=name, text="hello", epoch="e1", offset=1)
        return story

    loss = fault("flushall", 140.0, 141.0)
    assert "misnamed" not in later("cast-elm").broken()
    assert "misnamed" in later("cast-oak").broken()
    assert "misnamed" not in later("cast-oak").broken(*loss)
    assert "misnamed" in later("cast-ash").broken(*loss)


def test_a_letter_goes_to_who_has_the_name() -> None:
    right = renamed().say("cast-no", "@cast-elm", "for elm").show("cast-yes", "@cast-elm", "for elm", "cast-no")
    assert right.broken() == set()
    former = renamed().say("cast-no", "@cast-yes", "for yes").show("cast-yes", "@cast-yes", "for yes", "cast-no")
    assert former.broken() == {"misnamed"}
    before = Acted().say("cast-no", "@cast-yes", "for yes").ask("cast-yes", "rename", who="cast-elm")
    before.hold("cast-yes", "cast-elm").show("cast-yes", "@cast-yes", "for yes", "cast-no")
    assert before.broken() == set()


def test_two_do_not_rename_to_one_name() -> None:
    both = renamed().ask("cast-no", "rename", who="cast-elm").hold("cast-no", "cast-elm")
    assert both.broken() == {"two_holders"}
    given_up = renamed()
    given_up.note("cast-yes", Kind.FREES, who="cast-elm")
    assert given_up.ask("cast-no", "rename", who="cast-elm").hold("cast-no", "cast-elm").broken() == set()


def test_what_was_handed_over_stood_in_another_log() -> None:
    story = back(registered().say(FRIEND, f"@{OWNER}", "a").say(FRIEND, f"@{OWNER}", "b"), "a")
    story.made.append(Happening(OWNER, Kind.RECEIVED, "@", FRIEND, "b", "e1", 1, at=story.made[-3].at))
    assert story.broken() == set()
