"""Days until which data is to be used: nobody means one that is over, whichever form asks for it."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from api.cases.filing_schemas import FilingIn
from api.http.problems import Problem
from domain.messages import Language, label
from domain.messages.days import day_text

_LAST_DAYS: Final = frozenset({"use_until", "expires_on"})


def refuse_past_use(values: Mapping[str, str], today: date, language: Language) -> None:
    """Of the fields of a form, by their names, none is a last day of use before ``today``. Raises Problem 422.

    What is no day at all is left to whoever reads the form.
    """
    for name, typed in values.items():
        if name.rpartition(".")[2] in _LAST_DAYS and (until := _day(typed)) and until < today:
            said = {"day": day_text(until, language), "today": day_text(today, language)}
            raise Problem(422, "invalid", title=label("console", "use_until_over", language).format(**said))


def refuse_past_filing(body: FilingIn, today: date, language: Language) -> None:
    """As :func:`refuse_past_use` of what is filed already read; the Problem names the field."""
    until = body.request.use_until
    if until is not None and until < today:
        said = {"day": day_text(until, language), "today": day_text(today, language)}
        reason = label("console", "use_until_over", language).format(**said)
        raise Problem(422, "invalid", errors=[{"path": "use_until", "reason": reason}])


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
