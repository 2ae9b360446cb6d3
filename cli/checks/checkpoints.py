"""Whether somebody makes checkpoints of the log, and whether the last one is as old as it should be."""

from datetime import UTC, datetime, timedelta

from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from configuration.errors import StartupError
from configuration.files import others_may_read
from configuration.log_key import signer_there, usual_file
from configuration.settings import Settings
from configuration.signing_program import SigningProgram
from domain.calendar import CHINA
from domain.log.keys import PublicKey, read_public_key
from ledger.reader import Reader

NAME = "checkpoints"
LATE = 2
"""So many times the usual while may pass: nothing is recorded on some days, and then none is made."""

OTHER_KEY = (
    f"name the key that signed it with {Settings.log_key.variable}; where it was exchanged on purpose, see that "
    "whoever holds the old one knows the new one: the next checkpoint is signed with it"
)


def checkpoints_check(settings: Settings, reader: Reader | None, runs_here: bool) -> Check:
    """The key can be used, and a checkpoint is there. ``runs_here``: the engine is the one that ``up`` runs."""
    if reader is None:
        return skipped(NAME, "Checkpoints are looked at when the database can be reached.")
    variable = Settings.log_key.variable
    if settings.log_key is None and (settings.database_url or not runs_here):
        mend = f"make one with `shareflow audit key --secret FILE` and name it for every worker with {variable}"
        return warning(NAME, f"No checkpoints of the log are made: {variable} names no key.", mend)
    try:
        file = usual_file(settings)
        signer = signer_there(file)
    except StartupError as error:
        return problem(NAME, str(error), f"name the log's secret key with {variable}")
    try:
        if not isinstance(signer, SigningProgram) and others_may_read(file):
            says = f"{file} may be read by others: whoever has this key signs checkpoints in the log's name."
            return problem(NAME, says, f"chmod 600 {file}")
        return _newest(reader, signer.key, timedelta(hours=settings.checkpoint_hours))
    except Exception as error:
        return problem(NAME, unexpected(error))


def _newest(reader: Reader, key: PublicKey, every: timedelta) -> Check:
    newest, name = reader.log.newest_checkpoint(), key.name
    if newest is None:
        return warning(NAME, f"No checkpoint was made yet in the name of {name}.", "start a worker")
    before = read_public_key(newest.key)
    if before.name != name:
        says = (
            f"The key is that of {name}, and the checkpoints of this log are in the name of {before.name}: no worker "
        )
        return problem(NAME, f"{says}makes any more.", f"name the log's own key with {Settings.log_key.variable}")
    if newest.key != key.written():
        says = f"The newest checkpoint was signed with another key in the name of {name} than the one that is here."
        return problem(NAME, says, OTHER_KEY)
    at = newest.made_at.astimezone(CHINA)
    says = f"the newest covers {newest.size} entries, made {at:%Y-%m-%d %H:%M} in the name of {name}"
    if datetime.now(UTC) - newest.made_at > LATE * every and reader.log.is_behind():
        return problem(NAME, f"A checkpoint is overdue: {says}.", "look into the logs of the workers")
    return ok(NAME, says)
