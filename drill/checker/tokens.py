"""Rules about resume tokens: who has the newest goes on, who has a copy of a spent one does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from drill.checker.acts import Act
from drill.checker.record import Record
from drill.checker.stays import FOREVER
from drill.checker.verdict import Violation
from wire.codes import Code

_REFUSED = frozenset(f"{int(code)}" for code in (Code.RESUME_REFUSED, Code.TOKEN_SPENT, Code.ENDED))


def spent_taken(record: Record) -> Iterator[Violation]:
    """A session was taken with a token that was spent."""
    for resumes, acts in _sessions(record):
        for act in acts:
            if act.what != "copy" or not act.is_done:
                continue
            proof = _proof(record, resumes, act)
            if proof and not record.is_spoilt(proof.asked, act.answered):
                since = act.asked - proof.answered
                text = f"token {act.proof} of {act.client} was let on, {since:.1f} s after token {proof.proof}"
                yield Violation("spent_taken", text, act.answered, act.client, act.node)


def _proof(record: Record, resumes: list[Act], copy: Act) -> Act | None:
    """The resume by which the token was certainly spent: with a newer one, which nothing had replaced by then. An
    unanswered hello may be carried out late, and then does so: whichever token its client heard of last counts on."""
    for act in resumes:
        if act.is_done and act.proof > copy.proof and act.answered < copy.asked:
            late = act.asked - record.longest_pause
            if not any(late < other.asked < act.answered and other.answer is None for other in resumes):
                return act
    return None


def token_refused(record: Record) -> Iterator[Violation]:
    """Somebody was refused his own session though he came with the newest token, within the grace."""
    for resumes, acts in _sessions(record):
        known, alive = 1, FOREVER
        for act in acts:
            if act in resumes and act.proof == known and _is_refused(record, act, alive):
                since = f"{act.answered - alive:.1f} s after he was let on"
                text = f"{act.client} came with token {act.proof}, the newest, {since}, and was refused: {act.answer}"
                yield Violation("token_refused", text, act.answered, act.client, act.node)
            if act.is_done and act.what != "copy":
                known, alive = act.last, act.answered


def _is_refused(record: Record, resume: Act, alive: float) -> bool:
    in_time = resume.answered - alive < record.grace
    return in_time and resume.answer in _REFUSED and not record.is_spoilt(alive, resume.answered)


def _sessions(record: Record) -> Iterator[tuple[list[Act], list[Act]]]:
    """Of each session what was resumed, and all acts, by the time of asking."""
    sessions: dict[str, list[Act]] = defaultdict(list)
    for act in record.acts.of("begin", "resume", "copy"):
        sessions[act.session].append(act)
    for acts in sessions.values():
        yield [act for act in acts if act.what == "resume"], acts
