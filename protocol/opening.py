"""What is opened: the case before anything has happened in it, and what tells one filing from another."""

from datetime import timedelta
from typing import Any, NamedTuple

from domain.engine.case import Case
from domain.engine.filed import Filed
from domain.naming import fingerprint
from domain.rule_texts import KNOWN
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from protocol.messages import CaseOpening


class Played(NamedTuple):
    """How a case's time differs from the world's: for played cases alone. ``alone``: it finds no other case."""

    shift: timedelta = timedelta()
    all_editions: bool = False
    alone: bool = False


IN_THE_WORLD = Played()
"""A case in the world's own time."""


def plain_matter(matter: Filed) -> dict[str, Any]:
    """What is filed as plain JSON data; what was left out stays out."""
    return matter.model_dump(mode="json", exclude_none=True)


def digest_of_filing(procedure: ProcedureName, statute_id: str, matter: Filed) -> str:
    """What tells one filing from another under the same key: the procedure, the text and everything that is filed."""
    return fingerprint({"procedure": procedure.value, "statute": statute_id, "application": plain_matter(matter)})


def case_before(opening: CaseOpening) -> Case:
    """The case that an opening starts, before anything has happened in it.

    Raises pydantic.ValidationError for what the procedure cannot read, RuleTextMissing where the texts that it rests on
    are not known here.
    """
    procedure = PROCEDURES[opening.procedure]
    matter = procedure.matter.model_validate(dict(opening.application))
    statute, policy = KNOWN.statute(opening.statute_digest), KNOWN.policy(opening.policy_digest)
    case: Case = procedure.new_case(opening.request_id, statute, policy, matter)
    return case
