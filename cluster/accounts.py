"""Registered nicknames and their passwords, as a node asks for them."""

from __future__ import annotations

import secrets

from cluster.asking import Asking, raise_refusal
from cluster.link import Reply
from cluster.lookalikes import skeletons
from cluster.types import Account, Name


class Accounts(Asking):
    def account(self, mapped: str, whose: str) -> Account | None:
        def made(reply: list[Reply]) -> Account | None:
            raise_refusal(reply)
            return Account(reply[1].decode(), reply[2].decode()) if reply[1] else None

        return self._call("account", [mapped, whose], made)

    def admitted(self, mapped: str, whose: str, hashed: str, renewed: str) -> None:
        self._tell("admitted", [mapped, whose, hashed, renewed], lambda _: None)

    def register(self, session: str, claim: str, name: Name, hashed: str, proof: str = "") -> tuple[str, str]:
        def made(reply: list[Reply]) -> tuple[str, str]:
            raise_refusal(reply)
            return reply[1].decode(), reply[2].decode()

        arguments = [session, claim, name.shown, name.mapped, skeletons(name), hashed, secrets.token_hex(8), proof]
        return self._call("register_nick", arguments, made)

    def unregister(self, session: str, claim: str, mapped: str, hashed: str) -> str:
        def made(reply: list[Reply]) -> str:
            raise_refusal(reply)
            return str(reply[1].decode())

        return self._call("unregister_nick", [session, claim, mapped, hashed, self._ticket()], made)
