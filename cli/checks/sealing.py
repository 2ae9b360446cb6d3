"""Whether messages are sealed on their way into Temporal, and with which key."""

from cli.checks.findings import Check, ok, problem, skipped
from configuration.errors import StartupError
from configuration.files import others_may_read
from configuration.payload_keys import key_ring_of
from configuration.settings import Settings

NAME = "sealing"


def sealing_check(settings: Settings) -> Check:
    """The file of keys can be used, where one is named."""
    variable = Settings.payload_keys.variable
    try:
        ring = key_ring_of(settings)
    except StartupError as error:
        return problem(NAME, "keys_unusable", why=error, variable=variable)
    if ring is None:
        return skipped(NAME, "not_sealed", variable=variable)
    if settings.payload_keys is not None and others_may_read(settings.payload_keys):
        return problem(NAME, "keys_open", file=settings.payload_keys)
    word = "sealed_with_others" if ring.ids[1:] else "sealed"
    return ok(NAME, word, key=ring.first.key_id, kind=ring.first.kind, others=ring.ids[1:])
