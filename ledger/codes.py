"""Department codes in queries: compared without regard to case, using the expression indexes of the tables."""

from sqlalchemy import ColumnElement, func

from domain.codes import code_key


def is_code(column: ColumnElement[str], code: str) -> ColumnElement[bool]:
    """Condition: a column holds a department's code, in any case."""
    return func.upper(column) == code_key(code)
