"""Certificates for tests, by an authority that only they trust."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import trustme

PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Pair(NamedTuple):
    """PEM files: a certificate with what is between it and its authority, and its key."""

    cert: str
    key: str

    @property
    def flags(self) -> list[str]:
        """As a node takes them."""
        return ["--tls-cert", self.cert, "--tls-key", self.key]


class Authority:
    """Keeps all in `folder`. `ca`: its own certificate, a PEM file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.ca = str(folder / "ca.pem")
        self._authority.cert_pem.write_to_path(self.ca)

    def issue(self, *names: str, until: datetime | None = None, file: str = "") -> Pair:
        """A certificate for these hosts; in files of that name: what was there is replaced."""
        since = None if until is None else datetime(2019, 1, 1, tzinfo=UTC)
        made = self._authority.issue_cert(*names, not_before=since, not_after=until)
        name = file or "-".join(names).replace("*", "any")
        pair = Pair(str(self._folder / f"{name}.pem"), str(self._folder / f"{name}.key"))
        Path(pair.cert).write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))
        made.private_key_pem.write_to_path(pair.key)
        return pair

    def client(self) -> ssl.SSLContext:
        """Of who trusts it."""
        return ssl.create_default_context(cafile=self.ca)
