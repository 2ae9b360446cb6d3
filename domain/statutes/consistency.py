"""Contradictions in a statute that fits the model, such as routes that lead nowhere or organs without a name.

The engine relies on these rules and does not check again: under a statute that passes, every case can run from filing
to its end.
"""

from collections.abc import Callable, Iterator
from typing import Any

from domain.clocks import ClockId, NumberFrom
from domain.statutes.clauses import clauses
from domain.statutes.model import LastInstance, Route, Statute
from domain.words import Authorization, Role, SharingClass

Problem = tuple[tuple[str | int, ...], str]
"""The path in the statute, and the reason as a phrase after it."""

STAGES_UNDER_A_LIMIT = frozenset({"completeness_check", "platform_authorization", "provider_answer"})


DUTY_BOUND = frozenset({Role.PROVIDER, Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT})
"""Who may be bound to a duty; ``provider`` stands for each department."""


def first_contradiction(statute: Statute) -> Problem | None:
    """The first contradiction in the statute, in the order of its parts; None if there is none."""
    rules: tuple[Callable[[Statute], Iterator[Problem]], ...] = (
        _classes,
        _routes,
        _routes_of_class,
        _limits,
        _stage_limits,
        _completeness,
        _negotiation,
        _instances,
        _bodies,
        _regulations,
        _duties,
    )
    return next((problem for rule in rules for problem in rule(statute)), None)


def _classes(statute: Statute) -> Iterator[Problem]:
    """Every sharing class must have a name in the text and a route."""
    for wanted in SharingClass:
        if wanted not in statute.classes:
            yield ("classes", wanted.value), "is missing"
        if all(x.sharing_class != wanted for x in statute.routes):
            yield ("routes",), f"have none for the class {wanted.value}"


def _routes(statute: Statute) -> Iterator[Problem]:
    """``then`` is only allowed for a completeness check."""
    for place, route in enumerate(statute.routes):
        if route.opens == "completeness_check" and route.then is None:
            yield ("routes", place, "then"), "is missing: a completeness check must lead to a next stage"
        if route.opens != "completeness_check" and route.then is not None:
            yield ("routes", place, "then"), "stands only where opens is completeness_check"
        if "platform_authorization" in _stages(route) and statute.platform_refusal is None:
            yield ("routes", place), "leads to platform_authorization, but platform_refusal is missing"


def _routes_of_class(statute: Statute) -> Iterator[Problem]:
    """A class must have exactly one route for each authorization of a resource."""
    for wanted in SharingClass:
        found = [(i, x.authorization) for i, x in enumerate(statute.routes) if x.sharing_class == wanted]
        given = [x for _, x in found]
        for nth, (place, authorization) in enumerate(found):
            if nth and (authorization in given[:nth] or None in (authorization, given[0])):
                yield ("routes", place), f"is a second route for the class {wanted.value}"
        missing = [x.value for x in Authorization if x not in given]
        if given and None not in given and missing:
            yield ("routes", found[0][0]), f"leaves the authorization {missing[0]} of its class without a route"


def _limits(statute: Statute) -> Iterator[Problem]:
    """No limit may be set twice for a clock and class, nor for a clock whose length is decided in each case."""
    seen = set()
    for place, limit in enumerate(statute.limits):
        if limit.clock.declared.number is NumberFrom.DECISION:
            yield ("limits", place, "clock"), f"is {limit.clock}, which is set in each case and by no text"
        what = (limit.clock, limit.sharing_class)
        if what in seen:
            suffix = f" and the class {limit.sharing_class}" if limit.sharing_class else ""
            yield ("limits", place), f"is a second limit for the clock {limit.clock}{suffix}"
        seen.add(what)


def _stage_limits(statute: Statute) -> Iterator[Problem]:
    """A stage that a route leads to must have its limit, if the law limits it."""
    for place, route in enumerate(statute.routes):
        for stage in _stages(route):
            if stage in STAGES_UNDER_A_LIMIT and not statute.limit(ClockId(stage), route.sharing_class):
                reason = f"leads to {stage}, but limits have none for it and the class {route.sharing_class}"
                yield ("routes", place), reason


def _stages(route: Route) -> tuple[str, ...]:
    return (route.opens, route.then) if route.then else (route.opens,)


def _completeness(statute: Statute) -> Iterator[Problem]:
    """Declining and the bureau's call for a supplement belong to the completeness check."""
    checked = any(x.opens == "completeness_check" for x in statute.routes)
    by = statute.supplement.by
    if by == "bureau" and not checked:
        yield ("supplement", "by"), "cannot be bureau: no route opens with completeness_check"
    if by == "provider" and checked:
        yield ("supplement", "by"), "cannot be provider: a route opens with completeness_check"
    if statute.decline and statute.decline.allowed and not checked:
        yield ("decline", "allowed"), "cannot be true: no route opens with completeness_check"


