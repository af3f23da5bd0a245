"""What somebody who wrote a name that is not there may have meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable


def folded(text: str) -> str:
    """For comparing as a person would; nodes compare by RFC 8266, of which this is the larger part."""
    return unicodedata.normalize("NFKC", text).casefold()


def near(text: str, names: Iterable[str], most: int = 4) -> list[str]:
    """Those of `names` that look like `text` or begin with it, the most alike first."""
    wanted, by_form = folded(text), {folded(name): name for name in names}
    alike = difflib.get_close_matches(wanted, by_form, n=most, cutoff=0.6)
    begin = sorted(form for form in by_form if form.startswith(wanted) and form not in alike)
    return [by_form[form] for form in [*alike, *begin][:most]]


def hint(text: str, names: Iterable[str]) -> str:
    """`; near it: alice, alicia`, or nothing."""
    found = near(text, names)
    return f"; near it: {', '.join(found)}" if found else ""
