"""The message that opens a case, the case before its filing, and the digest that identifies a filing."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.access import EVERYWHERE
from domain.engine.case import Case
from domain.engine.filed import Filed
from domain.engine.records import Actor
from domain.naming import fingerprint
from domain.rule_texts import KNOWN
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from protocol.messages import CaseOpening


class Played(NamedTuple):
    """How the time of a played case differs from real time. ``alone``: it finds no other case."""

    shift: timedelta = timedelta()
    all_editions: bool = False
    alone: bool = False


IN_THE_WORLD = Played()
"""A case in real time."""


def plain_matter(matter: Filed) -> dict[str, Any]:
    """What is filed, as plain JSON data, without the fields that were left out."""
    return matter.model_dump(mode="json", exclude_none=True)


def digest_of_filing(procedure: ProcedureName, statute_id: str, matter: Filed) -> str:
    """Tells filings under one key apart: a digest of the procedure, the text and everything that is filed."""
    return fingerprint({"procedure": procedure.value, "statute": statute_id, "application": plain_matter(matter)})


def opening_of(
    procedure: ProcedureName,
    matter: Filed,
    *,
    request_id: str,
    key: str,
    actor: Actor,
    statute: str,
    statute_digest: str,
    policy_digest: str,
    filed_at: datetime,
    places: frozenset[str] = frozenset({EVERYWHERE}),
    played: Played = IN_THE_WORLD,
    opened_by: str | None = None,
    asked: str | None = None,
) -> CaseOpening:
    """The message that starts a case; :class:`CaseOpening` describes its fields."""
    return CaseOpening(
        request_id=request_id,
        procedure=procedure,
        application=plain_matter(matter),
        actor=actor,
        places=places,
        key=key,
        digest=digest_of_filing(procedure, statute, matter),
        statute=statute,
        statute_digest=statute_digest,
        policy_digest=policy_digest,
        filed_at=filed_at,
        shift=played.shift,
        all_editions=played.all_editions,
        opened_by=opened_by,
        alone=played.alone,
        asked=asked,
    )


def case_before(opening: CaseOpening) -> Case:
    """The case of an opening, before its filing is recorded.

    Raises pydantic.ValidationError if the application is invalid, RuleTextMissing if its statute or policy is not known
    in this process.
    """
    procedure = PROCEDURES[opening.procedure]
    matter = procedure.matter.model_validate(dict(opening.application)).in_little_room()
    statute, policy = KNOWN.statute(opening.statute_digest), KNOWN.policy(opening.policy_digest)
    case: Case = procedure.new_case(opening.request_id, statute, policy, matter)
    return case
