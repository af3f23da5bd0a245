"""What all tests of the client begin with."""

from __future__ import annotations

import pytest

from tests.unit.client.model import Driver, active


@pytest.fixture
def driver() -> Driver:
    """Its machine is connected, and its chat goes on."""
    return active()
