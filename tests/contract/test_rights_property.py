"""Rights in a room against a model of them, over whatever people do there in whatever order."""

from __future__ import annotations

from itertools import count

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cluster.errors import Refused
from cluster.types import Guard, Guarding, Published, Reason
from tests.contract.space import Space, User

NICKS = ("Ann", "Bob", "Cid", "Dee")
WHO = st.sampled_from(range(len(NICKS)))
KEYS = st.sampled_from(["", "1f" * 32, "2f" * 32])
GUARDS = st.dictionaries(st.sampled_from([Guard.INVITE, Guard.PRIVATE, Guard.TOPIC]), st.booleans())
OFTEN = st.sampled_from([True, True, True, False])
ROOMS, NAMES = count(1), count(1)
OK = "ok"


class Rights(RuleBasedStateMachine):
    """One room, four people on two nodes. The model knows persons by their place in `NICKS`; who is `new` has another
    session under the same nickname."""

    space: Space

    def __init__(self) -> None:
        super().__init__()
        self.room, self.run = f"#r{next(ROOMS)}", next(NAMES)
        self.nodes = self.space.nodes
        self.users = [self._claim(at) for at in range(len(NICKS))]
        self.members: list[int] = []  # in the order in which they came
        self.owner: int | None = None
        self.guards: set[Guard] = set()
        self.key = ""
        self.named: dict[str, set[int]] = {"invited": set(), "muted": set(), "removed": set()}
        self.invited_sessions: set[str] = set()

    def teardown(self) -> None:
        for user in self.users:
            user.end()

    def _claim(self, at: int) -> User:
        return self.nodes[at % len(self.nodes)].claim(self._nick(at))

    def _nick(self, at: int) -> str:
        return f"{NICKS[at]}{self.run}"

    # -- the model -------------------------------------------------------------------------

    def _may_enter(self, at: int, key: str) -> str:
        if at in self.members or not self.members or at == self.owner:
            return OK
        if at in self.named["removed"]:
            return Reason.REMOVED
        if self.users[at].session in self.invited_sessions:
            return OK
        if Guard.INVITE in self.guards:
            return Reason.NOT_INVITED
        return Reason.WRONG_KEY if Guard.KEY in self.guards and key != self.key else OK

    def _gone(self, at: int) -> None:
        self.members.remove(at)
        if not self.members:
            self._fallen()
        elif at == self.owner:
            able = [each for each in self.members if each not in self.named["muted"]]
            self.owner = (able or self.members)[0]
            self.named["muted"].discard(self.owner)

    def _fallen(self) -> None:
        self.owner, self.key = None, ""
        self.guards, self.invited_sessions = set(), set()
        for kind in self.named.values():
            kind.clear()

    def _acting(self, at: int, owns: bool) -> int:
        """The owner, if there is one and he is meant."""
        return self.owner if owns and self.owner is not None else at

    # -- what people do --------------------------------------------------------------------

    @initialize(who=st.permutations(range(len(NICKS))))
    def begin(self, who: list[int]) -> None:
        for at in who:
            self.join(at, "")

    @rule(at=WHO, key=KEYS)
    def join(self, at: int, key: str) -> None:
        user, wanted = self.users[at], self._may_enter(at, key)
        first = not self.members
        assert self._done(lambda: user.node.cluster.join(user.session, user.claim, self.room, key)) == wanted
        if wanted == OK and at not in self.members:
            self.members.append(at)
            user.relist(rooms=(*user.rooms, self.room))
            if first:
                self._fallen()
                self.owner = at

    @rule(at=WHO, how=st.sampled_from(["stay", "stay", "leave", "come anew"]))
    def go(self, at: int, how: str) -> None:
        if how == "leave":
            self._leave(at)
        elif how == "come anew":
            self._come_anew(at)

    def _leave(self, at: int) -> None:
        user = self.users[at]
        wanted = OK if at in self.members else Reason.NOT_MEMBER
        assert self._done(lambda: user.leave(self.room)) == wanted
        if wanted == OK:
            self._gone(at)

    def _come_anew(self, at: int) -> None:
        """The session ends, and the same nickname has another one."""
        self.users[at].end()
        self.invited_sessions.discard(self.users[at].session)
        if at in self.members:
            self._gone(at)
        self.users[at] = self._claim(at)

    @rule(at=WHO, owns=OFTEN, whom=WHO, act=st.sampled_from(["invite", "remove", "mute", "unmute", "owner"]))
    def govern(self, at: int, owns: bool, whom: int, act: str) -> None:
        at = self._acting(at, owns)
        user = self.users[at]
        wanted = OK if at == self.owner else Reason.NOT_OWNER if at in self.members else Reason.NOT_MEMBER
        if wanted == OK and act == "owner" and whom not in self.members:
            wanted = Reason.NO_SUCH_NICK
        nick = self._nick(whom).casefold()
        done = self._done(lambda: user.node.cluster.govern(user.session, user.claim, self.room, act, nick, "so"))
        assert done == wanted
        if wanted == OK and at != whom:
            self._governed(act, whom)

    # Of their own, so that they come often.

    @rule(whom=WHO)
    def remove(self, whom: int) -> None:
        self.govern(0, True, whom, "remove")

    @rule(whom=WHO)
    def mute(self, whom: int) -> None:
        self.govern(0, True, whom, "mute")
        self.say(whom)

    @rule(whom=WHO)
    def invite(self, whom: int) -> None:
        self.govern(0, True, whom, "invite")

    @rule(whom=WHO, key=KEYS)
    def hand_over(self, whom: int, key: str) -> None:
        self.govern(0, True, whom, "owner")
        self.join(whom, key)

    def _governed(self, act: str, whom: int) -> None:
        session = self.users[whom].session
        if act == "invite":
            self.named["removed"].discard(whom)
            if whom not in self.members:
                self.invited_sessions.add(session)
        elif act == "remove":
            self.named["removed"].add(whom)
            self.invited_sessions.discard(session)
            if whom in self.members:
                self.users[whom].relist(rooms=tuple(each for each in self.users[whom].rooms if each != self.room))
                self._gone(whom)
        elif act == "mute":
            self.named["muted"].add(whom)
        else:
            self.named["muted"].discard(whom)
            self.owner = whom if act == "owner" else self.owner

    @rule(at=WHO, owns=OFTEN, changes=GUARDS, key=st.none() | KEYS)
    def guard(self, at: int, owns: bool, changes: dict[Guard, bool], key: str | None) -> None:
        at = self._acting(at, owns)
        user = self.users[at]
        wanted = OK if at == self.owner else Reason.NOT_OWNER if at in self.members else Reason.NOT_MEMBER
        all_changes = changes if key is None else {**changes, Guard.KEY: bool(key)}
        asked = Guarding(all_changes, key or "")
        assert self._done(lambda: user.node.cluster.guard(user.session, user.claim, self.room, asked)) == wanted
        if wanted == OK:
            self.guards |= {each for each, holds in all_changes.items() if holds}
            self.guards -= {each for each, holds in all_changes.items() if not holds}
            self.key = self.key if key is None else key

    @rule(at=WHO)
    def say(self, at: int) -> None:
        outcome = self.users[at].say("hm", self.room)
        wanted = Reason.NOT_MEMBER if at not in self.members else Reason.MUTED if at in self.named["muted"] else OK
        assert isinstance(outcome, Published | Refused)
        assert (OK if isinstance(outcome, Published) else outcome.reason) == wanted

    @rule(at=WHO)
    def set_topic(self, at: int) -> None:
        user = self.users[at]
        wanted = OK if at in self.members else Reason.NOT_MEMBER
        if wanted == OK and Guard.TOPIC in self.guards and at != self.owner:
            wanted = Reason.NOT_OWNER
        if wanted == OK and at in self.named["muted"]:
            wanted = Reason.MUTED
        assert self._done(lambda: user.node.cluster.set_topic(user.session, user.claim, self.room, "t")) == wanted

    # -- what holds always -----------------------------------------------------------------

    @invariant()
    def what_is_told_is_what_holds(self) -> None:
        shut = self.guards & {Guard.INVITE, Guard.PRIVATE, Guard.KEY}
        for at, user in enumerate(self.users):
            asks, ask = user.session, user.node.cluster
            is_in = at in self.members
            listed = self.room in [room for room, _ in ask.rooms(asks)]
            assert listed == bool(self.members and (is_in or Guard.PRIVATE not in self.guards))
            history = self._done(lambda ask=ask, asks=asks: ask.history(self.room, 0, 5, asks))
            assert (history == OK) == (is_in or not shut)
        if not self.members:
            return
        one = self.users[self.members[0]]
        told = one.node.cluster.govern(one.session, one.claim, self.room, "tell")
        assert told.owner == ("" if self.owner is None else self._nick(self.owner))
        assert told.guards == self.guards
        rows = self.space.admin.hgetall(self.space.key(f"room:{self.room}:members"))
        assert set(rows) == {self.users[at].session for at in self.members}

    @staticmethod
    def _done(act: object) -> str:
        try:
            act()  # type: ignore[operator]
        except Refused as refused:
            return refused.reason
        return OK


def test_whatever_people_do(real_space: Space) -> None:
    real_space.serve("n1")
    real_space.serve("n2")
    Rights.space = real_space
    run_state_machine_as_test(
        Rights,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
