"""Entries of the logs, as they come in: frames -> events."""

from __future__ import annotations

from client.reading.comings import Comings
from client.reading.messages import Messages
from client.reading.standing import Standing
from client.reading.taking import Hole

__all__ = ["Hole", "Reading"]


class Reading(Messages, Comings, Standing):
    """Pure. One thread at a time. Every method takes a frame and returns the events that it means; raises Hole."""
