"""What stands before the engine: the HTTP API, and the issuer whose tokens it believes."""

from importlib.metadata import version

import httpx

from api.identity.keys import IssuerKeys
from cli.checks.findings import Check, ok, problem, skipped, warning
from configuration.settings import Settings
from embedded.stack.folder import Addresses
from starter.errors import Unavailable

API = "api"
ISSUER = "issuer"
PATIENCE = 10.0


async def api_check(settings: Settings, running: Addresses | None) -> Check:
    """Whether the API answers where people reach it, is ready, and is of this version."""
    address = settings.public_url or (running.api if running and not settings.database_url else None)
    if not address:
        return skipped(API, "api_not_named", variable=Settings.public_url.variable)
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            ready = await client.get(f"{address}/readyz")
            told = (await client.get(f"{address}/openapi.json")).raise_for_status().json()
        runs = str(told["info"]["version"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return problem(API, "api_away", address=address, why=error, variable=Settings.public_url.variable)
    if ready.status_code != httpx.codes.OK:
        return problem(API, "api_not_ready", address=address, why=ready.text[:200])
    if runs != version("shareflow"):
        return warning(API, "api_of_another_version", address=address, runs=runs, ours=version("shareflow"))
    return ok(API, "api_ready", address=address, runs=runs)


async def issuer_check(settings: Settings) -> Check:
    """Whether the issuer of tokens answers by its discovery document, with keys to check them by."""
    variables = {"variable": Settings.oidc_issuer.variable, "audience": Settings.oidc_audience.variable}
    try:
        issuer = settings.oidc_issuer
        if not issuer and settings.database_url:
            return problem(ISSUER, "issuer_missing", **variables)
        if not issuer:
            return skipped(ISSUER, "issuer_not_named", **variables)
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            number = await IssuerKeys(issuer, client).number()
    except Unavailable as error:
        return problem(ISSUER, "issuer_away", why=str(error), **variables)
    except Exception as error:
        return problem(ISSUER, "issuer_failed", why=error, **variables)
    if not number:
        return problem(ISSUER, "issuer_without_keys", issuer=issuer)
    return ok(ISSUER, "issuer_publishes", issuer=issuer, number=number)
