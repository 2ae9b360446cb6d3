"""Codes of departments in queries: compared without regard to case, by the indexes that the tables have for it."""

from sqlalchemy import ColumnElement, func

from domain.codes import code_key


def is_code(column: ColumnElement[str], code: str) -> ColumnElement[bool]:
    """Whether a column holds a department's code, in whatever case it was written."""
    return func.upper(column) == code_key(code)
