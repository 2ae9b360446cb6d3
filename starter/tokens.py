"""The token issuer of the embedded stack: one key in the state folder, for trials and tests.

In production an OIDC issuer replaces it; the API verifies the tokens of both in the same way.
"""

import contextlib
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from configuration.errors import StartupError
from domain.access import EVERYWHERE, OF_A_PLACE
from domain.words import Role

ISSUER = "urn:shareflow:embedded"
AUDIENCE = "shareflow"
ALGORITHM = "ES256"
HOURS = 12


class Issuer:
    """Signs tokens with one private key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        public: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self._public = {**public, "kid": "embedded", "use": "sig", "alg": ALGORITHM}

    def jwks(self) -> dict[str, Any]:
        """The public key set (JWKS)."""
        return {"keys": [self._public]}

    def token(
        self,
        roles: Sequence[Role],
        org: str | None,
        subject: str | None = None,
        places: Sequence[str] | None = None,
        lifetime: timedelta = timedelta(hours=HOURS),
    ) -> str:
        """A token for a member of an organisation. Organs have jurisdiction everywhere, or in ``places``."""
        now = datetime.now(UTC)
        if places is None:
            places = [EVERYWHERE] if OF_A_PLACE & set(roles) else []
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject or f"{'+'.join(roles) or 'nobody'}@{org or 'nowhere'}",
            "org": org,
            "roles": [role.value for role in roles],
            "jurisdiction": list(places),
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": "embedded"})


def new_issuer() -> Issuer:
    """An issuer with a new key, for this process only."""
    return Issuer(ec.generate_private_key(ec.SECP256R1()))


def embedded_issuer(folder: Path) -> Issuer:
    """The issuer of a state folder; its key is created on first use. Raises StartupError."""
    path = folder / "issuer.pem"
    try:
        if not path.exists():
            _make(path)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise StartupError(f"The key of the embedded issuer {path} cannot be used ({error}).") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise StartupError(f"The key of the embedded issuer {path} is not one of ours; remove it to get a new one.")
    return Issuer(key)


def _make(path: Path) -> None:
    """Write a new key, readable only by its owner; if two processes do so at once, one of them wins."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}.{uuid.uuid4().hex}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(own)
    own.unlink()
