"""A node's certificate and key: what is told of each that can't be used, and that the old ones stay in force."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from node.certificate import BadCertificate, Certificate
from node.command import node
from node.settings import BadSetting, NodeSettings
from tests.support.authority import PAST, Authority, Pair
from tests.unit.node.support import HERE

NEEDED = ["--id", "n1", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--redis", "redis://nowhere/0"]


@pytest.fixture
def pair(authority: Authority) -> Pair:
    return authority.issue("chat.example", "10.0.0.1")


def told(cert: str, key: str) -> str:
    with pytest.raises(BadCertificate) as bad:
        Certificate(cert, key)
    return str(bad.value)


def test_what_it_says_of_itself(pair: Pair) -> None:
    found = Certificate(*pair)
    assert found.names == ["chat.example", "10.0.0.1"]
    assert (found.end, found.trouble) == ("3000-01-01T00:00:00Z", "")


def test_one_that_has_ended_is_used_and_told(authority: Authority) -> None:
    assert "has expired at 2020-01-01T00:00:00Z" in Certificate(*authority.issue("old.example", until=PAST)).trouble
    soon = datetime.now(UTC) + timedelta(days=3)
    assert "it expires at" in Certificate(*authority.issue("soon.example", until=soon)).trouble


def test_each_file_that_is_at_fault_is_named_with_its_fault(pair: Pair, authority: Authority, tmp_path: Path) -> None:
    other, none = authority.issue("other.example"), str(tmp_path / "none.pem")
    assert told(none, pair.key) == f"tls-cert: {none}: there is no such file"
    assert told(pair.cert, none) == f"tls-key: {none}: there is no such file"
    assert told(str(tmp_path), pair.key) == f"tls-cert: {tmp_path}: it can't be read: is a directory"
    assert told(pair.key, pair.key).startswith(f"tls-cert: {pair.key}: it is no PEM file with a certificate in it")
    assert told(pair.cert, pair.cert).startswith(f"tls-key: {pair.cert}: it is no PEM file with a private key in it")
    assert told(pair.cert, other.key) == f"tls-key: {other.key}: the key does not fit the certificate in {pair.cert}"


def test_a_file_that_is_torn_is_named(pair: Pair, tmp_path: Path) -> None:
    for setting, path in (("tls-cert", pair.cert), ("tls-key", pair.key)):
        torn = tmp_path / setting
        head, _, *rest = Path(path).read_text().splitlines(keepends=True)
        torn.write_text("".join([head, *rest]))
        files = (str(torn), pair.key) if setting == "tls-cert" else (pair.cert, str(torn))
        assert told(*files).startswith(f"{setting}: {torn}: OpenSSL can't read it")


@pytest.mark.parametrize("what", ["CERTIFICATE", "X509 CRL"])
def test_what_is_damaged_behind_the_certificate_is_named(pair: Pair, tmp_path: Path, what: str) -> None:
    """Half a chain, as where somebody is just writing it: OpenSSL's server would take it."""
    whole = tmp_path / "chain.pem"
    whole.write_text(f"{Path(pair.cert).read_text()}-----BEGIN {what}-----\nAAAA\n-----END {what}-----\n")
    assert told(str(whole), pair.key).startswith(f"tls-cert: {whole}: ")


def test_files_that_go_away_between_two_looks_are_named(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where they are replaced by removing and writing."""
    monkeypatch.setattr("node.certificate._check", lambda *_: Path(pair.cert).unlink(missing_ok=True))
    assert told(*pair) == f"tls-cert: {pair.cert}: it can't be read: no such file or directory"


def test_an_end_that_is_no_time_is_named(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.certificate._shown", lambda *_: {"notAfter": "Bad time value"})
    assert told(*pair) == f"tls-cert: {pair.cert}: its end is no time"


def test_a_key_with_a_pass_phrase_is_not_asked_for_at_the_terminal(pair: Pair, tmp_path: Path) -> None:
    locked = str(tmp_path / "locked.pem")
    words = ["openssl", "pkey", "-in", pair.key, "-aes256", "-passout", "pass:secret", "-out", locked]
    subprocess.run(words, check=True, timeout=20)
    assert told(pair.cert, locked).startswith(f"tls-key: {locked}: the key is encrypted with a pass phrase")


def test_what_can_not_be_used_leaves_the_old_one_in_force(authority: Authority) -> None:
    pair = authority.issue("first.example", file="live")
    certificate = Certificate(*pair)
    context = certificate.context
    Path(pair.cert).write_text("nothing")
    with pytest.raises(BadCertificate):
        certificate.read()
    assert certificate.context is context
    authority.issue("second.example", file="live")
    certificate.read()
    assert certificate.names == ["second.example"]
    assert certificate.context is not context


def test_one_without_the_other_is_a_bad_setting() -> None:
    for cert, key, missing in (("x.pem", "", "tls-key"), ("", "x.pem", "tls-cert")):
        with pytest.raises(BadSetting, match=f"{missing}: .* give both"):
            NodeSettings(id="n1", listen=HERE, redis="redis://h/0", http=HERE, tls_cert=cert, tls_key=key)


def test_the_command_blames_the_option(pair: Pair) -> None:
    result = CliRunner().invoke(node, [*NEEDED, "--tls-cert", pair.cert, "--tls-key", "/none.pem"])
    assert result.exit_code == 2
    output = " ".join(result.output.split())
    assert "Invalid value for '--tls-key'" in output
    assert "/none.pem: there is no such file" in output
