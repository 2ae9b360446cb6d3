"""Sealing the figures of an assessment (封存), and telling what has changed since.

A scope that is sealed again gets a further edition, with a reason of its own: a seal is never changed, and a bureau
that must report other figures than it sealed says why, with both of them on record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from api.assessment.figures import answering, assessed_as, assessing, period_of, plain_figures, scope_of
from api.assessment.schemas import AssessmentOut, PeriodIn
from api.assessment.seal_schemas import Figure, MovedCaseOut, SealDifferenceOut, SealedOut, SealIn, SealOut
from api.assessment.tables import end_label
from api.context import AppContext
from api.dependencies import acting
from api.http.problems import Problem
from api.operator_acts.schemas import ActingOut
from api.supervision.moment import overseen
from domain.access import EVERYWHERE, Caller, Visibility
from domain.calendar import day_of
from domain.messages import Language, label
from domain.words import ProcedureName, Role
from ledger.queries.assessed_parts import MEASURES
from ledger.queries.sealing import MovedCase, NewSeal, Seal

SEALERS: Final = (Role.BUREAU,)
"""Who seals."""
MOST_CASES: Final = 50
"""So many cases are named of one difference."""
_DAYS: Final = {"ended": "ended", "average": "average", "median": "median", "late": "days_late"}

FigureKey = tuple[str, str | None, str]
"""Department, procedure, and which figure."""


def seal(context: AppContext, caller: Caller, asked: SealIn, language: Language) -> tuple[Seal, bool]:
    """Seal figures that somebody has seen, and whether this call did it; blocking.

    The newest edition stays where it has the same figures. Raises Problem 422 for a period that is not over or has its
    days the wrong way round, 409 where the figures have changed since they were seen.
    """
    sight, now = overseen(caller), context.known_on()
    first, last, period = period_of(asked, day_of(now), language)
    if last > day_of(now):
        raise Problem(422, "invalid", detail=label("assessment", "period_not_over", language))
    scope = scope_of(asked, first, last, sight)
    newest = context.reader.seals.newest(scope)
    if newest is not None and newest.digest == asked.digest:
        return newest, False
    found, cases = context.reader.seals.standing(sight, period, assessing(context))
    told = assessed_as(context, found, sight, asked, language)
    if told.digest != asked.digest:
        raise Problem(409, "stale", detail=label("assessment", "changed_meanwhile", language))
    new = NewSeal(scope, told.at, plain_figures(told.departments), told.digest, cases, asked.reason)
    return context.writer.seal(new, acting(caller))


def seal_in_sight(context: AppContext, caller: Caller, number: int) -> Seal:
    """A seal of places that a caller supervises; blocking. Raises Problem 404 for all others."""
    found = context.reader.seals.one(number, overseen(caller))
    if found is None:
        raise Problem(404, "not_found")
    return found


def sealed_out(context: AppContext, found: Seal, language: Language) -> SealedOut:
    """A seal with its figures and what has changed since; blocking."""
    sight, asked = sight_of(found), _asked(found)
    _, _, period = period_of(asked, day_of(context.known_on()), language)
    now = assessed_as(
        context, context.reader.assessments.figures(sight, period, assessing(context)), sight, asked, language
    )
    return SealedOut(
        **dict(seal_out(found)),
        departments=[dict(row) for row in found.figures],
        differences=list(differences(context, found, now, language)),
        at=now.at,
    )


def seal_out(found: Seal) -> SealOut:
    """What is told of a seal."""
    said = {name: value for name, value in found.scope.items() if name not in ("from", "to")}
    return SealOut(
        **said,
        number=found.number,
        edition=found.edition,
        first=found.scope["from"],
        last=found.scope["to"],
        sealed_at=found.sealed_at,
        by=ActingOut(subject=found.by.subject, org=found.by.org, roles=list(found.by.roles)),
        reason=found.reason,
        digest=found.digest,
    )


def differences(
    context: AppContext, found: Seal, now: AssessmentOut, language: Language
) -> Iterator[SealDifferenceOut]:
    """The figures that are others now than they were sealed, and the cases that moved; blocking."""
    if now.digest == found.digest:
        return
    present = plain_figures(now.departments)
    names = {row["department"]: row["name"] for row in (*found.figures, *present)}
    then, since = dict(_flat(found.figures)), dict(_flat(present))
    _, _, period = period_of(_asked(found), now.at.date(), language)
    moved = context.reader.seals.moved(found.number, sight_of(found), period, answering())
    for key in {**since, **then}:
        department, procedure, figure = key
        empty = None if figure.endswith(("average", "median")) else 0
        before, after = then.get(key, empty), since.get(key, empty)
        if before == after:
            continue
        cases = list(_moves(moved, *key))
        yield SealDifferenceOut(
            department=department,
            name=names[department],
            procedure=ProcedureName(procedure) if procedure else None,
            label=label("procedure", procedure, language) if procedure else label("assessment", "all", language),
            figure=figure,
            figure_label=_figure_label(figure, language),
            sealed=before,
            present=after,
            cases=cases[:MOST_CASES],
            more=max(0, len(cases) - MOST_CASES),
        )


def sight_of(found: Seal) -> Visibility:
    """Of which cases the figures of a seal are."""
    places = frozenset(found.scope["places"])
    if EVERYWHERE in places:
        return Visibility(everything=True)
    return Visibility(places=places, superiors=places)


def _asked(found: Seal) -> PeriodIn:
    return PeriodIn.model_validate({name: value for name, value in found.scope.items() if name != "places"})


def _flat(figures: Iterable[Mapping[str, Any]]) -> Iterator[tuple[FigureKey, Figure]]:
    """Each figure by itself."""
    for row in figures:
        of = row["department"], row["procedure"]
        for name, number in row["numbers"].items():
            yield (*of, name), number
        for basis in ("law", "policy"):
            for name, value in row[basis].items():
                yield (*of, f"{basis}.{name}"), float(value) if isinstance(value, str) else value
        for outcome, number in row["ends"].items():
            yield (*of, f"ends.{outcome}"), number


def _figure_label(figure: str, language: Language) -> str:
    of, _, name = figure.partition(".")
    if not name:
        return label("assessment", of, language)
    said = end_label(name, language) if of == "ends" else label("assessment", _DAYS[name], language)
    return f"{label('assessment', of, language)}: {said}"


def _moves(moved: Sequence[MovedCase], department: str, procedure: str | None, figure: str) -> Iterator[MovedCaseOut]:
    """By which cases a figure changed: those that came to a number or went from it; of the others, all that moved."""
    for each in moved:
        if each.department != department or procedure not in (None, each.procedure):
            continue
        had, has = (figure in (numbers or ()) for numbers in (each.had, each.has))
        if figure not in MEASURES:
            yield MovedCaseOut(request_id=each.request_id, move="moved")
        elif had != has:
            yield MovedCaseOut(request_id=each.request_id, move="came" if has else "went")
