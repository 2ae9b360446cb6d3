"""Tokens that prove nothing, or not enough."""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from domain.words import Role
from starter.tokens import AUDIENCE, ISSUER
from tests.api.callers import STRANGER
from tests.api.mutations.attempts import FORBIDDEN, UNAUTHORIZED, Mutator, WrongCall

LEEWAY = 30
"""Seconds for which a token that has ended is still believed; what is wrong here is wrong by more."""
Json = dict[str, Any]


def encoded(data: bytes) -> str:
    """Base64 as JWTs have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def plain(value: Any) -> bytes:
    """JSON, also of what JSON has no word for."""
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass
class Forge:
    """Makes tokens: with the issuer's own key, and with keys that are not its."""

    key: ec.EllipticCurvePrivateKey
    org: str

    def __post_init__(self) -> None:
        self.other = ec.generate_private_key(ec.SECP256R1())
        self.longer = ec.generate_private_key(ec.SECP384R1())
        self.rsa = rsa.generate_private_key(65537, 2048)
        public = self.key.public_key()
        formats = serialization.PublicFormat.SubjectPublicKeyInfo
        self.secrets = [
            public.public_bytes(serialization.Encoding.PEM, formats),
            public.public_bytes(serialization.Encoding.DER, formats),
            public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint),
            ECAlgorithm.to_jwk(public).encode(),
            b"",
            b"embedded",
            b"secret",
        ]

    def claims(self, **changes: Any) -> Json:
        """What a good token says, and changes to it."""
        now = int(time.time())
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "org": self.org, "roles": ["requester"]}
        return {**said, "jurisdiction": [], "iat": now - 5, "exp": now + 3600, **changes}

    def token(self, claims: Mapping[str, Any] | bytes, header: Mapping[str, Any] | None = None, key: Any = None) -> str:
        """A token whose signature is right for its key: the issuer's unless another is given."""
        said = {"alg": "ES256", "typ": "JWT", "kid": "embedded", **(header or {})}
        body = claims if isinstance(claims, bytes) else plain(claims)
        signed = f"{encoded(plain(said))}.{encoded(body)}"
        algorithm = jwt.get_algorithm_by_name(said["alg"] if key else "ES256")
        return f"{signed}.{encoded(algorithm.sign(signed.encode(), key or self.key))}"

    def by_secret(self, algorithm: str, secret: bytes) -> str:
        """A token that is signed with a shared secret."""
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        header = {"alg": algorithm, "typ": "JWT", "kid": "embedded"}
        signed = f"{encoded(plain(header))}.{encoded(plain(self.claims()))}"
        return f"{signed}.{encoded(hmac.new(secret, signed.encode(), digest).digest())}"


def bad_tokens(good: WrongCall, forge: Forge) -> Iterator[Mutator]:
    """A good call with every kind of token that is none of its caller's."""

    def bearing(kind: str, token: str, refused: frozenset[int] = UNAUTHORIZED) -> WrongCall:
        value = f"Bearer {token}".encode("utf-8", "surrogatepass")
        return good.with_header(kind, refused, "Authorization", value)

    yield from _no_token(good, forge)
    yield from _damaged(bearing, forge)
    yield from _signed_by_others(bearing, forge)
    yield from _saying_what_cannot_be(bearing, forge)
    yield from _of_others(bearing, forge)


def _no_token(good: WrongCall, forge: Forge) -> Iterator[Mutator]:
    valid = forge.token(forge.claims())
    values = ["", "Bearer", "Bearer ", valid, f"Token {valid}", f"Basic {valid}", f"Bearer={valid}", f"Bearer,{valid}"]
    values += ["Basic dXNlcjpwYXNz", "Digest username=a", "Bearer null", "Bearer undefined", f"JWT {valid}"]

    def value(rng: random.Random) -> WrongCall:
        chosen = rng.choice(values).encode()
        return good.with_header("no bearer token", UNAUTHORIZED, "Authorization", chosen)

    def elsewhere(rng: random.Random) -> WrongCall:
        bare = good.with_header("token elsewhere", UNAUTHORIZED, "Authorization", None)
        name, said = rng.choice([("Cookie", f"token={valid}"), ("X-Authorization", f"Bearer {valid}")])
        if rng.random() < 0.5:
            return bare.but(bare.kind, bare.refused, path=f"{good.path}?access_token={valid}")
        return bare.with_header(bare.kind, bare.refused, name, said.encode())

    def garbage(rng: random.Random) -> WrongCall:
        noise = bytes(rng.choice(b"abcXYZ019._-~+/=\xe4\xff\xc3") for _ in range(rng.randrange(1, 400)))
        return good.with_header("garbage for a token", UNAUTHORIZED, "Authorization", b"Bearer " + noise)

    yield lambda _: good.with_header("no token", UNAUTHORIZED, "Authorization", None)
    yield from (value, elsewhere, garbage)


