"""What several tests of nodes that speak TLS stand on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.authority import Authority

NAME = "chat.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secured(authority: Authority) -> dict[str, Any]:
    """Settings of a node with a certificate for `NAME`."""
    pair = authority.issue(NAME)
    return {"tls_cert": pair.cert, "tls_key": pair.key}
