from __future__ import annotations

import pytest

from wire.codes import FIRST_FINAL, Code, may_retry
from wire.states import ENDING_CODES


@pytest.mark.parametrize("code", list(Code))
def test_below_1000_may_be_retried(code: Code) -> None:
    assert may_retry(code) is (code < 1000)
    assert 100 <= code < 2000


def test_codes_of_later_versions_have_a_meaning_too() -> None:
    assert may_retry(FIRST_FINAL - 1)
    assert not may_retry(FIRST_FINAL)
    assert not may_retry(9999)


@pytest.mark.parametrize(
    "code",
    [
        *(Code.DEGRADED, Code.DRAINING, Code.DEAF, Code.OUT_OF_ORDER, Code.WINDOW_FULL),
        *(Code.TOO_SLOW, Code.INBOX_FULL, Code.SILENT, Code.LEASE_LOST, Code.BUSY),
    ],
)
def test_what_passes_by_itself_may_be_retried(code: Code) -> None:
    assert may_retry(code)


def test_no_answer_to_a_request_ends_the_connection() -> None:
    assert not ENDING_CODES & {Code.BAD_TEXT, Code.NICK_TAKEN, Code.NOT_MEMBER, Code.RESUME_REFUSED, Code.DEGRADED}
