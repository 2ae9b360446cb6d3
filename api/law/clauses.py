"""A text clause by clause: its words, what carries each clause out, and how many cases cite it (条款对照)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from api.cases.presenters import case_out
from api.context import AppContext
from api.http.problems import Problem
from api.law.schemas import CarrierOut, ClauseLimitOut, ClauseList, ClauseOut, CodeOut, GivesWayOut
from domain.access import Caller, visibility_of
from domain.messages import Language, label, words
from domain.policy import Policy
from domain.statutes.loader import get_statute, packaged_statutes
from domain.statutes.model import Limit, Name, Statute
from domain.words import CommandName, ProcedureName, Unit
from ledger.queries.citing import AMONG, CitedArticle
from ledger.queries.views import CaseSummary
from procedures.registry import PROCEDURES
from starter.coverage.code import carriers
from starter.coverage.references import resolve, statute_of
from starter.coverage.standing import Standing, coverage_of
from starter.coverage.table import Row

_BLANK: Final = re.compile(r"\{[^}]*\}")
"""What a refusal fills in, case by case."""
CASES: Final = 50
"""So many cases are named that cite an article."""


def clause_list(
    context: AppContext, caller: Caller, statute_id: str, article: str | None, of: str | None, language: Language
) -> ClauseList:
    """A text clause by clause, or one article of it with code and cases; blocking.

    ``of``: whose article, where the text stands under another; its own by default. Raises Problem 404.
    """
    statute = packaged_statutes().get(statute_id)
    if statute is None:
        raise Problem(404, "unknown_statute", details={"statute": statute_id, "known": ", ".join(packaged_statutes())})
    sight = visibility_of(caller)
    rows = [row for row in coverage_of(statute_id) if article in (None, row.row.number)]
    if of is not None:
        rows = [row for row in rows if row.statute == of]
    texts = list(dict.fromkeys(row.statute for row in rows))
    rows.sort(key=lambda row: (texts.index(row.statute), int(row.row.number)))
    cited = context.reader.citations(statute_id, sight)
    policy = context.client.policy
    cases: Sequence[CaseSummary] = ()
    if article is not None:
        name = cited_as(statute_id, of or statute_id, article)
        cases = context.reader.citing_cases(statute_id, name, sight, CASES)
    return ClauseList(
        statute=statute_id,
        title=statute.title.zh if language == "zh" else statute.title.en,
        items=[_clause(statute_id, row, policy, cited, language, article is not None) for row in rows],
        among=AMONG,
        cases=[case_out(case, language) for case in cases],
    )


def cited_as(statute_id: str, regulation: str, article: str) -> CitedArticle:
    """How events of cases under a text name an article: those of its own text by the id of the whole."""
    above = get_statute(statute_id).regulations
    return (regulation if regulation in above else statute_id, article)


def _clause(
    under: str,
    found: Standing,
    policy: Policy,
    cited: Mapping[CitedArticle, int],
    language: Language,
    with_code: bool,
) -> ClauseOut:
    row = found.row
    return ClauseOut(
        statute=found.statute,
        article=row.article,
        number=row.number,
        category=row.category,
        category_label=label("clause_category", row.category, language),
        actor=row.actor,
        trigger=row.trigger,
        quote=row.quote,
        gives_way_to=[
            GivesWayOut(statute=each.statute or under, article=each.article, quote=each.quote)
            for each in found.gives_way_to
        ],
        statute_limits=list(_statute_limits(found, language)),
        policy_limits=list(_policy_limits(found, policy, language)),
        carried_out_by=list(_carriers(found, language)),
        code=list(_code(found)) if with_code else None,
        not_for_software=_in(row.not_for_software, language),
        note=_in(row.note, language),
        cases=cited.get(cited_as(under, found.statute, row.number), 0),
    )


def _in(name: Name | None, language: Language) -> str | None:
    return None if name is None else name.zh if language == "zh" else name.en


def _statute_limits(found: Standing, language: Language) -> Iterator[ClauseLimitOut]:
    """The limits that the clause itself sets."""
    for reference in found.row.rule:
        if reference.rpartition(":")[2].startswith("limits["):
            for _, part in resolve(*statute_of(found.statute, reference)):
                if isinstance(part, Limit):
                    yield ClauseLimitOut(
                        clock=part.clock.value,
                        label=label("clock", part.clock, language),
                        amount=part.amount,
                        unit=part.unit.value,
                        text=_length(part.amount, part.unit, language),
                        sharing_class=part.sharing_class,
                    )


def _policy_limits(found: Standing, policy: Policy, language: Language) -> Iterator[ClauseLimitOut]:
    """The limits that run under the clause though no text sets them: the operator's."""
    own = {limit.clock for limit in get_statute(found.statute).limits}
    for clock in found.row.clock:
        limit = policy.limits.get(clock)
        if limit is not None and clock not in own:
            yield ClauseLimitOut(
                clock=clock.value,
                label=label("clock", clock, language),
                amount=limit.amount,
                unit=limit.unit.value,
                text=_length(limit.amount, limit.unit, language),
                sharing_class=None,
            )


def _length(amount: int, unit: Unit, language: Language) -> str:
    """10个工作日, 10 working days."""
    return label("limit_length", unit, language).format(number=amount)


def _carriers(found: Standing, language: Language) -> Iterator[CarrierOut]:
    row, statute = found.row, get_statute(found.statute)
    for procedure, acts in row.act.items():
        for act in acts:
            kind = "command" if isinstance(act, CommandName) else "event"
            yield CarrierOut(
                kind=kind,
                kind_label=label("carried_by", kind, language),
                word=act.value,
                label=label(kind, act, language),
                procedure=procedure.value,
                procedure_label=label("procedure", procedure, language),
                by=_who(procedure, act, language) if isinstance(act, CommandName) else [],
            )
    for kind, word, said in _words(row, statute, language):
        yield CarrierOut(
            kind=kind,
            kind_label=label("coverage_word", kind, language),
            word=word,
            label=said,
            procedure=None,
            procedure_label=None,
            by=[],
        )


def _who(procedure: ProcedureName, command: CommandName, language: Language) -> list[str]:
    return [label("role", role, language) for role in PROCEDURES[procedure].rules[command].by]


def _words(row: Row, statute: Statute, language: Language) -> Iterator[tuple[str, str, str]]:
    """Limits, refusals, findings, duties, grounds and steps: kind, word and what people call it."""
    for clock in row.clock:
        yield "clock", clock.value, label("clock", clock, language)
    for code in row.refusal:
        yield "refusal", code.value, _BLANK.sub("…", label("refusal", code, language))
    findings = words("finding")
    for finding in row.finding:
        yield "finding", finding, findings[finding][language] if finding in findings else finding
    yield from _named("duty", row.duty, {each.id: each.name for each in statute.duties or ()}, language)
    rules = statute.rectification
    yield from _named("ground", row.ground, {x.id: x.name for x in rules.grounds} if rules else {}, language)
    yield from _named("step", row.step, {x.id: x.name for x in rules.steps} if rules else {}, language)


def _named(
    kind: str, ids: Sequence[str], names: Mapping[str, Name], language: Language
) -> Iterator[tuple[str, str, str]]:
    for id_ in ids:
        yield kind, id_, _in(names.get(id_), language) or id_


def _code(found: Standing) -> Iterator[CodeOut]:
    for carrier in carriers(found.statute, found.row):
        yield CodeOut(what=carrier.what, entry=carrier.entry, functions=[str(place) for place in carrier.places])
