"""Attachments in a bucket of an S3-compatible object store: an object a content, named by its SHA-256."""

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
    """Keeps attachments as objects of a bucket, which must be there; those of one first byte below a name of their own.

    Every object is written whole, by one request, and is there for all once that is answered. Raises StartupError where
    the bucket cannot be reached.
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
        """Keep a content, in the place of whatever is there: what has the same digest is the same."""
        name = place_of(sha256)
        refuse_other(content, sha256)
        content.seek(0)
        with _told_as_os_error():
            obstore.put(self._store, name, content)

    def open(self, sha256: str) -> BinaryIO:
        """The content, found to have its digest. Raises AttachmentDamaged, OSError."""
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
        """Whether anything is kept under this digest. Raises OSError."""
        try:
            with _told_as_os_error():
                obstore.head(self._store, place_of(sha256))
        except FileNotFoundError:
            return False
        return True

    def remove(self, sha256: str) -> bool:
        """Let go of a content for good; whether it was there. Raises OSError."""
        there = self.exists(sha256)
        with _told_as_os_error():
            obstore.delete(self._store, place_of(sha256))
        return there


@contextmanager
def _told_as_os_error() -> Iterator[None]:
    """A store that does not answer, or refuses, as a disk that fails: one sentence, without what was sent."""
    try:
        yield
    except FileNotFoundError:
        raise
    except BaseError as error:
        raise OSError(" ".join(str(error).split())[:200]) from error