def _damaged(bearing: Any, forge: Forge) -> Iterator[Mutator]:
    def truncated(rng: random.Random) -> WrongCall:
        token = forge.token(forge.claims())
        return bearing("truncated token", token[: rng.randrange(1, len(token))])

    def bit_turned(rng: random.Random) -> WrongCall:
        parts = forge.token(forge.claims()).split(".")
        place = rng.randrange(3)
        data = bytearray(base64.urlsafe_b64decode(parts[place] + "=="))
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        parts[place] = encoded(bytes(data))
        return bearing(f"bit turned in part {place}", ".".join(parts))

    def parts(rng: random.Random) -> WrongCall:
        one, two, three = forge.token(forge.claims()).split(".")
        wrong = [
            f"{one}.{two}", f"{one}.{two}.", f".{two}.{three}", f"{one}..{three}", f"{two}.{one}.{three}",
            f"{one}.{two}.{three}.{three}", f"{one}.{two}.{three}.", f"{one}.{two}.{three}.{one}.{two}",
            f"{one} . {two} . {three}", f"{one}.{two}.{three}{three}",
        ]  # fmt: skip
        return bearing("parts of a token", rng.choice(wrong))

    def exchanged(rng: random.Random) -> WrongCall:
        first = forge.token(forge.claims(roles=["requester"], sub=f"a{rng.random()}")).split(".")
        second = forge.token(forge.claims(sub=f"b{rng.random()}")).split(".")
        return bearing("payload under another signature", ".".join([first[0], second[1], first[2]]))

    def long(rng: random.Random) -> WrongCall:
        token = forge.token(forge.claims(noise="x" * rng.randrange(1000, 20_000)), key=forge.other)
        return bearing("long token of another key", token)

    yield from (truncated, bit_turned, parts, exchanged, long)


def _signed_by_others(bearing: Any, forge: Forge) -> Iterator[Mutator]:
    def other_key(rng: random.Random) -> WrongCall:
        algorithm, key = rng.choice([("ES256", forge.other), ("ES384", forge.longer), ("RS256", forge.rsa)])
        return bearing(f"{algorithm} by another key", forge.token(forge.claims(), {"alg": algorithm}, key))

    def brought_along(rng: random.Random) -> WrongCall:
        jwk = json.loads(ECAlgorithm.to_jwk(forge.other.public_key()))
        rsa_jwk = json.loads(RSAAlgorithm.to_jwk(forge.rsa.public_key()))
        header = rng.choice(
            [
                {"jwk": jwk}, {"jwk": {**jwk, "kid": "embedded"}}, {"kid": "mine", "jwk": jwk}, {"jwk": rsa_jwk},
                {"jku": "http://127.0.0.1:1/jwks"}, {"x5u": "http://127.0.0.1:1/cert"}, {"x5c": ["MIIB"]},
            ]
        )  # fmt: skip
        return bearing("key brought along", forge.token(forge.claims(), header, forge.other))

    def unknown_key(rng: random.Random) -> WrongCall:
        ids = [
            "other",
            "",
            "EMBEDDED",
            "embedded ",
            "../embedded",
            "/dev/null",
            "' OR 1=1",
            "x" * 5000,
            1,
            None,
            [],
            {},
        ]
        return bearing("key id that is not there", forge.token(forge.claims(), {"kid": rng.choice(ids)}))

    def none(rng: random.Random) -> WrongCall:
        algorithm = rng.choice(["none", "None", "NONE", "nOnE", "", "HS256 ", "null"])
        header = {"alg": algorithm, "kid": "embedded"}
        unsigned = f"{encoded(plain(header))}.{encoded(plain(forge.claims()))}."
        signature = rng.choice(["", forge.token(forge.claims()).split(".")[2], encoded(b"x")])
        return bearing("signed by nobody", unsigned + signature)

    def secret(rng: random.Random) -> WrongCall:
        algorithm = rng.choice(["HS256", "HS384", "HS512"])
        return bearing(f"{algorithm} with what is public", forge.by_secret(algorithm, rng.choice(forge.secrets)))

    def odd_header(rng: random.Random) -> WrongCall:
        odd = [{"alg": "ES512"}, {"alg": "PS256"}, {"alg": ["ES256"]}, {"alg": None}, {"alg": 256}, {"alg": "ES256K"}]
        odd += [{"crit": ["unheard-of"], "unheard-of": True}, {"crit": []}, {"b64": False, "crit": ["b64"]}]
        return bearing("header that cannot be", forge.token(forge.claims(), rng.choice(odd)))

    yield from (other_key, brought_along, unknown_key, none, secret, odd_header)


