"""The operator's list of departments: ``SHAREFLOW_DEPARTMENTS`` names its file; without it there are none."""

from functools import lru_cache
from pathlib import Path

from configuration.files import read_text
from configuration.settings import Settings
from domain.departments import Departments, read_departments
from domain.statutes.loader import packaged_statutes


def departments_in_force(settings: Settings | None = None) -> Departments:
    """The departments as the file names them at this moment; which file, the environment says without settings.

    A file that has not changed since is not read again. Raises DepartmentsError, FileError.
    """
    name = (settings or Settings()).departments
    return _read(name, *_version(name)) if name else {}


def _version(name: str) -> tuple[int, int]:
    """When the file was changed, and how long it is; nothing of one that cannot be looked at."""
    try:
        there = Path(name).stat()
    except (OSError, ValueError):
        return 0, 0
    return there.st_mtime_ns, there.st_size


@lru_cache(maxsize=4)
def _read(name: str, changed: int, size: int) -> Departments:  # noqa: ARG001 - of which version
    return read_departments(read_text(name), name, packaged_statutes().values())
