"""Turns a filing into the message that starts a case, after checking with the rules that it may be filed."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.access import EVERYWHERE, Parties
from domain.engine.bounds import refuse_days_out_of_range
from domain.engine.case import Case
from domain.engine.decision import PLATFORM, Refused
from domain.engine.filed import Filed
from domain.engine.procedure import OneCase
from domain.engine.records import Actor, Event
from domain.naming import request_id_for
from domain.policy import Policy, default_policy
from domain.rule_texts import KNOWN
from domain.statutes.loader import UnknownStatute, get_statute, packaged_statutes
from domain.statutes.model import Statute
from domain.validation_messages import first_problem, key_path
from domain.words import ProcedureName
from procedures.registry import PROCEDURES, open_case
from protocol.messages import CaseOpening
from protocol.opening import IN_THE_WORLD, Played, case_before, opening_of
from starter.errors import InvalidInput, RequestRefused
from starter.failures import refusal_of


class Entered(NamedTuple):
    """The message that starts a case, the case before its filing, and the events of the filing."""

    opening: CaseOpening
    case: Case
    events: list[Event]


def enter_case(
    procedure: ProcedureName,
    statute_id: str,
    matter: Filed,
    actor: Actor,
    policy: Policy,
    key: str,
    received_at: datetime | None = None,
    places: frozenset[str] = frozenset({EVERYWHERE}),
    played: Played = IN_THE_WORLD,
) -> Entered:
    """The opening of a case that the rules allow. Raises RequestRefused."""
    statute = statute_named(statute_id)
    at = received_at or datetime.now(UTC) + played.shift
    one = one_case(procedure, statute, matter, played)
    opening = opening_of(
        procedure,
        matter,
        request_id=request_id_for(statute_id, one.key if one else key, procedure),
        key=key,
        actor=actor,
        statute=statute.id,
        statute_digest=KNOWN.digest(statute),
        policy_digest=KNOWN.digest(policy),
        filed_at=at,
        places=places,
        played=played,
        asked=uuid.uuid4().hex[:8],
    )
    case = case_before(opening)
    try:
        refuse_days_out_of_range(matter)
        events = open_case(case, actor, at, None, places)
    except Refused as refusal:
        raise refusal_of(refusal, statute_id) from None
    return Entered(opening, case, events)


def one_case(
    procedure: ProcedureName, statute: Statute, matter: Filed, played: Played = IN_THE_WORLD
) -> OneCase | None:
    """The one case of all such openings; None if each opening makes its own, as every played case does."""
    return None if played.alone else PROCEDURES[procedure].one_case(statute, matter)


def matter_parties(procedure: ProcedureName, statute_or_place: str, matter: Filed) -> Parties:
    """The parties of a filing, with the statute or the place that it belongs to."""
    any_text = next(iter(packaged_statutes().values()))
    case: Case = PROCEDURES[procedure].new_case("", any_text, default_policy(), matter)
    return replace(case.parties, statute=statute_or_place)


def refuse_unopenable(procedure: ProcedureName, statute_id: str, matter: Filed, policy: Policy) -> None:
    """Raises RequestRefused if the rules refuse the filing, whoever files it."""
    case: Case = PROCEDURES[procedure].new_case("", statute_named(statute_id), policy, matter)
    try:
        refuse_days_out_of_range(matter)
        open_case(case, PLATFORM, datetime.now(UTC))
    except Refused as refusal:
        raise refusal_of(refusal, statute_id) from None


def matter_of(procedure: ProcedureName, data: Mapping[str, Any]) -> Filed:
    """The filing of a procedure, from plain data. Raises InvalidInput with the first problem as one sentence."""
    try:
        return PROCEDURES[procedure].matter.model_validate(dict(data))
    except ValidationError as error:
        path, reason = first_problem(error)
        raise InvalidInput(f"{key_path(path) or 'what is filed'} {reason}.") from None


def statute_named(statute_id: str) -> Statute:
    """The packaged statute. Raises RequestRefused."""
    try:
        return get_statute(statute_id)
    except UnknownStatute:
        known = ", ".join(packaged_statutes())
        raise RequestRefused("unknown_statute", None, statute_id, {"statute": statute_id, "known": known}) from None