def _saying_what_cannot_be(bearing: Any, forge: Forge) -> Iterator[Mutator]:
    def expired(rng: random.Random) -> WrongCall:
        ended = int(time.time()) - LEEWAY - rng.choice([5, 60, 3600, 86_400, 10**8, 10**9])
        return bearing("expired", forge.token(forge.claims(exp=ended, iat=ended - 60)))

    def not_yet(rng: random.Random) -> WrongCall:
        begins = int(time.time()) + LEEWAY + rng.choice([1800, 3600, 10**8])
        claim = rng.choice(["nbf", "iat"])
        return bearing(f"{claim} to come", forge.token(forge.claims(**{claim: begins})))

    def wrong_issuer(rng: random.Random) -> WrongCall:
        others = ["https://issuer.example", f"{ISSUER}/", ISSUER.upper(), f" {ISSUER}", "", None, [ISSUER], 1]
        return bearing("another issuer", forge.token(forge.claims(iss=rng.choice(others))))

    def wrong_audience(rng: random.Random) -> WrongCall:
        others = ["other", f"{AUDIENCE}2", AUDIENCE.upper(), "", [], ["other", "more"], None, 1, {"a": AUDIENCE}]
        return bearing("another audience", forge.token(forge.claims(aud=rng.choice(others))))

    def without(rng: random.Random) -> WrongCall:
        said = forge.claims()
        del said[rng.choice(["exp", "sub", "iss", "aud"])]
        return bearing("claim missing", forge.token(said))

    def no_time(rng: random.Random) -> WrongCall:
        odd = ["tomorrow", "", None, [], {}, True, float("nan"), float("inf"), float("-inf"), -1, "9" * 5000]
        return bearing("exp that is no time", forge.token(forge.claims(exp=rng.choice(odd))))

    def no_name(rng: random.Random) -> WrongCall:
        odd = [1, None, [], {}, True, "a\x00b", "x" * 201, "\ud800", "a\u202eb"]
        return bearing("sub that is no name", forge.token(forge.claims(sub=rng.choice(odd))))

    def no_organisation(rng: random.Random) -> WrongCall:
        odd = [[], {}, True, 1.5, "a b", "市民政局", "x" * 65, "a\x00", [forge.org], {"code": forge.org}]
        return bearing("org that is no code", forge.token(forge.claims(org=rng.choice(odd))))

    def no_claims(rng: random.Random) -> WrongCall:
        bodies = [b"", b"null", b"[]", b"1", b'"x"', b"{", b"{}", b"\xff\xfe", plain([forge.claims()]), b"[" * 5000]
        return bearing("payload that is no claims", forge.token(rng.choice(bodies)))

    yield from (expired, not_yet, wrong_issuer, wrong_audience, without, no_time, no_name, no_organisation, no_claims)


def _of_others(bearing: Any, forge: Forge) -> Iterator[Mutator]:
    """Good tokens of people who may not do this."""

    def other_organisation(rng: random.Random) -> WrongCall:
        org = rng.choice([STRANGER, forge.org[:-1], f"{forge.org}0", forge.org[::-1], None, "", 5])
        return bearing("another organisation", forge.token(forge.claims(org=org)), FORBIDDEN | {404})

    def no_role(rng: random.Random) -> WrongCall:
        odd = [[], None, "", {}, 1, ["Requester"], ["requester "], ["admin"], [["requester"]], {"requester": True}]
        return bearing("no role", forge.token(forge.claims(roles=rng.choice(odd))), FORBIDDEN)

    def another_role(rng: random.Random) -> WrongCall:
        role = rng.choice([role for role in Role if role not in (Role.REQUESTER, Role.PROVIDER, Role.PLATFORM)])
        places = rng.choice([["*"], ["nantong", "changshu"], []])
        claims = forge.claims(roles=[role], jurisdiction=places)
        return bearing("another role", forge.token(claims), FORBIDDEN | {404})

    yield from (other_organisation, no_role, another_role)
