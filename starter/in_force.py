"""The text that applies to a filing that names none (适用法规)."""

from datetime import datetime

from domain.access import place_of
from domain.calendar import day_of
from domain.statutes.in_force import NothingInForce, statute_in_force
from ledger.reader import Reader
from starter.errors import RequestRefused
from starter.failures import ledger_answers


def text_in_force(reader: Reader, jurisdiction: str, key: str, at: datetime) -> str:
    """The text in force in a jurisdiction for a filing received at an instant; blocks.

    For a key under which something was filed before, the text of that filing: repeated on the day after a change of
    the law, it is still the same filing. Raises RequestRefused if no text is in force, or Unavailable.
    """
    with ledger_answers():
        earlier = reader.case_filed_under(key)
    if earlier is not None and place_of(earlier.statute) == jurisdiction:
        return earlier.statute
    try:
        return statute_in_force(jurisdiction, day_of(at))
    except NothingInForce as error:
        said = {"statute": f"{jurisdiction} {error.day.isoformat()}", "known": error.known, "why": error.why}
        raise RequestRefused("unknown_statute", None, jurisdiction, said) from None
