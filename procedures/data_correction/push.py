"""The push of corrected data (推送最新数据) to all authorised users, by the organ that the text or practice names."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.codes import code_key
from domain.engine.case import Case
from domain.engine.commands import Nothing
from domain.engine.decision import Decision, Refused
from domain.engine.records import Event
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.sections import Push
from domain.words import CommandName, EventType, Outcome, Role


def _push_of(case: Case) -> Push:
    rules = case.statute.correction
    assert rules is not None
    assert rules.push is not None  # nothing else leads to that stage
    return rules.push


def _whose_push_it_is(case: Case, role: Role) -> None:
    if role is not _push_of(case).by:
        raise Refused(RefusalCode.NOT_YOUR_TURN, _push_of(case).clause)


def may_be_pushed(book: RuleBook[Any]) -> None:
    """Enter the command 推送最新数据: to all authorised users; :func:`with_holders` adds the holders of open grants."""

    @book.command(
        CommandName.PUSH_DATA,
        by=[Role.PROVIDER, Role.BUREAU],
        says=Nothing,
        when=_whose_push_it_is,
    )
    def push_data(decision: Decision[Any], _: Nothing) -> None:
        parties = [decision.case.requester, *decision.case.application.authorized_users]
        users = [party.model_dump(mode="json", exclude_none=True) for party in parties]
        decision.note(EventType.DATA_PUSHED, _push_of(decision.case).clause, users=_each_once(users))
        decision.close(Outcome.CORRECTED)


def with_holders(events: Sequence[Event], holders: Sequence[Mapping[str, Any]]) -> list[Event]:
    """The events of a push, with the holders of open grants added to its recipients, each once."""
    return [
        event.model_copy(update={"data": {**event.data, "users": _each_once([*event.data["users"], *holders])}})
        if event.type is EventType.DATA_PUSHED
        else event
        for event in events
    ]


def _each_once(users: Any) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for user in users:
        name = code_key(user.get("code") or "") or user.get("name")
        if name:
            found[name] = {**user, **found.get(name, {})}
    return list(found.values())
