"""The operator's list of departments: ``SHAREFLOW_DEPARTMENTS`` names its file; without it there are none."""

from configuration.files import read_text
from configuration.settings import Settings
from domain.departments import Departments, read_departments
from domain.statutes.loader import packaged_statutes


def departments_in_force(settings: Settings | None = None) -> Departments:
    """The departments as the file names them at this moment; which file, the environment says without settings.

    Raises DepartmentsError, FileError.
    """
    name = (settings or Settings()).departments
    return read_departments(read_text(name), name, packaged_statutes().values()) if name else {}
