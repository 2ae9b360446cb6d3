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
        return problem(NAME, str(error), f"mend the file that {variable} names; a key that is lost comes from its copy")
    if ring is None:
        return skipped(NAME, f"Messages are not sealed: {variable} names no keys.")
    if settings.payload_keys is not None and others_may_read(settings.payload_keys):
        says = f"{settings.payload_keys} may be read by others: whoever has these keys opens every sealed message."
        return problem(NAME, says, f"chmod 600 {settings.payload_keys}, and seal with a new key where others were here")
    others = f", {', '.join(ring.ids[1:])} still open" if ring.ids[1:] else ""
    return ok(NAME, f"messages are sealed with {ring.first.key_id} ({ring.first.kind}){others}")
