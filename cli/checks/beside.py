"""What stands before the engine: the HTTP API, and the issuer whose tokens it believes."""

from importlib.metadata import version

import httpx

from api.identity.keys import IssuerKeys
from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
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
        return skipped(API, f"Nobody says where the API is: {Settings.public_url.variable} names no address.")
    mend = f"check that `shareflow api` runs and the proxy leads there; {Settings.public_url.variable} names {address}"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            ready = await client.get(f"{address}/readyz")
            told = (await client.get(f"{address}/openapi.json")).raise_for_status().json()
        runs = str(told["info"]["version"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        return problem(API, f"The API at {address} does not answer ({unexpected(error)}).", mend)
    if ready.status_code != httpx.codes.OK:
        anew = (
            "mend what it names; where all is well here, restart it: it reads passwords and certificates as it starts"
        )
        return problem(API, f"The API at {address} is not ready ({ready.text[:200]}).", anew)
    if runs != version("shareflow"):
        says = f"The API at {address} is of the version {runs}, this is {version('shareflow')}."
        return warning(API, says, "start it anew with this version; the ledger bears both meanwhile")
    return ok(API, f"ready at {address}, version {runs}")


async def issuer_check(settings: Settings) -> Check:
    """Whether the issuer of tokens answers by its discovery document, with keys to check them by."""
    try:
        issuer = settings.oidc_issuer
        if not issuer and settings.database_url:
            says = f"{Settings.oidc_issuer.variable} names no issuer of tokens: the API does not start without one."
            return problem(ISSUER, says, f"set it and {Settings.oidc_audience.variable}, as for the API")
        if not issuer:
            return skipped(ISSUER, f"{Settings.oidc_issuer.variable} names no issuer; `shareflow up` has its own.")
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            number = await IssuerKeys(issuer, client).number()
    except Unavailable as error:
        mend = f"check {Settings.oidc_issuer.variable} and that this machine reaches it: the API lets nobody in"
        return problem(ISSUER, str(error), mend)
    except Exception as error:
        return problem(ISSUER, unexpected(error), f"check {Settings.oidc_issuer.variable}")
    if not number:
        return problem(ISSUER, f"{issuer} publishes no key that signs tokens.", "have it publish one (its jwks_uri)")
    return ok(ISSUER, f"{issuer} publishes {number} keys")
