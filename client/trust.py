"""Whom a client by TLS trusts, and what it says of whom it does not.

Which name has to be in a certificate:
- `tls_name`, where it is given: for every address;
- else the host of the address, as the user wrote it, or as a node named it, which we had verified before;
- at an address that a node named, one of the hosts that the user wrote will do as well: who has a certificate for one
  of them is trusted there, and so he is here. One certificate for `chat.example` serves a cluster of nodes.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from wire.address import Address
from wire.tunnel import reason

_EXPIRED, _NOT_YET = 10, 9  # OpenSSL's X509_V_ERR_…
_OTHER_NAME = (62, 64)
_UNKNOWN = (18, 19, 20, 21)
_CLOCK = "(or the clock of this machine is wrong)"


class Trust:
    """What a client believes. Network thread, once made."""

    def __init__(self, servers: Sequence[Address], ca: str | Path | None = None, name: str | None = None) -> None:
        """`ca`: a PEM file with the authorities to trust, instead of those that the system knows. Raises ValueError."""
        self._hosts = list(dict.fromkeys(server.host for server in servers))
        self._given = set(servers)
        self._name = name
        self.context = _context(ca)
        self.any_name = _context(ca)
        self.any_name.check_hostname = False
        self._worked = ""

    def names(self, address: Address) -> list[str]:
        """One of these has to be in the certificate; the likeliest comes first."""
        if self._name:
            return [self._name]
        if address in self._given:
            return [address.host]
        allowed = dict.fromkeys([address.host, *self._hosts])
        return sorted(allowed, key=lambda name: name != self._worked)

    def worked(self, name: str) -> None:
        self._worked = name


def _context(ca: str | Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except FileNotFoundError:
        raise ValueError(f"tls_ca {str(ca)!r}: there is no such file") from None
    except ssl.SSLError:
        raise ValueError(f"tls_ca {str(ca)!r}: it is no PEM file with a certificate in it") from None
    except OSError as error:
        raise ValueError(f"tls_ca {str(ca)!r}: it can't be read: {(error.strerror or str(error)).lower()}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_other_name(error: ssl.SSLCertVerificationError) -> bool:
    """Whether the certificate is sound, but for somebody else."""
    return error.verify_code in _OTHER_NAME


def blamed(host: str, found: Sequence[str], wanted: Sequence[str]) -> str:
    """That the certificate is for others, and what to do."""
    whose = f"the certificate of {host} is for {', '.join(found) or 'nobody'}"
    what_to_do = "connect by that name, or give --tls-name NAME if it is whom you mean"
    return f"{whose}, not for {' or '.join(wanted)}; {what_to_do}"


def fault(host: str, error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with the certificate, and what to do."""
    whose = f"the certificate of {host}"
    if error.verify_code == _EXPIRED:
        return f"{whose} has expired; whoever runs the server must renew it {_CLOCK}"
    if error.verify_code == _NOT_YET:
        return f"{whose} is not valid yet {_CLOCK}"
    if error.verify_code in _UNKNOWN:
        return f"{whose} is not signed by a known authority; give the file with the authority's own by --tls-ca FILE"
    return f"{whose} can't be trusted: {reason(error)}"
