"""What the checks of a dossier found, in the words of the page: no options of a command line, no JSON, no ids."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from audit.verification.results import CheckResult
from console.said import value_text
from domain.messages import Language, words
from domain.statutes.loader import packaged_statutes
from starter.overlaid import title_with_above

_FOR_PROGRAMS: Final = re.compile(
    r"[：:]\s*--[\w-]+ FILE|[（(]--[\w-]+[）)]|\s?[（(]shift[）)]|(?<=:\d\d)\.\d+", re.ASCII
)
"""Options of the command line, the field of a history that is meant, and parts of a second."""
_PART: Final = re.compile(r"(?<=台账的) \w+ (?=为)|(?<=the ledger says of )\w+(?=:)", re.ASCII)
"""The part of an event that the ledger has otherwise."""
_ID: Final = re.compile(r"[a-z]+(?:-[a-z]+)*-\d+", re.ASCII)
"""The id of a text may be."""
_ALTERED: Final = re.compile(r"Event (\d+): (.+)", re.ASCII)


def finding_said(found: CheckResult, language: Language) -> str:
    """What a check found, for whoever reads the page."""
    whole = _FOR_PROGRAMS.sub("", found.said(language))
    named = _PART.sub(lambda part: _part(part[0], language), whole)
    told = "".join(_told(named, language))
    return _ID.sub(lambda text: _title(text[0], language), told)


def altered_event(results: Sequence[CheckResult]) -> int | None:
    """The number of the event of which the chain says that its content was altered, if any."""
    altered = words("audit_said")["content_changed"]["en"]
    for each in results:
        said = _ALTERED.match(each.detail) if (each.check, each.result) == ("chain", "FAIL") else None
        if said and said[2].startswith(altered):
            return int(said[1])
    return None


def _told(said: str, language: Language) -> Iterator[str]:
    """What is said, with each object that is quoted in it told field by field."""
    at = 0
    while (begins := said.find("{", at)) >= 0:
        yield said[at:begins]
        try:
            value, at = json.JSONDecoder().raw_decode(said, begins)
        except ValueError:  # it was cut short, or is none
            value, at = "{", begins + 1
        yield value_text("", value, language)
    yield said[at:]


def _part(named: str, language: Language) -> str:
    known = words("event_part").get(named.strip())
    return known[language] if known else named


def _title(statute_id: str, language: Language) -> str:
    known = packaged_statutes().get(statute_id)
    return statute_id if known is None else title_with_above(known, language)
