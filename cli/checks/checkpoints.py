"""Whether somebody makes checkpoints of the log, and whether the last one is as old as it should be."""

from datetime import UTC, datetime, timedelta

from cli.checks.findings import Check, Saying, failed, ok, part, problem, skipped, warning
from configuration.errors import StartupError
from configuration.files import others_may_read
from configuration.log_key import signer_there, usual_file
from configuration.settings import Settings
from configuration.signing_program import SigningProgram
from domain.log.keys import PublicKey, read_public_key
from ledger.queries.log import KeptCheckpoint
from ledger.reader import Reader

NAME = "checkpoints"
VARIABLE = Settings.log_key.variable
LATE = 2
"""So many times the usual while may pass: nothing is recorded on some days, and then none is made."""


def checkpoints_check(settings: Settings, reader: Reader | None, runs_here: bool) -> Check:
    """The key can be used, and a checkpoint is there. ``runs_here``: the engine is the one that ``up`` runs."""
    if reader is None:
        return skipped(NAME, "checkpoints_not_looked_at")
    if settings.log_key is None and (settings.database_url or not runs_here):
        return warning(NAME, "no_checkpoints", variable=VARIABLE)
    try:
        file = usual_file(settings)
        signer = signer_there(file)
    except StartupError as error:
        return problem(NAME, "log_key_unusable", why=error, variable=VARIABLE)
    try:
        if not isinstance(signer, SigningProgram) and others_may_read(file):
            return problem(NAME, "log_key_open", file=file)
        return _newest(reader, signer.key, timedelta(hours=settings.checkpoint_hours), settings.timestamp_url)
    except Exception as error:
        return failed(NAME, error)


def _newest(reader: Reader, key: PublicKey, every: timedelta, authority: str | None) -> Check:
    newest, name = reader.log.newest_checkpoint(), key.name
    if newest is None:
        return warning(NAME, "no_checkpoint_yet", name=name)
    before = read_public_key(newest.key)
    if before.name != name:
        return problem(NAME, "key_of_another_log", name=name, before=before.name, variable=VARIABLE)
    if newest.key != key.written():
        return problem(NAME, "key_was_exchanged", name=name, variable=VARIABLE)
    made = part("checkpoint_made", size=newest.size, at=newest.made_at, name=name)
    if datetime.now(UTC) - newest.made_at > LATE * every and reader.log.is_behind():
        return problem(NAME, "checkpoint_overdue", made=made)
    if authority is None or not newest.size:
        return ok(NAME, "checkpoints_made", made=made)
    return _stamped(reader, newest, every, made)


def _stamped(reader: Reader, newest: KeptCheckpoint, every: timedelta, made: Saying) -> Check:
    """The authority for timestamps has seen the log as often as checkpoints are made."""
    stamped = reader.log.stamped(newest.size)
    last = None if stamped is None else reader.log.checkpoint_of(stamped.size)
    variable = Settings.timestamp_url.variable
    if last is None:
        return warning(NAME, "checkpoints_unstamped", made=made, variable=variable)
    if last.size < newest.size and datetime.now(UTC) - last.made_at > LATE * every:
        return warning(NAME, "stamps_behind", made=made, size=last.size, variable=variable)
    return ok(NAME, "checkpoints_stamped", made=made, size=last.size)
