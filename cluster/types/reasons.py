"""What a refusal says. Pure data."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a script refused. Stored as the outcome of an n, so the strings are part of the data."""

    NICK_TAKEN = "nick_taken"
    LOOKS_ALIKE = "looks_alike"
    NOT_ADMITTED = "not_admitted"
    NOT_REGISTERED = "not_registered"
    RATE_LIMITED = "rate_limited"
    REGAINED = "regained"
    TOKEN_SPENT = "token_spent"
    KICKED = "kicked"
    BANNED = "banned"
    RESUME_REFUSED = "resume_refused"
    SESSION_EXISTS = "session_exists"
    NO_SUCH_NICK = "no_such_nick"
    ADDRESSEE_CHANGED = "addressee_changed"
    NOT_MEMBER = "not_member"
    LOG_SPOILT = "log_spoilt"
    INBOX_FULL = "inbox_full"
    TOO_MANY_ROOMS = "too_many_rooms"
    ROOM_FULL = "room_full"
    TOO_MANY_ROOMS_IN_ALL = "too_many_rooms_in_all"
    OUT_OF_ORDER = "out_of_order"
    FORGOTTEN = "forgotten"
    TEXT_TOO_LONG = "text_too_long"
    BAD_TEXT = "bad_text"
    BAD_ROOM = "bad_room"
    BAD_NICK = "bad_nick"
    BAD_FRAME = "bad_frame"
    WRONG_KEY = "wrong_key"
    NOT_INVITED = "not_invited"
    NOT_OWNER = "not_owner"
    MUTED = "muted"
    REMOVED = "removed"
