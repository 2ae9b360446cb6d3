"""Timestamps of checkpoints (可信时间戳, RFC 3161): a third authority says since when a text has been there.

What is stamped is the text of a checkpoint, whoever has signed it: the roots of the log stand in it.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

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

from domain.log.der import with_certificates_in_order

_REASON: Final = re.compile(r'reason: "([^"]*)"')


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
        raise TimestampWrong(
            f"it is no timestamp of this text by an authority that is trusted: {_in_words(str(error))}"
        ) from None
    return stamp.tst_info.gen_time


def _in_words(said: str) -> str:
    """What is wrong, as it stands within a sentence: of all that OpenSSL has noted, its last reason alone."""
    plain, _, stack = said.rstrip(".").partition(": ErrorStack(")
    reasons = _REASON.findall(stack)
    return f"{plain} ({reasons[-1]})" if reasons else plain


def _read(response: bytes) -> TimeStampResponse:
    with suppress(ValueError):
        return decode_timestamp_response(response)
    with suppress(ValueError):
        return decode_timestamp_response(with_certificates_in_order(response))
    raise TimestampWrong("it is not the answer of an authority for timestamps (RFC 3161)")
