"""How an archived content is told from any other."""

import hashlib


def both_digests(content: bytes) -> tuple[str, str]:
    """The digests of a content, in hex: by SHA-256 and by SM3."""
    return hashlib.sha256(content).hexdigest(), hashlib.new("sm3", content).hexdigest()
