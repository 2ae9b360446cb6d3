"""Citations (依据): the clause of the case's statute on which something is based, with its quote."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.clocks import ClockId
from domain.engine.records import Clock, RecordedEvent
from domain.messages import Language
from domain.messages.numerals import numeral
from domain.statutes.model import Clause, Regulation, Statute
from domain.words import Role
from procedures.share_request.case import ShareRequestCase


@dataclass(frozen=True)
class Citation:
    """An article as cited in a paper; ``quote`` is verbatim, None if only the article's number is known."""

    article: str
    paragraph: int | None
    text: str
    quote: str | None


def _limit(clock: ClockId) -> Callable[[ShareRequestCase], Clause | None]:
    def clause(case: ShareRequestCase) -> Clause | None:
        limit = case.statute.limit(clock, case.sharing_class)
        return limit.clause if limit else None

    return clause


def _cross_level(case: ShareRequestCase) -> Clause | None:
    """The clause on the body that coordinates across levels, if it does so in the case."""
    body = case.coordinator_above
    return body.clause if body else None


def _provincial(case: ShareRequestCase) -> Clause | None:
    """The clause on the instance that replaces coordination, if it does so in the case."""
    coordination, last = case.statute.coordination, case.last_instance
    return last.clause if coordination and coordination.provincial and last else None


CLAUSES: dict[str, Callable[[ShareRequestCase], Clause | None]] = {
    "route": lambda case: case.route.clause,
    "completeness_check": _limit(ClockId.COMPLETENESS_CHECK),
    "platform_authorization": _limit(ClockId.PLATFORM_AUTHORIZATION),
    "provider_answer": _limit(ClockId.PROVIDER_ANSWER),
    "delivery": _limit(ClockId.DELIVERY),
    "bureau": lambda case: case.statute.bodies[Role.BUREAU].clause,
    "decline": lambda case: case.statute.decline.clause if case.statute.decline else None,
    "supplement": lambda case: case.statute.supplement.clause,
    "refusal": lambda case: case.statute.refusal.clause,
    "platform_refusal": lambda case: case.statute.platform_refusal.clause if case.statute.platform_refusal else None,
    "extension": lambda case: case.statute.extension.clause if case.statute.extension else None,
    "negotiation": lambda case: case.statute.negotiation.clause,
    "granted_conditions": lambda case: case.statute.negotiation.granted_conditions,
    "coordination": lambda case: case.statute.coordination.clause if case.statute.coordination else None,
    "cross_level": _cross_level,
    "provincial": _provincial,
    "last": lambda case: case.last_instance.clause if case.last_instance else None,
}
"""How to find a clause in a statute, by the names used in ``notices.yaml``."""


def cited(case: ShareRequestCase, event: RecordedEvent, places: Iterable[str], language: Language) -> Citation | None:
    """The article of an event, with the quote of the first of ``places`` that is in it."""
    if event.article is None:
        return None
    above = event.statute if event.statute in case.statute.regulations else None
    for place in places:
        clause = CLAUSES[place](case)
        if clause is not None and (clause.article, clause.statute) == (event.article, above):
            return of_clause(case.statute, clause, language)
    return _citation(_title(case.statute, above, language), event.article, None, None, language)


def of_clause(statute: Statute, clause: Clause, language: Language) -> Citation:
    """The citation of a clause, with its regulation's title if that is above the statute."""
    title = _title(statute, clause.statute, language)
    return _citation(title, clause.article, clause.paragraph, clause.quote, language)


def of_clock(case: ShareRequestCase, clock: Clock, language: Language) -> Citation | None:
    """The citation of a clock; None for the operator's own limits."""
    if clock.article is None:
        return None
    known = (clause(case) for clause in CLAUSES.values())
    same = (
        x.paragraph
        for x in known
        if x and (x.article, x.quote, x.statute) == (clock.article, clock.quote, clock.statute)
    )
    title = _title(case.statute, clock.statute, language)
    return _citation(title, clock.article, next(same, None), clock.quote, language)


def _title(statute: Statute, above: str | None, language: Language) -> str:
    return title_text(statute.regulations[above] if above else statute, language)


def title_text(statute: Statute | Regulation, language: Language) -> str:
    """A regulation's title with the number of its document."""
    if language == "zh":
        return f"《{statute.title.zh}》" + (f"（{statute.document}）" if statute.document else "")
    return statute.title.en + (f" ({statute.document})" if statute.document else "")


def _citation(title: str, article: str, paragraph: int | None, quote: str | None, language: Language) -> Citation:
    if language == "zh":
        place = f"第{numeral(int(article))}条" + (f"第{numeral(paragraph)}款" if paragraph else "")
        return Citation(article, paragraph, title + place, quote)
    place = f", art. {article}" + (f" para. {paragraph}" if paragraph else "")
    return Citation(article, paragraph, title + place, quote)
