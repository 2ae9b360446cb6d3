"""A small OIDC provider, as far as signing in asks for one: who comes is signed in as whoever the test says."""

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from jwt.algorithms import ECAlgorithm

from api.serving import serving

CLIENT: Final = "shareflow-console"
SECRET: Final = "s3cret & with : signs"


@dataclass
class Provider:
    """What it says of the next person, and what it was asked. ``changed``: claims of the token that are otherwise."""

    address: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    ends_sessions: bool = True
    signs_with: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    asked: list[dict[str, str]] = field(default_factory=list)
    ended: int = 0

    def __post_init__(self) -> None:
        self._published = ECAlgorithm.to_jwk(self.signs_with.public_key(), as_dict=True)
        self._codes: dict[str, dict[str, str]] = {}

    def discovery(self) -> dict[str, Any]:
        """The document at .well-known."""
        ends = {"end_session_endpoint": f"{self.address}/end"} if self.ends_sessions else {}
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "id_token_signing_alg_values_supported": ["ES256"],
            **ends,
        }

    def keys(self) -> dict[str, Any]:
        """The keys that it publishes: those with which it signed from the start."""
        return {"keys": [{**self._published, "kid": "k", "use": "sig", "alg": "ES256"}]}

    def authorize(self, request: Request) -> RedirectResponse:
        """Sign the person in at once, and lead back with a code."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        said = urlencode({"code": code, "state": asked["state"], "iss": self.address})
        return RedirectResponse(f"{asked['redirect_uri']}?{said}", 302)

    def end(self, post_logout_redirect_uri: str) -> RedirectResponse:
        """End the session here, and lead back."""
        self.ended += 1
        return RedirectResponse(post_logout_redirect_uri, 302)

    async def token(self, request: Request) -> JSONResponse:
        """A token for a code that was not used, to the client that asked for it and has its verifier."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        told = request.headers.get("authorization", "").removeprefix("Basic ")
        known = base64.b64decode(told).decode() == f"{CLIENT}:{SECRET}"
        if asked is None or asked["code_challenge"] != proven or asked["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if not known:
            return JSONResponse({"error": "invalid_client"}, 401)
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        said = {**claims, **self.person, **self.changed}
        id_token = jwt.encode(said, self.signs_with, algorithm="ES256", headers={"kid": "k"})
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": id_token})


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider on a port of this machine."""
    made, app = Provider(), FastAPI()
    app.state.context = None
    app.get("/.well-known/openid-configuration")(made.discovery)
    app.get("/keys")(made.keys)
    app.get("/authorize", response_model=None)(made.authorize)
    app.get("/end", response_model=None)(made.end)
    app.post("/token", response_model=None)(made.token)
    async with serving(app, "127.0.0.1", 0) as address:
        made.address = address
        yield made
