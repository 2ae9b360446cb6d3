"""Whether what the ledger told a case, beyond what that case had just decided, is what the case would have decided.

A step's answer is lost where a worker ends between the commit and its report, and a case that is reset begins again
with nothing: the ledger then tells of events that the history does not decide at that place. Each must be what the case
decides elsewhere, or again when its rules are asked: for the command of that key, for time, for a notice. Where no
command is left in the history, some command must be one that the rules allow and that brings about just this.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product, takewhile
from typing import Any, Final, ParamSpec

from pydantic import ValidationError

from audit.known_editions import BY_CALENDAR
from audit.verification.replayed import Replayed, written_by
from audit.verification.rules import DecidesOtherwise
from domain.engine.case import Case
from domain.engine.commands import Command
from domain.engine.decision import Decision, Refused
from domain.engine.evolve import evolve_all
from domain.engine.filed import Filed
from domain.engine.records import Actor, Clock, ClockOrder, Event, NumberedEvent
from domain.engine.timers import recounted
from domain.evidence import body_of, canonical_json, deadline_of, numbered
from domain.words import CommandName, EventType, Role
from procedures.data_correction.push import with_holders
from procedures.registry import advance, by_itself, decide, open_case, procedure_of
from procedures.resource_withdrawal.rules import grant_ended, resource_withdrawn
from protocol.messages import CaseOpening
from protocol.opening import case_before
from workflows.filing import digests_of

P = ParamSpec("P")
Told = Sequence[NumberedEvent]

LARGEST_STEP: Final = 4096
"""So many events the ledger takes at once."""
FIRST_ONES: Final = 8
"""What a command has said stands in one of its first events."""


@dataclass
class Vouched:
    """The events of a case, by number, with what vouches for them; and the orders of the limits that they start.

    ``again``: those that the ledger told, and the case decides just so. ``unasked``: those that it told, and no command
    of the history has asked for; the rules allow them.
    """

    events: dict[int, NumberedEvent] = field(default_factory=dict)
    again: list[int] = field(default_factory=list)
    unasked: list[int] = field(default_factory=list)
    ordered: dict[int, ClockOrder] = field(default_factory=dict)

    def order(self, events: Sequence[Event], head: int) -> None:
        """Note what a step orders, whose events come after a head."""
        for seq, event in enumerate(events, start=head + 1):
            if event.order is not None:
                self.ordered.setdefault(seq, event.order)


def vouched_by(replayed: Replayed, opening: CaseOpening) -> Vouched:
    """The events that a replayed case vouches for. Raises DecidesOtherwise for one that was told and it does not."""
    judge, vouched = _Judge(replayed, opening), Vouched()
    for heard in replayed.steps:
        written = written_by(heard)
        if written:
            vouched.order(heard.step.events, heard.step.head)
        for event in written:
            vouched.events.setdefault(event.seq, event)
        fresh = [event for event in heard.result.events if event.seq not in vouched.events]
        if fresh:
            first, numbers = fresh[0].seq, [event.seq for event in fresh]
            between = range(heard.before.head + 1, first)
            in_order = first > heard.before.head and numbers == list(range(first, first + len(fresh)))
            if not in_order or not all(seq in vouched.events for seq in between):
                raise DecidesOtherwise(f"event {first} was told to the case, and not what came before it")
            judge.judge(evolve_all(heard.before, [vouched.events[seq] for seq in between]), fresh, vouched)
    return vouched


class _Judge:
    """Asks the rules of a case about events that the ledger told.

    A command is recorded in one step, and a key once: however much is told, each of its keys is asked about once.
    """

    def __init__(self, replayed: Replayed, opening: CaseOpening) -> None:
        self._replayed = replayed
        self._opening = opening
        self._keys: set[str] = set()

    def judge(self, case: Case, told: Told, vouched: Vouched) -> None:
        """Vouch for each of these events, which follow on a case. Raises DecidesOtherwise."""
        place = 0
        while place < len(told):
            here = told[place : place + LARGEST_STEP]
            if here[0].key is not None:
                here = self._of_one_key(here)
            again = _first(self._decided(case, here), here, case)
            events = again or _first(self._allowed(case, here), here, case)
            if not events:
                raise _not_decided(here, case)
            here = here[: len(events)]
            (vouched.again if again else vouched.unasked).extend(event.seq for event in here)
            vouched.events.update((event.seq, event) for event in here)
            vouched.order(events, case.head)
            case, place = evolve_all(case, here), place + len(here)

    def _of_one_key(self, told: Told) -> Told:
        """The first events, which are all of their key. Raises DecidesOtherwise for a key that was told before."""
        here = list(takewhile(lambda event: event.key == told[0].key, told))
        if here[0].key in self._keys:
            raise DecidesOtherwise(
                f"event {here[0].seq} is said to have been told to the case under a key that had given events before"
            )
        self._keys.add(here[0].key or "")
        return here

    def _decided(self, case: Case, told: Told) -> Iterator[Sequence[Event]]:
        """What the case decides after this, for all that the history has."""
        first = told[0]
        own = [step.step for step in self._replayed.steps if (step.step.head, step.step.key) == (case.head, first.key)]
        yield from (step.events for step in own)
        if case.head == 0:
            opening = self._opening
            for before in (case, case_before(opening)):
                yield _asked(open_case, before, opening.actor, first.at, digests_of(opening), opening.places)
        elif first.key is None:
            yield advance(case, first.at)[1]
            for step in own:  # the platform acts when it comes to it: after a lost answer it has come to it again
                yield from _by_itself(case, step.events, told)
        else:
            yield from self._commanded(case, told)

    def _allowed(self, case: Case, told: Told) -> Iterator[Sequence[Event]]:
        """What the rules allow after this, though the history has nobody who asked for it, or later alone."""
        first = told[0]
        if first.key is None:
            reason = first.data.get("reason")
            if isinstance(reason, str) and reason.startswith(BY_CALENDAR):
                yield recounted(case, _counted_again(case, told), reason, first.at)
            yield from _by_itself(case, told[:FIRST_ONES], told)
        elif first.key in self._replayed.given:
            yield from self._commanded(case, told, again=True)
        elif case.head:
            for command in _commands_for(case, told):
                yield _carried_out(case, command, told, taken=False)

    def _commanded(self, case: Case, told: Told, again: bool = False) -> Iterator[Sequence[Event]]:
        """What the command of this key brings about. ``again``: the history has only a later try, whenever that was.

        A caller may ask again with the same key for ever, which bears a digest of what is said, and of the department
        in whose name. A colleague who asks is told that the key was used; whoever asked first stands in the events.
        """
        at = told[-1].at
        for given in self._replayed.given.get(told[0].key or "", ()):
            command, received = given.command, given.command.received_at or at
            if again and at < received:
                yield _carried_out(case, command.model_copy(update={"actor": _colleague(command.actor, told)}), told)
            elif not again and at == max(received, case.last_at or received):
                yield _carried_out(case, command, told)


def _first(ways: Iterator[Sequence[Event]], told: Told, case: Case) -> Sequence[Event]:
    """The first events that were told, where one of the ways leads to them."""
    return next((events for events in ways if _are(events, told, case)), ())


def _asked(rules: Callable[P, Sequence[Event]], *args: P.args, **kwargs: P.kwargs) -> Sequence[Event]:
    """What the rules say; nothing where they refuse it, cannot read what is said, or are those of other cases."""
    try:
        return rules(*args, **kwargs)
    except (Refused, ValueError, AttributeError):
        return ()


def _colleague(actor: Actor, told: Told) -> Actor:
    """Who acts in the events for the department of whoever asked again."""
    whose = (actor.role, actor.org)
    return next((event.actor for event in told if (event.actor.role, event.actor.org) == whose), actor)


def _carried_out(case: Case, command: Command, told: Told, taken: bool = True) -> Sequence[Event]:
    """What a command brings about; the other cases that it found are those that the events name.

    ``taken``: the history has that it was let in, perhaps by a version that knew other days.
    """
    events = _asked(decide, case, command, told[-1].at, taken)
    if command.name is not CommandName.PUSH_DATA:
        return events
    holders = [user for event in told for user in event.data.get("users", ()) if isinstance(user, Mapping)]
    return with_holders(events, holders)


def _are(events: Sequence[Event], told: Told, case: Case) -> bool:
    """Whether the first of the events that were told are these, and all of those that were told under one key.

    How limits are counted is another check's.
    """
    if told[0].key is not None and len(events) != len(told):
        return False
    told = told[: len(events)]
    starts = [event.order is not None for event in events]
    if not events or starts != [event.clock is not None for event in told]:
        return False
    dues = [deadline_of(event.clock) for event in told if event.clock is not None]
    again = numbered(events, told[0].seq - 1, case.statute.id, told[0].key, dues)
    return all(
        canonical_json(body_of(ours)) == canonical_json(body_of(there)) for ours, there in zip(again, told, strict=True)
    )


def _counted_again(case: Case, told: Told) -> dict[int, Clock]:
    """The limits that a notice has moved, as they are counted then."""
    moved = {event.clock.supersedes: event.clock for event in told if event.clock is not None}
    return {
        number: clock.model_copy(update=dict(deadline_of(moved[number])))
        for number, clock in case.clocks.items()
        if number in moved
    }


def _by_itself(case: Case, said: Sequence[Event | NumberedEvent], told: Told) -> Iterator[Sequence[Event]]:
    """What the platform does by a rule of its own, as is said, at the instant at which it is told."""
    kinds = [event.type for event in told]
    for event in said:
        rule = _rule_of(event)
        if rule is not None and event.type in kinds:
            at = told[kinds.index(event.type)].at
            yield _asked(by_itself, case, at, rule)


def _rule_of(event: Event | NumberedEvent) -> Callable[[Decision[Any]], None] | None:
    """The rule of the platform that such an event comes from."""
    if event.type is EventType.RESOURCE_WITHDRAWN:
        return resource_withdrawn
    holder, grant = event.data.get("holder"), event.data.get("grant")
    if event.type is EventType.GRANT_ENDED and isinstance(holder, Mapping) and isinstance(grant, str):
        return grant_ended(grant, holder, event.data.get("gone") is True)
    return None


def _commands_for(case: Case, told: Told) -> Iterator[Command]:
    """The commands that may have brought these events about, by what the events say."""
    by_people = [event.actor for event in told if event.actor.role is not Role.PLATFORM]
    by_platforms, all_said = list({event.actor: None for event in told[:FIRST_ONES]}), _said_in(told)
    for name, rule in procedure_of(case).rules.items():
        actors = by_people[:1] or [*by_platforms, *(_standing(case, role) for role in rule.by)]
        by_case = case.request_id if rule.between_cases else None
        for actor, fields in product(actors, [_sayable(rule.says, said) for said in all_said]):
            with suppress(ValueError):  # no command bears such a key
                yield Command(name=name, actor=actor, fields=fields, key=told[0].key or "", by_case=by_case)


def _sayable(says: type[Filed], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a command may have said of this; an event also tells under such a name what a rule has found."""
    fields = {field: value for field, value in said.items() if field in says.model_fields}
    try:
        says.model_validate(fields)
    except ValidationError as error:
        found = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
        return {field: value for field, value in fields.items() if field not in found}
    return fields


def _standing(case: Case, role: Role) -> Actor:
    """Who may act in a role: of what a command does the platform alone may tell."""
    parties = {Role.REQUESTER: case.requester, Role.PROVIDER: case.provider}
    return Actor(role=role, org=parties[role].code if role in parties else None)


def _said_in(told: Told) -> Sequence[Mapping[str, Any]]:
    """What events say: all together, and each by itself, with what stands one level deeper."""
    each = [
        {
            **{
                name: value for part in event.data.values() if isinstance(part, Mapping) for name, value in part.items()
            },
            **event.data,
        }
        for event in told
    ]
    together = {name: value for said in reversed(each) for name, value in said.items()}
    return [together, *each[:FIRST_ONES]]


def _not_decided(told: Told, case: Case) -> DecidesOtherwise:
    event = told[0]
    more = f", the first of {len(told)} under its key," if event.key is not None and len(told) > 1 else ""
    return DecidesOtherwise(
        f"event {event.seq} ({event.type.value} by {event.actor.role.value}){more} is said to have been told to the "
        f"case by its ledger; the case does not decide it in {case.stage.value}, whatever it is asked",
        event.article,
    )
