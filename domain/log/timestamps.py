"""Timestamps of checkpoints (可信时间戳, RFC 3161): a third party confirms since when a text has existed.

The stamped text is that of a checkpoint, without its signatures; it has the roots of the log.
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
    """Not a timestamp of this text, or one of an untrusted authority."""


def roots_in(pem: bytes) -> Sequence[Certificate]:
    """The trusted root certificates in a PEM text. Raises TimestampWrong if there is none."""
    try:
        return load_pem_x509_certificates(pem)
    except ValueError:
        raise TimestampWrong("there is no certificate in PEM in it") from None


def request_for(text: str) -> TimeStampRequest:
    """The request for a timestamp on the SHA-256 of a text, with the authority's certificates."""
    return TimestampRequestBuilder().data(text.encode()).hash_algorithm(HashAlgorithm.SHA256).build()


def stamped_at(
    response: bytes, text: str, roots: Sequence[Certificate], asked: TimeStampRequest | None = None
) -> datetime:
    """When an authority under one of these roots had seen the text, by its own clock, with time zone.

    ``asked``: the request that it must answer; None for a stored timestamp. Raises TimestampWrong.
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
    """The error for use in a sentence: only the last reason of OpenSSL's error stack."""
    plain, _, stack = said.rstrip(".").partition(": ErrorStack(")
    reasons = _REASON.findall(stack)
    return f"{plain} ({reasons[-1]})" if reasons else plain


def _read(response: bytes) -> TimeStampResponse:
    with suppress(ValueError):
        return decode_timestamp_response(response)
    with suppress(ValueError):
        return decode_timestamp_response(with_certificates_in_order(response))
    raise TimestampWrong("it is not the answer of an authority for timestamps (RFC 3161)")
