"""The keys that tokens are checked with: fixed ones, or those that an OIDC issuer publishes (cached, rotated)."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import httpx
import jwt
from jwt import PyJWK, PyJWKSet

from starter.errors import Unavailable

FRESH_SECONDS = 300.0
"""How long published keys are believed."""
APART_SECONDS = 10.0
"""The least time between two fetches: a flood of tokens with unknown keys must not become one of fetches."""


class Keys(Protocol):
    """Finds the key that a token names."""

    async def key(self, kid: str | None) -> PyJWK | None:
        """The key with that id, or None. Raises Unavailable when nobody can tell now."""


class FixedKeys:
    """Keys that are known from the start."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._keys = _usable(jwks)

    async def key(self, kid: str | None) -> PyJWK | None:
        """The key with that id, or None."""
        return _named(self._keys, kid)


class IssuerKeys:
    """The keys of an OIDC issuer, found through its discovery document.

    A key id that is not known fetches again, so that a rotated key works at once. While the issuer does not
    answer, keys that were known before go on working.
    """

    def __init__(self, issuer: str, client: httpx.AsyncClient | None = None) -> None:
        self._issuer = issuer.rstrip("/")
        self._client = client or httpx.AsyncClient(timeout=5.0, follow_redirects=False)
        self._keys: dict[str | None, PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._failed: str | None = None
        self._fetching = asyncio.Lock()

    async def key(self, kid: str | None) -> PyJWK | None:
        """The key with that id, or None. Raises Unavailable when the issuer never answered."""
        if self._stale() or _named(self._keys, kid) is None:
            async with self._fetching:
                if self._may_try() and (self._stale() or _named(self._keys, kid) is None):
                    await self._fetch()
        if not self._keys and self._failed:
            raise Unavailable(f"The issuer of tokens does not answer ({self._failed}).")
        return _named(self._keys, kid)

    async def number(self) -> int:
        """How many keys the issuer publishes by which tokens can be checked. Raises Unavailable."""
        await self.key(None)
        return len(self._keys)

    def _stale(self) -> bool:
        return time.monotonic() - self._fetched > FRESH_SECONDS

    def _may_try(self) -> bool:
        return time.monotonic() - self._tried > APART_SECONDS

    async def _fetch(self) -> None:
        self._tried = time.monotonic()
        try:
            found = await self._json(f"{self._issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise ValueError("its discovery document names another issuer")
            self._keys = _usable(await self._json(str(found["jwks_uri"])))
        except (httpx.HTTPError, ValueError, KeyError, jwt.PyJWTError) as error:
            self._failed = f"{type(error).__name__}: {error}"
            return
        self._fetched, self._failed = time.monotonic(), None

    async def _json(self, url: str) -> dict[str, Any]:
        answer = await self._client.get(url)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise ValueError("the answer is not an object")
        return found


def _named(keys: Mapping[str | None, PyJWK], kid: str | None) -> PyJWK | None:
    """The key that a token means: the one it names, or the only one there is when it names none (OIDC Core 10.1)."""
    if kid is None and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(kid)


def _usable(jwks: Mapping[str, Any]) -> dict[str | None, PyJWK]:
    """The signing keys of a set by their id; a symmetric key is nobody's proof."""
    keys = PyJWKSet.from_dict(dict(jwks)).keys
    return {key.key_id: key for key in keys if key.key_type != "oct" and key.public_key_use in (None, "sig")}
