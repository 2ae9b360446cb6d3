"""Attachments in a bucket of an S3-compatible object store: one object for each content, named by its SHA-256."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import BinaryIO, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from configuration.errors import StartupError
from configuration.object_store import ObjectPlace
from starter.attachments.store import AttachmentDamaged, place_of, refuse_other

ANSWERS_WITHIN: Final = timedelta(seconds=30)
TRIES: Final = 3


class BucketStore:
    """Stores attachments as objects of an existing bucket, with the first byte of the digest as a prefix.

    Each object is written by one request, completely, and is visible to all once that is answered. Raises StartupError
    if the bucket cannot be reached.
    """

    def __init__(self, place: ObjectPlace, at_most: int) -> None:
        self.at_most = at_most
        self._store = S3Store(
            place.bucket,
            prefix=place.prefix or None,
            endpoint=place.endpoint,
            region=place.region,
            access_key_id=place.key_id,
            secret_access_key=place.secret,
            skip_signature=place.key_id is None,
            virtual_hosted_style_request=False,
            client_options={"timeout": ANSWERS_WITHIN, "allow_http": (place.endpoint or "").startswith("http://")},
            retry_config={"max_retries": TRIES, "retry_timeout": ANSWERS_WITHIN},
        )
        try:
            with _told_as_os_error():
                next(iter(obstore.list(self._store, chunk_size=1)), None)
        except OSError as error:
            raise StartupError(f"The bucket {place.bucket} for attachments cannot be used ({error}).") from error

    def put(self, sha256: str, content: BinaryIO) -> None:
        """Store a content, replacing any object of the same digest, which is the same content."""
        name = place_of(sha256)
        refuse_other(content, sha256)
        content.seek(0)
        with _told_as_os_error():
            obstore.put(self._store, name, content)

    def open(self, sha256: str) -> BinaryIO:
        """The content, checked against its digest. Raises AttachmentDamaged, OSError."""
        name, found = place_of(sha256), hashlib.sha256()
        aside = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it
        try:
            with _told_as_os_error():
                for piece in obstore.get(self._store, name):
                    found.update(piece)
                    aside.write(piece)
            if found.hexdigest() != sha256:
                raise AttachmentDamaged(sha256)
        except FileNotFoundError:
            aside.close()
            raise AttachmentDamaged(sha256) from None
        except BaseException:
            aside.close()
            raise
        aside.seek(0)
        return aside

    def exists(self, sha256: str) -> bool:
        """Whether there is a content with this digest. Raises OSError."""
        try:
            with _told_as_os_error():
                obstore.head(self._store, place_of(sha256))
        except FileNotFoundError:
            return False
        return True

    def remove(self, sha256: str) -> bool:
        """Delete a content; returns whether it existed. Raises OSError."""
        there = self.exists(sha256)
        with _told_as_os_error():
            obstore.delete(self._store, place_of(sha256))
        return there


@contextmanager
def _told_as_os_error() -> Iterator[None]:
    """The error of the store as an OSError with one sentence, without the content of the request."""
    try:
        yield
    except FileNotFoundError:
        raise
    except BaseError as error:
        raise OSError(" ".join(str(error).split())[:200]) from error
