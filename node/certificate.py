"""The node's certificate and its key: read, tried out, and read again while the node runs."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from wire.tunnel import Tunnel, names, reason

CERT, KEY = "tls-cert", "tls-key"
SOON = 14 * 86400.0
"""Seconds before its end in which a certificate is worth a warning."""
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python has no name for


class BadCertificate(ValueError):
    """Names the setting, the file, and what is wrong with it."""

    def __init__(self, setting: str, path: str, problem: str) -> None:
        self.setting = setting
        self.problem = f"{path}: {problem}"
        super().__init__(f"{setting}: {self.problem}")


class Certificate:
    """`context`: for connections that come now; `names`: whom it is for; `until`: its end, Unix seconds. Any thread
    reads them: they are replaced whole."""

    def __init__(self, cert: str, key: str) -> None:
        """Paths of PEM files. Raises BadCertificate."""
        self._cert, self._key = cert, key
        self.read()

    def read(self) -> None:
        """Anew. Raises BadCertificate, and then all stays as it was. One thread."""
        context = _context(self._cert, self._key)
        shown = _shown(context, self._cert)
        try:
            until = ssl.cert_time_to_seconds(shown["notAfter"])
        except (KeyError, ValueError):
            raise BadCertificate(CERT, self._cert, "its end is no time") from None
        self.names, self.until = names(shown) or ["nobody"], until
        self.context = context

    @property
    def end(self) -> str:
        """`until` for people."""
        return datetime.fromtimestamp(self.until, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    @property
    def trouble(self) -> str:
        """That it has ended, or soon will; "": not so."""
        left = self.until - time.time()
        if left <= 0:
            return f"it has expired at {self.end}: clients refuse it"
        return f"it expires at {self.end}" if left < SOON else ""


def _context(cert: str, key: str) -> ssl.SSLContext:
    _check(CERT, cert, "CERTIFICATE-----", "a certificate")
    _check(KEY, key, "PRIVATE KEY-----", "a private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # Nobody could use them: who comes back comes to another node, which has other keys for them. And one key for all of
    # them would read what was recorded since the node began. The number is of TLS 1.3, the option of 1.2.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET

    def ask() -> NoReturn:
        # Without this OpenSSL would ask at the terminal, and the node stand still.
        raise BadCertificate(KEY, key, "the key is encrypted with a pass phrase; write one without (openssl pkey)")

    try:
        context.load_cert_chain(cert, key, password=ask)
    except ssl.SSLError as error:
        if error.reason and "MISMATCH" in error.reason:
            raise BadCertificate(KEY, key, f"the key does not fit the certificate in {cert}") from None
        setting, path = (KEY, key) if _is_sound(cert) else (CERT, cert)
        raise BadCertificate(setting, path, f"OpenSSL can't read it ({reason(error)})") from None
    except OSError as error:  # both were there a moment ago: somebody is just replacing them
        raise BadCertificate(CERT, cert, f"it can't be read: {(error.strerror or str(error)).lower()}") from None
    return context


def _check(setting: str, path: str, mark: str, what: str) -> None:
    """The first look: OpenSSL's own words name neither file nor fault."""
    try:
        text = Path(path).read_text("latin-1")
    except FileNotFoundError:
        raise BadCertificate(setting, path, "there is no such file") from None
    except OSError as error:
        raise BadCertificate(setting, path, f"it can't be read: {(error.strerror or str(error)).lower()}") from None
    if mark not in text:
        raise BadCertificate(setting, path, f"it is no PEM file with {what} in it (a line -----BEGIN … {mark})")


def _is_sound(cert: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cert)
    except OSError:
        return False
    return True


def _shown(server: ssl.SSLContext, cert: str) -> dict[str, Any]:
    """What a client sees of it, by a handshake with ourselves, which also proves that it can serve. Raises
    BadCertificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    try:
        client.load_verify_locations(cert)
    except OSError as error:  # more than `load_cert_chain` looks at, as where the chain behind it is cut off
        told = reason(error) if isinstance(error, ssl.SSLError) else str(error.strerror).lower()
        raise BadCertificate(CERT, cert, f"what stands behind the certificate can't be read ({told})") from None
    # The certificate itself is trusted, whoever signed it, and whenever it ends.
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    ours, theirs = Tunnel(server, server=True), Tunnel(client)
    try:
        while not (theirs.shake() and ours.shake()):
            ours.feed(theirs.take())
            ours.shake()
            theirs.feed(ours.take())
    except ssl.SSLError as error:
        raise BadCertificate(CERT, cert, f"no client would take it ({reason(error)})") from None
    return dict(theirs.certificate())
