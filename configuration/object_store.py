"""The object store for papers that the settings name."""

from dataclasses import dataclass, field

from configuration.errors import StartupError
from configuration.settings import Settings


@dataclass(frozen=True)
class ObjectPlace:
    """A bucket of an S3-compatible store, what names in it begin with, and who comes to it."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str
    key_id: str | None
    secret: str | None = field(repr=False)


def object_place_of(settings: Settings) -> ObjectPlace | None:
    """The bucket that the settings name; None where they name none, and papers are in a folder.

    Raises StartupError where both are named, or a key is only half said.
    """
    named = settings.s3_bucket
    if named is None:
        return None
    if settings.attachments is not None:
        raise StartupError(
            f"{Settings.s3_bucket.variable} and {Settings.attachments.variable} are both set: papers have one place."
        )
    if (settings.s3_key_id is None) != (settings.s3_secret is None):
        raise StartupError(f"{Settings.s3_key_id.variable} and {Settings.s3_secret.variable} belong together.")
    bucket, _, prefix = named.partition("/")
    return ObjectPlace(bucket, prefix, settings.s3_endpoint, settings.s3_region, settings.s3_key_id, settings.s3_secret)
