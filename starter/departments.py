"""The operator's list of departments: ``SHAREFLOW_DEPARTMENTS`` names its file; without it there are none."""

import os
from collections.abc import Mapping

from domain.departments import Departments, read_departments
from domain.statutes.loader import packaged_statutes
from starter.files import read_text

VARIABLE = "SHAREFLOW_DEPARTMENTS"


def departments_in_force(environ: Mapping[str, str] = os.environ) -> Departments:
    """The departments as the file names them at this moment. Raises DepartmentsError, FileError."""
    name = environ.get(VARIABLE)
    return read_departments(read_text(name), name, packaged_statutes().values()) if name else {}
