"""Timestamps of checkpoints (可信时间戳, RFC 3161): a third authority says since when a text has been there.

What is stamped is the text of a checkpoint, whoever has signed it: the roots of the log stand in it.
"""

from collections.abc import Sequence
from datetime import datetime

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)


class TimestampWrong(Exception):
    """What is no timestamp of this text, or one of an authority that nobody trusts."""


def roots_in(pem: bytes) -> Sequence[Certificate]:
    """The certificates of authorities that are trusted, in PEM. Raises TimestampWrong where there is none."""
    try:
        return load_pem_x509_certificates(pem)
    except ValueError:
        raise TimestampWrong("there is no certificate in PEM in it") from None


def request_for(text: str) -> TimeStampRequest:
    """What an authority is asked for a text: a stamp on its SHA-256, with the authority's certificates."""
    return TimestampRequestBuilder().data(text.encode()).hash_algorithm(HashAlgorithm.SHA256).build()


def stamped_at(
    response: bytes, text: str, roots: Sequence[Certificate], asked: TimeStampRequest | None = None
) -> datetime:
    """When an authority below one of these certificates had seen the text, by its own clock, with zone.

    ``asked``: what it must have been asked; a stamp that is kept was asked long ago. Raises TimestampWrong.
    """
    stamp = _read(response)
    verifier = VerifierBuilder(roots=list(roots), nonce=asked.nonce if asked else None).build()
    try:
        verifier.verify_message(stamp, text.encode())
    except (VerificationError, ValueError) as error:
        said = str(error).rstrip(".")  # which stands within a sentence
        raise TimestampWrong(f"it is no timestamp of this text by an authority that is trusted: {said}") from None
    return stamp.tst_info.gen_time


def _read(response: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(response)
    except ValueError:
        raise TimestampWrong("it is not the answer of an authority for timestamps (RFC 3161)") from None
