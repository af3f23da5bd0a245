"""Texts as people write them: several scripts, directions, emoji of several code points, long and broken lines."""

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


def text(speaker: str, number: int) -> str:
    """A text that nobody else says in this run."""
    return f"{speaker}/{number} {PHRASES[number % len(PHRASES)]}"