def _negotiation(statute: Statute) -> Iterator[Problem]:
    """Requester and provider negotiate, each once; only the bureau may join them."""
    parties = statute.negotiation.parties
    for wanted in (Role.REQUESTER, Role.PROVIDER):
        if wanted not in parties:
            yield ("negotiation", "parties"), f"must contain {wanted.value}"
    for place, party in enumerate(parties):
        if party in parties[:place]:
            yield ("negotiation", "parties", place), f"names {party.value} a second time"
        if party not in (Role.REQUESTER, Role.PROVIDER, Role.BUREAU):
            yield ("negotiation", "parties", place), f"cannot be {party.value}"


def _instances(statute: Statute) -> Iterator[Problem]:
    """Adjudication is by the bureau, a final instance by another organ; either needs coordination before it."""
    if statute.last and not statute.coordination:
        yield ("last",), "stands without coordination, which must come before it"
    if statute.coordination and statute.coordination.provincial:
        instance = statute.coordination.provincial
        path: tuple[str | int, ...] = ("coordination", "provincial")
        if instance.step != "final_instance":
            yield (*path, "step"), "must be final_instance"
        yield from _instance(instance, path)
    if statute.last:
        yield from _instance(statute.last, ("last",))
    last_decides = statute.last is not None and statute.last.step == "final_instance"
    # For a merged statute the check of the overlay reports it.
    for section, rules in (("access", statute.access), ("withdrawal", statute.withdrawal)):
        if rules and rules.dispute and not last_decides and not statute.regulations:
            yield (section, "dispute"), "leads nowhere: nobody else decides what coordination does not settle"


def _instance(instance: LastInstance, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if (instance.step == "adjudication") != (instance.by == Role.BUREAU):
        yield (*path, "by"), f"cannot be {instance.by.value} where step is {instance.step}"
    if instance.step == "adjudication" and instance.necessity:
        yield (*path, "necessity"), "cannot be true for an adjudication, which is not referred to anybody"


def _bodies(statute: Statute) -> Iterator[Problem]:
    """Every organ that acts in a case must have a name in the text."""
    for path, role in _acting(statute):
        if role not in (Role.REQUESTER, Role.PROVIDER) and role not in statute.bodies:
            yield path, f"needs {role.value} among bodies"


def _regulations(statute: Statute) -> Iterator[Problem]:
    """Every regulation of a clause must be listed with its title."""
    for path, clause in clauses(statute):
        if clause.statute is not None and clause.statute not in statute.regulations:
            yield (*path, "statute"), f"names {clause.statute}, which is not among regulations"


def _duties(statute: Statute) -> Iterator[Problem]:
    """A duty must bind departments, or an organ with a name; ids must be unique."""
    seen: set[str] = set()
    for place, duty in enumerate(statute.duties or ()):
        if duty.by is None:
            yield ("duties", place, "by"), "is missing: a duty without a body"
        elif duty.by not in DUTY_BOUND:
            yield ("duties", place, "by"), f"cannot be {duty.by.value}"
        elif duty.by is not Role.PROVIDER and duty.by not in statute.bodies:
            yield ("duties", place, "by"), f"needs {duty.by.value} among bodies: a duty without a body"
        if duty.to not in statute.bodies:
            yield ("duties", place, "to"), f"needs {duty.to.value} among bodies"
        if duty.id in seen:
            yield ("duties", place, "id"), f"is a second duty {duty.id}"
        seen.add(duty.id)


def _acting(statute: Statute) -> Iterator[tuple[tuple[Any, ...], Role]]:
    """The organs that the statute gives a task, with the paths."""
    for place, route in enumerate(statute.routes):
        if {"completeness_check", "platform_authorization"} & set(_stages(route)):
            yield ("routes", place), Role.BUREAU
    if statute.decline and statute.decline.allowed:
        yield ("decline",), Role.BUREAU
    if statute.extension:
        yield ("extension",), Role.BUREAU
    for place, party in enumerate(statute.negotiation.parties):
        yield ("negotiation", "parties", place), party
    if statute.coordination:
        yield ("coordination", "by"), statute.coordination.by
        if statute.coordination.provincial:
            yield ("coordination", "provincial", "by"), statute.coordination.provincial.by
    if statute.last:
        yield ("last", "by"), statute.last.by
    yield from _acting_in_rectification(statute)


def _acting_in_rectification(statute: Statute) -> Iterator[tuple[tuple[Any, ...], Role]]:
    """The organs that order rectification, and those of the further steps."""
    rules = statute.rectification
    if rules is None:
        return
    for place, ground in enumerate(rules.grounds):
        yield ("rectification", "grounds", place, "by"), rules.orders(ground)
    for place, step in enumerate(rules.steps):
        if step.to is not None:
            yield ("rectification", "steps", place, "to"), step.to
