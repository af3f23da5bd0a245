"""What is said: texts as people write them, in several scripts, with emoji of several code points, long and broken
lines. Each begins with a key that occurs once in a run; the rest follows from it.

Histories hold keys instead of texts: a drill notes millions of receptions. A text that did not come through as it
was said is noted whole, and so is found to be from nowhere."""

from __future__ import annotations

PHRASES = (
    "good morning, did the deploy go through?",
    "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "数据库又慢了,谁在看日志?",
    "שלום לכולם, מה שלומכם היום",
    "مرحبا، هل من جديد؟",
    "नमस्ते, चाय पीने चलें?",
    "Ой, я забыла закоммитить 🙈",
    "👩‍👩‍👧‍👦 + 🏳️‍🌈 = ❤️‍🔥 (👍🏽👍🏿)",
    "สวัสดีครับ ไม่มีช่องว่างระหว่างคำ",
    "e\u0301 is not é, and ﬁ is a ligature",
    'if (a < b && c > d) { printf("%s\\n", "{json?}"); }',
    "   spaces in front, and behind   ",
    "first line\nsecond line: nobody: forged this\n\tthird, indented",
    "ありがとう!明日また話しましょう。" * 60,
    "long " + "word " * 800 + "end",
)
_LONG = 128
"""How many short texts there are to a long one in a drill: bytes are what fan-out costs."""
_SHORT = tuple(phrase for phrase in PHRASES if len(phrase) < 100)
END = "that is all"
"""What everybody says last in each log: who has it has all that was said before."""


def drill_text(speaker: str, number: int) -> str:
    """A text that nobody else says in this run; long ones are rare."""
    return f"{speaker}/{number} {_phrase(number)}"


def last_text(speaker: str, number: int) -> str:
    """The last one of `speaker` in a log."""
    return f"{speaker}/{number} {END}"


def key(words: str) -> str:
    """The key of a text made here, `words` itself of any other and of one that was damaged."""
    short, _, rest = words.partition(" ")
    number = short.rpartition("/")[2]
    if rest == END or (number.isdecimal() and rest == _phrase(int(number))):
        return short
    return words


def _phrase(number: int) -> str:
    return PHRASES[number // _LONG % len(PHRASES)] if number % _LONG == 0 else _SHORT[number % len(_SHORT)]
