"""What is done from the view, on threads of its own."""

from __future__ import annotations

import queue

import pytest

from cluster.operator.errors import Failed
from cluster.top.jobs import Jobs, Say


@pytest.mark.parametrize(
    ("error", "told"),
    [(None, ""), (Failed("refused"), "refused"), (ValueError("odd"), "ValueError: odd")],
    ids=["well", "failed", "unforeseen"],
)
def test_a_job_tells_its_steps_and_its_end(error: Exception | None, told: str) -> None:
    heard: queue.Queue[tuple[str, str, str]] = queue.Queue()

    def work(say: Say) -> None:
        say("begun")
        if error:
            raise error

    jobs = Jobs(lambda job, text: heard.put(("said", job, text)), lambda job, error: heard.put(("ended", job, error)))
    jobs.start("drain n1", work)
    assert heard.get(timeout=30) == ("said", "drain n1", "begun")
    assert heard.get(timeout=30) == ("ended", "drain n1", told)
