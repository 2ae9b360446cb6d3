"""Checks that a merged statute does not fall short of the regulation above it: longer limits, missing duties."""

from collections.abc import Callable, Iterator
from typing import Any

from domain.clocks import ClockId
from domain.statutes.merging_rectification import joined_ground
from domain.statutes.model import ROUTED, Part, Statute
from domain.statutes.overlay_model import Above, Upper
from domain.words import SharingClass

Weakness = tuple[str, str]
"""A part that falls short, and how, as a phrase after its name."""


def first_weakness(statute: Statute, upper: Upper) -> Weakness | None:
    """The first respect in which the merged statute falls short of the regulation above; None if there is none."""
    if isinstance(upper, Above):
        return next((found for rule in (_refusal, _bases) for found in rule(statute, upper)), None)
    rules: tuple[Callable[[Statute, Statute], Iterator[Weakness]], ...] = (
        _limits,
        _platform_answers,
        _sections,
        _decline,
        _refusal,
        _bases,
        _extension,
        _filing,
        _routes,
        _coordination,
        _last,
        _rectification,
        _duties,
    )
    return next((found for rule in rules for found in rule(statute, upper)), None)


def _limits(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    for limit in upper.limits:
        for sharing_class in [limit.sharing_class] if limit.sharing_class else [*SharingClass]:
            if upper.limit(limit.clock, sharing_class) != limit or not _runs(statute, limit.clock, sharing_class):
                continue
            part = f"limits.{limit.clock}.{sharing_class}"
            own = statute.limit(limit.clock, sharing_class)
            if own is None:
                yield part, f"is gone, where {limit.amount} {limit.unit} stand above"
            elif own.unit != limit.unit:
                yield part, f"is counted in {own.unit}, above in {limit.unit}: they cannot be compared"
            elif own.amount > limit.amount:
                yield part, f"is {own.amount} {own.unit}, longer than {limit.amount} {limit.unit}"


def _platform_answers(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    """If the platform answers instead of the provider, the limit above binds it, from the filing."""
    for route in statute.routes:
        above = upper.limit(ClockId.PROVIDER_ANSWER, route.sharing_class)
        own = statute.limit(ClockId.PLATFORM_AUTHORIZATION, route.sharing_class)
        if route.then != "platform_authorization" or above is None or own is None:
            continue
        whole = own.overall or (own if own.from_filing else None)
        if whole is None or whole.unit != above.unit or whole.amount > above.amount:
            part = f"limits.{own.clock}.{route.sharing_class}"
            yield part, f"is not bound by {above.amount} {above.unit} from the filing, in which the answer is due above"


def _runs(statute: Statute, clock: str, sharing_class: SharingClass) -> bool:
    """Whether the limit can apply to a case of the class."""
    if clock not in ROUTED:
        return True
    return any(clock in (x.opens, x.then) for x in statute.routes if x.sharing_class == sharing_class)


def _sections(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    """No section of the regulation above may be missing."""
    for name in type(upper).model_fields:
        value: Any = getattr(upper, name)
        if isinstance(value, Part) and getattr(statute, name) is None:
            yield name, "is gone"
    if upper.supplement.clause and statute.supplement.clause is None:
        yield "supplement", "rests on no clause, where the regulation above has one"


def _decline(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    if upper.decline and not upper.decline.allowed and statute.decline and statute.decline.allowed:
        yield "decline.allowed", "is true, where an application may not be turned away"


def _refusal(statute: Statute, upper: Upper) -> Iterator[Weakness]:
    if upper.denial and upper.denial.legal_basis and not (statute.denial and statute.denial.legal_basis):
        yield "denial.legal_basis", "is false, where whoever refuses must give the legal basis"
    if upper.refusal is None or not upper.refusal.legal_basis:
        return
    for name in ("refusal", "platform_refusal"):
        own = getattr(statute, name)
        if own is not None and not own.legal_basis:
            yield f"{name}.legal_basis", "is false, where a refusal must give its legal basis"


def _bases(statute: Statute, upper: Upper) -> Iterator[Weakness]:
    """No basis for not sharing may be accepted that the regulation above does not accept."""
    if upper.catalogue is None or not upper.catalogue.bases or statute.catalogue is None:
        return
    for basis in statute.catalogue.bases:
        if basis not in upper.catalogue.bases:
            yield "catalogue.bases", f"accept {basis}, which is no basis above"


def _extension(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    above, own = upper.extension, statute.extension
    if above is None or own is None:
        return
    if own.at_most > above.at_most:
        yield "extension.at_most", f"is {own.at_most}, more than {above.at_most}"
    if above.sharing_class and own.sharing_class != above.sharing_class:
        yield "extension.sharing_class", f"is not {above.sharing_class}, the only class that has one"


def _filing(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    stated = {x.field for x in statute.filing.requires}
    for required in upper.filing.requires:
        if required.field not in stated:
            yield "filing.requires", f"leaves out {required.field}"
    declared = {x.field for x in statute.filing.declares}
    for declaration in upper.filing.declares:
        if declaration.field not in declared:
            yield "filing.declares", f"leaves out {declaration.field}"
    if statute.filing.secret_data_excluded.statute != upper.id:
        yield "filing.secret_data_excluded", "is the local gate, which keeps out less than the one above"


def _routes(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    for route in upper.routes:
        for own in statute.routes:
            if own.sharing_class != route.sharing_class:
                continue
            if route.opens == "refused" and own.opens == "granted":
                yield "routes", f"grant the class {own.sharing_class} on filing, which is not shared above"
            if route.opens != "refused" and own.opens in ("refused", "negotiation"):
                yield "routes", f"send the class {own.sharing_class} to {own.opens}, which is shared above"


def _coordination(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    above, own = upper.coordination, statute.coordination
    if above is None or own is None:
        return
    if above.negotiation_first and not own.negotiation_first:
        yield "coordination.negotiation_first", "is false, where negotiation must come first"
    if above.cross_level and own.cross_level is None:
        yield "coordination.cross_level", "is gone"
    if own.provincial and not above.provincial:
        yield "coordination.provincial", "passes by the coordination that the regulation above has"


def _last(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    above, own = upper.last, statute.last
    if above is None or own is None:
        return
    if (own.step, own.by) != (above.step, above.by):
        yield "last", f"is {own.step} by {own.by}, where {above.by} decides last"
    if own.necessity and not above.necessity:
        yield "last.necessity", "is true, where referring is no matter of necessity"


def _duties(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    """Every duty of the regulation above must still bind the same bodies."""
    own = {duty.id for duty in statute.duties or ()}
    for duty in upper.duties or ():
        if duty.id not in own:
            yield "duties", f"leave out {duty.id}"


def _rectification(statute: Statute, upper: Statute) -> Iterator[Weakness]:
    """Every order of rectification and every step of the regulation above must be possible."""
    above, own = upper.rectification, statute.rectification
    if above is None or own is None:
        return
    for ground in above.grounds:
        here = joined_ground(own, ground)
        if here is None:
            yield "rectification.grounds", f"leave out {ground.id}"
            continue
        if own.orders(here) is not above.orders(ground):
            yield (
                f"rectification.grounds.{ground.id}",
                f"is ordered by {own.orders(here)}, above by {above.orders(ground)}",
            )
        follow = {(step.when, step.clause.quote) for step in own.steps_for(here)}
        for step in above.steps_for(ground):
            if (step.when, step.clause.quote) not in follow:
                yield "rectification.steps", f"leave out {step.id} for {ground.id}"
