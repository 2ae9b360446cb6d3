"""Signing in at the operator's OIDC issuer: authorization code with PKCE, state and nonce, and the way out again.

Authlib leads the browser there and fetches the token; whose it is, is checked as for any bearer token of the API, under
the same claims, but meant for the console's own client.
"""

import base64
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.identity.callers import Identity, NotProven
from api.identity.keys import IssuerKeys
from api.settings import ApiSettings
from configuration.errors import StartupError
from console.door import CameBack, SignInRefused
from console.pages import HEADERS
from domain.field_types import Given
from starter.errors import Unavailable

log = logging.getLogger("shareflow.console")

BEGUN: Final = "__Host-shareflow-signing-in"
"""The cookie of a way that was begun: its state, nonce and verifier, which only the browser that began it has."""
BEGUN_LASTS: Final = 600
RETURN: Final = "/sign-in/return"
PATIENCE: Final = 5.0
"""Seconds for each question to the issuer."""
WRONG: Final = (AuthlibBaseError, JoseError, NotProven, ValueError, KeyError, TypeError)
"""What comes of a state that is not this browser's, a code that was used, a token that proves nothing."""


class IssuerSignIn:
    """The way to an issuer and back, for one client of it; ``public_url`` is where people reach the console."""

    def __init__(self, settings: ApiSettings, secret: str | None, asking: httpx.AsyncClient) -> None:
        assert settings.issuer is not None
        assert settings.client_id is not None
        self._issuer = settings.issuer
        self._client_id = settings.client_id
        self._home = settings.public_url.rstrip("/")
        keys = IssuerKeys(settings.issuer, asking)
        self._identity = Identity(keys, settings.issuer, settings.client_id, settings.claims)
        how = {} if secret else {"token_endpoint_auth_method": "none"}
        self._app = OAuth().register(
            "issuer",
            client_id=settings.client_id,
            client_secret=secret,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": PATIENCE, **how},
        )

    async def begin(self, request: Request) -> Response:
        """Send the browser to the issuer. Raises Unavailable when that does not answer."""
        begun: dict[str, Any] = {}
        request.scope["session"] = begun
        try:
            led: RedirectResponse = await self._app.authorize_redirect(request, f"{self._home}{RETURN}")
        except (httpx2.HTTPError, RuntimeError, ValueError) as error:
            raise Unavailable(f"The issuer does not answer ({type(error).__name__}).") from error
        answer = RedirectResponse(led.headers["location"], 303, HEADERS)
        kept = base64.urlsafe_b64encode(json.dumps(begun).encode()).decode("ascii")
        answer.set_cookie(BEGUN, kept, BEGUN_LASTS, path="/", secure=True, httponly=True, samesite="lax")
        return answer

    async def finish(self, request: Request) -> CameBack:
        """Who came back. Raises SignInRefused, and Unavailable when the issuer does not answer."""
        request.scope["session"] = _begun(request.cookies.get(BEGUN, ""))
        try:
            if request.query_params.get("iss", self._issuer).rstrip("/") != self._issuer.rstrip("/"):
                raise NotProven("another issuer answers")
            token: Mapping[str, Any] = await self._app.authorize_access_token(request)
            if "userinfo" not in token:
                raise NotProven("it brought no id token")
            caller = (await self._identity.proof(str(token["id_token"]))).caller
        except httpx2.HTTPError as error:
            raise Unavailable(f"The issuer does not answer ({type(error).__name__}).") from error
        except WRONG as error:
            log.warning("Nobody was signed in: %r", f"{type(error).__name__}: {error}"[:400])
            raise SignInRefused from error
        if not caller.roles:
            log.warning("Nobody was signed in: %r has no role", caller.subject)
            raise SignInRefused
        return CameBack(caller, _called(token["userinfo"].get("name")))

    async def way_out(self) -> str | None:
        """Where the session at the issuer ends, which leads back here; None where it offers nothing of the kind."""
        try:
            if "end_session_endpoint" not in await self._app.load_server_metadata():
                return None
            led = await self._app.create_logout_url(f"{self._home}/sign-in", client_id=self._client_id)
        except (httpx2.HTTPError, ValueError):
            return None
        return str(led["url"])


def _called(name: object) -> str | None:
    """What the issuer calls somebody (OIDC Core 5.1), as far as it can be shown; None where it says nothing."""
    try:
        return _NAME.validate_python(name)
    except ValidationError:
        return None


_NAME: Final = TypeAdapter(Given)


def _begun(cookie: str) -> dict[str, Any]:
    """What a browser kept of the way that it began; nothing where it began none."""
    try:
        kept = json.loads(base64.urlsafe_b64decode(cookie.encode("ascii")))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


@asynccontextmanager
async def issuer_sign_in(settings: ApiSettings) -> AsyncIterator[IssuerSignIn | None]:
    """The way to sign in that the settings name, if any. Raises StartupError for a secret that cannot be read."""
    if not settings.issuer or not settings.client_id:
        yield None
        return
    async with httpx.AsyncClient(timeout=PATIENCE) as asking:
        yield IssuerSignIn(settings, _secret(settings), asking)


def _secret(settings: ApiSettings) -> str | None:
    if settings.client_secret is None:
        return None
    try:
        secret = settings.client_secret.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise StartupError(f"{settings.client_secret} cannot be read ({type(error).__name__}).") from error
    if not secret:
        raise StartupError(f"{settings.client_secret} is empty: it holds the secret of the console's OIDC client.")
    return secret
