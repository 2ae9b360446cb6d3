"""Digests of archived contents."""

import hashlib


def both_digests(content: bytes) -> tuple[str, str]:
    """The SHA-256 and SM3 digests of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest(), hashlib.new("sm3", content).hexdigest()
