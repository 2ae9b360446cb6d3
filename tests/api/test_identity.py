"""Whose tokens are believed: an OIDC issuer's, by the keys it publishes, for this audience, while they last."""

import base64
import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import oidc_provider_mock
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.identity import keys as keys_module
from api.identity.callers import Identity, NotProven
from api.identity.keys import FixedKeys, IssuerKeys
from api.settings import Claims
from domain.access import Caller
from domain.words import Role
from starter.errors import Unavailable
from starter.tokens import Issuer

ISSUER, AUDIENCE = "http://issuer.test", "shareflow"


@cache
def key_called(_: str) -> rsa.RSAPrivateKey:
    """Another one for each name; making one takes longer than a test."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class SmallIssuer:
    """An issuer whose keys can be rotated and that can be away."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked = 0
        self.away = False
        self.rotate("first")
        routes = [Route("/.well-known/openid-configuration", self._discovery), Route("/keys", self._jwks)]
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url=ISSUER)

    def rotate(self, kid: str) -> None:
        """Publish another key alone."""
        self.keys = {kid: key_called(kid)}

    async def _discovery(self, _: Request) -> Response:
        if self.away:
            return Response(status_code=503)
        return JSONResponse({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"})

    async def _jwks(self, _: Request) -> Response:
        self.asked += 1
        found = [
            {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return JSONResponse({"keys": found})

    def token(self, **changes: Any) -> str:
        """A token by the newest key."""
        kid, key = list(self.keys.items())[-1]
        return signed(key, "RS256", kid, **changes)


def signed(key: Any, algorithm: str, kid: str | None, **changes: Any) -> str:
    """A token with these claims beside the usual ones; None takes a claim away."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "org": "ORG-1", "roles": ["provider"], "exp": now + 600}
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


@pytest.fixture
def small() -> SmallIssuer:
    return SmallIssuer()


@pytest.fixture
def identity(small: SmallIssuer) -> Identity:
    return Identity(IssuerKeys(ISSUER, small.client), ISSUER, AUDIENCE)


async def test_a_token_says_who_is_calling(small: SmallIssuer, identity: Identity) -> None:
    proof = await identity.proof(small.token(roles=["provider", "bureau", "janitor"], jurisdiction=["nantong"]))
    assert proof.caller == Caller("u-1", "ORG-1", frozenset({Role.PROVIDER, Role.BUREAU}), frozenset({"nantong"}))


async def test_claims_stand_where_the_operator_says(small: SmallIssuer) -> None:
    claims = Claims(org="department.code", roles="realm_access.roles", jurisdiction="https://example.gov.cn/place")
    identity = Identity(IssuerKeys(ISSUER, small.client), ISSUER, AUDIENCE, claims)
    token = small.token(
        org=None,
        roles=None,
        department={"code": "ORG-2"},
        realm_access={"roles": "auditor operator"},
        **{"https://example.gov.cn/place": "changshu yima"},
    )
    caller = (await identity.proof(token)).caller
    assert (caller.org, caller.roles, caller.places) == (
        "ORG-2",
        frozenset({Role.AUDITOR, Role.OPERATOR}),
        frozenset({"changshu", "yima"}),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_700_000_000},
        {"nbf": 4_000_000_000},
        {"iss": "http://another.test"},
        {"aud": "another"},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"iss": None},
        {"org": "ORG 1; DROP"},
        {"org": ["ORG-1"]},
        {"sub": "a\u202eb"},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": 10**400},
        {"exp": 1e300},
        {"exp": 4_000_000_000_000},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": [4_000_000_000]},
        {"nbf": float("-inf")},
        {"iat": float("inf")},
        {"iat": 10**400},
    ],
)
async def test_a_token_that_is_not_meant_or_does_not_hold_proves_nothing(
    small: SmallIssuer, identity: Identity, changes: dict[str, Any]
) -> None:
    with pytest.raises(NotProven):
        await identity.proof(small.token(**changes))


@pytest.mark.parametrize("exp", ["Infinity", "1e999", "9" * 400, "9" * 20, "4000000000000", '"4000000000"'])
async def test_a_token_with_an_absurd_end_is_401_at_the_door(api: httpx.AsyncClient, issuer: Issuer, exp: str) -> None:
    claims = jwt.decode(issuer.token([Role.AUDITOR], "audit"), options={"verify_signature": False})
    said = json.dumps({**claims, "exp": "END"}).replace('"END"', exp).encode()
    token = jwt.api_jws.encode(said, issuer._key, algorithm="ES256", headers={"kid": "embedded"})
    answer = await api.get("/v1/statutes", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


async def test_a_token_that_is_far_too_deep_is_401_at_the_door(api: httpx.AsyncClient) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 30_000).decode().rstrip("=")
    answer = await api.get("/v1/statutes", headers={"Authorization": f"Bearer {header}.e30.e30"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


async def test_a_token_by_another_key_proves_nothing(identity: Identity) -> None:
    stranger = key_called("of a stranger")
    elliptic = ec.generate_private_key(ec.SECP256R1())
    public = "a shared secret that is long enough to be taken"
    for token in (
        signed(stranger, "RS256", "first"),
        signed(stranger, "RS256", None),
        signed(elliptic, "ES256", "first"),
        signed(public, "HS256", "first"),
        signed(None, "none", "first"),
    ):
        with pytest.raises(NotProven):
            await identity.proof(token)


async def test_a_rotated_key_works_at_once_and_the_old_one_no_longer(
    small: SmallIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = IssuerKeys(ISSUER, small.client)
    identity = Identity(keys, ISSUER, AUDIENCE)
    before = small.token()
    await identity.proof(before)
    small.rotate("second")
    monkeypatch.setattr(keys_module, "APART_SECONDS", 0.0)
    after = small.token()
    assert (await identity.proof(after)).caller.subject == "u-1"
    with pytest.raises(NotProven):
        await Identity(keys, ISSUER, AUDIENCE).proof(before)


async def test_unknown_keys_do_not_flood_the_issuer(small: SmallIssuer, identity: Identity) -> None:
    await identity.proof(small.token())
    stranger = key_called("of a stranger")
    for number in range(50):
        with pytest.raises(NotProven):
            await identity.proof(signed(stranger, "RS256", f"unknown-{number}"))
    assert small.asked == 1


async def test_known_keys_go_on_working_while_the_issuer_is_away(
    small: SmallIssuer, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    await identity.proof(small.token())
    small.away = True
    monkeypatch.setattr(keys_module, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(keys_module, "APART_SECONDS", 0.0)
    assert (await identity.proof(small.token(jti="new"))).caller.org == "ORG-1"


async def test_an_issuer_that_never_answered_is_no_fault_of_the_callers(small: SmallIssuer, identity: Identity) -> None:
    small.away = True
    with pytest.raises(Unavailable):
        await identity.proof(small.token())


async def test_a_symmetric_key_in_the_published_set_is_no_key() -> None:
    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"
    elliptic = ec.generate_private_key(ec.SECP256R1())
    usable = {**ECAlgorithm.to_jwk(elliptic.public_key(), as_dict=True), "kid": "e"}
    keys = FixedKeys({"keys": [{"kty": "oct", "k": secret, "kid": "s", "alg": "HS256"}, usable]})
    assert await keys.key("s") is None
    assert await keys.key("e") is not None


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A whole OIDC provider, with one user whose claims say who she is."""
    claims = {"org": "ORG-7", "roles": ["bureau"], "jurisdiction": ["nantong"]}
    user = oidc_provider_mock.User(sub="li-si", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server:
        yield f"http://localhost:{server.server_port}"


async def test_a_login_at_an_oidc_provider_gives_a_token_that_is_believed(provider: str) -> None:
    async with httpx.AsyncClient(base_url=provider, timeout=60) as browser:
        asked = {
            "client_id": "shareflow-console",
            "redirect_uri": "http://localhost/back",
            "response_type": "code",
            "scope": "openid profile",
            "state": "s",
        }
        login = await browser.post("/oauth2/authorize", params=asked, data={"sub": "li-si"})
        code = parse_qs(urlsplit(login.headers["location"]).query)["code"][0]
        tokens = await browser.post(
            "/oauth2/token",
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]},
            auth=("shareflow-console", "secret"),
        )
    identity = Identity(IssuerKeys(provider), provider, "shareflow-console")
    caller = (await identity.proof(tokens.json()["id_token"])).caller
    assert (caller.subject, caller.org, caller.roles) == ("li-si", "ORG-7", frozenset({Role.BUREAU}))
    assert caller.places == frozenset({"nantong"})


async def test_the_door_asks_for_a_token_and_says_what_is_wrong_with_one(api: httpx.AsyncClient) -> None:
    for headers, code in (
        ({}, "not_authenticated"),
        ({"Authorization": "Basic dTpw"}, "not_authenticated"),
        ({"Authorization": "Bearer nonsense"}, "bad_token"),
    ):
        answer = await api.get("/v1/requests", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_without_any_of_our_roles_may_nothing(api: httpx.AsyncClient, bearer: Any) -> None:
    answer = await api.get("/v1/requests", headers=bearer([], "ORG-1"))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_required")
