"""Who is calling: a bearer token, checked against the issuer's keys, as a :class:`domain.access.Caller`."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cachetools import TTLCache
from pydantic import TypeAdapter, ValidationError

from api.identity.keys import Keys
from api.settings import Claims
from domain.access import Caller
from domain.field_types import Code, Given
from domain.words import Role

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures by key pairs alone: a shared secret proves nothing about the issuer."""
LEEWAY_SECONDS = 30
REMEMBERED_SECONDS = 60.0
"""How long a checked token is believed without looking again; a withdrawn key works no longer than that."""
REMEMBERED = 4096

_NAME = TypeAdapter(Given)
_CODE = TypeAdapter(Code)


LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""Seconds since 1970; a token that says it lasts longer counts in milliseconds, or for ever."""
NO_CLAIMS = (ValueError, TypeError, OverflowError, RecursionError)
"""What the reading of a token raises besides errors of its own: numbers without end, far too deep."""


class NotProven(Exception):
    """A token that proves nothing; the message says why in a few words."""


@dataclass(frozen=True)
class Proof:
    """A caller and the instant (seconds since 1970) at which its token ends."""

    caller: Caller
    expires_at: float


class Identity:
    """Checks tokens of one issuer for one audience."""

    def __init__(self, keys: Keys, issuer: str, audience: str, claims: Claims | None = None) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._claims = claims or Claims()
        self._known: TTLCache[bytes, Proof] = TTLCache(REMEMBERED, REMEMBERED_SECONDS)

    async def proof(self, token: str) -> Proof:
        """Who bears a token. Raises NotProven, and Unavailable when the issuer cannot be asked."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._known.get(digest)
        if known is not None and time.time() < known.expires_at:
            return known
        proof = self._known[digest] = await self._checked(token)
        return proof

    async def _checked(self, token: str) -> Proof:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, *NO_CLAIMS) as error:
            raise NotProven("it is not a JWT") from error
        kid, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise NotProven("it is not signed with a key pair")
        key = await self._keys.key(kid if isinstance(kid, str) else None)
        if key is None:
            raise NotProven("its issuer has no such key")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise NotProven(" ".join(str(error).split()).lower() or "it cannot be checked") from error
        except NO_CLAIMS as error:
            raise NotProven("its claims cannot be read") from error
        return Proof(self._caller(claims), _instant(claims["exp"]) + LEEWAY_SECONDS)

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        org = _at(claims, self._claims.org)
        try:
            subject = _NAME.validate_python(claims["sub"])
            code = None if org in (None, "") else _CODE.validate_python(org)
        except ValidationError:
            raise NotProven("its sub or its organisation cannot be used") from None
        roles = {role for role in Role if role.value in _list(_at(claims, self._claims.roles))}
        places = frozenset(_list(_at(claims, self._claims.jurisdiction)))
        return Caller(subject, code, frozenset(roles), places)


def _instant(claim: Any) -> float:
    """An instant as tokens have it. Raises NotProven for one that nobody can mean."""
    if isinstance(claim, bool) or not isinstance(claim, int | float) or not 0 <= claim <= LATEST:
        raise NotProven("its exp is no instant in seconds since 1970")
    return float(claim)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by the way into objects when there is no claim of that name."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _list(value: Any) -> list[str]:
    """Words of a claim: a list of them, or one text with blanks between."""
    if isinstance(value, str):
        return value.split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
