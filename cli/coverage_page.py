"""The table of clauses as a page for people and as JSON for programs (条款对照表)."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.output import console, print_table
from domain.messages import label, words
from domain.statutes.clauses import Path
from domain.statutes.loader import get_statute, regulation_title
from domain.statutes.model import Clause, Limit, Statute
from domain.statutes.parts import Name
from domain.words import CommandName
from starter.coverage.code import Carrier, carriers
from starter.coverage.references import resolve, statute_of
from starter.coverage.standing import Count, Standing, count, coverage_of
from starter.coverage.table import KINDS, Row

COLUMNS = ("法规 Statute", "条款 Art.", "类别 Category", "主体 Who", "原文 Clause", "由何执行 Carried out by")
TOTALS = (
    "法规 Statute",
    "条款 rows",
    "有规则 by rule",
    "有场景 by scenario",
    "不由软件执行 not for software",
    "未作交代 missing",
)

SHOWN_AT_MOST = 4
"""Functions of one rule on the page of whole texts; on that of one article, and as JSON, there are all."""

Tables = Sequence[tuple[str, Sequence[Standing]]]


def tables(statute_ids: Sequence[str], article: str | None = None) -> Tables:
    """The rows of each text, all or those of one article by its number. Raises UnknownStatute."""
    found = [(id_, coverage_of(id_)) for id_ in statute_ids]
    if article is None:
        return found
    return [(id_, [row for row in rows if row.row.number == article]) for id_, rows in found]


def complete(found: Tables) -> bool:
    """Whether every row says what carries it out, or why nothing can."""
    return all(count(rows).unanswered == 0 for _, rows in found)


def as_json(found: Tables) -> dict[str, Any]:
    """Every row with all that it says, and what the rows of each text come to."""
    statutes = [
        {
            "statute": id_,
            "title": get_statute(id_).title.model_dump(),
            **_counted(count(rows)),
            "clauses": [_row_as_json(row) for row in rows],
        }
        for id_, rows in found
    ]
    return {"complete": complete(found), "statutes": statutes}


def _counted(counts: Count) -> dict[str, int]:
    return {
        "rows": counts.rows,
        "by_rule": counts.by_rule,
        "by_scenario": counts.by_scenario,
        "not_for_software": counts.not_for_software,
        "unanswered": counts.unanswered,
    }


def _row_as_json(found: Standing) -> dict[str, Any]:
    above = [clause.model_dump(mode="json") for clause in found.gives_way_to]
    code = [
        {"what": carrier.what, "entry": carrier.entry, "functions": [str(place) for place in carrier.places]}
        for carrier in carriers(found.statute, found.row)
    ]
    return {"statute": found.statute, **found.row.model_dump(mode="json"), "gives_way_to": above, "code": code}


def show(found: Tables, *, at_most: int | None = SHOWN_AT_MOST) -> None:
    """Print a table for each text, and what they come to; ``at_most``: functions of one rule, None: all."""
    for id_, rows in found:
        title = get_statute(id_).title
        print_table(f"{id_} {title.zh} {title.en}", COLUMNS, (_line(row, at_most) for row in rows))
        if at_most is None:
            _show_places(rows)
    print_table("合计 Totals", TOTALS, (total(id_, rows) for id_, rows in found))


def _show_places(rows: Sequence[Standing]) -> None:
    """Below the table, where a name is not broken at any width: each function, on a line to be copied."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        for carrier in carriers(row.statute, row.row):
            for place in carrier.places:
                found.setdefault(str(place), {})[carrier.what] = None
    if found:
        console().print("代码 Code", style="bold")
    for name, whats in found.items():
        console().print(f"{name}  ({', '.join(whats)})", soft_wrap=True, highlight=False, markup=False)


def total(statute_id: str, rows: Sequence[Standing]) -> tuple[str, ...]:
    """One line of totals."""
    return statute_id, *(str(number) for number in _counted(count(rows)).values())


def _line(found: Standing, at_most: int | None) -> tuple[str, ...]:
    row = found.row
    category = f"{row.category} {label('clause_category', row.category, 'zh')}"
    who = "\n".join(part for part in (row.actor, row.trigger) if part)
    return found.statute, row.article, category, who, row.quote, "\n".join(carried_out(found, at_most))


def carried_out(found: Standing, at_most: int | None) -> Iterator[str]:
    """What carries a clause out, one line each, in Chinese and English; so many functions of a rule, None: all."""
    row = found.row
    for clause in found.gives_way_to:
        yield f"上位法取代 gives way to {_cited(clause)}"
    for reference in row.rule:
        yield f"规则 rule {reference} {rule_name(found.statute, reference)}".rstrip()
    yield from _acts(row)
    for kind, said in other_words(row):
        yield f"{label('coverage_word', kind, 'zh')} {label('coverage_word', kind, 'en')} {said}"
    for carrier in carriers(found.statute, row):
        yield f"代码 code {carrier.what}: {', '.join(_code(carrier, at_most))}"
    for name in row.scenarios:
        yield f"场景 scenario {name}"
    if row.not_for_software:
        yield f"不由软件执行：{row.not_for_software.zh}\nnot for software: {row.not_for_software.en}"
    if row.note:
        yield f"{row.note.zh}\n{row.note.en}"
    if not row.answered:
        yield "未作交代 missing"


def _code(carrier: Carrier, at_most: int | None) -> Iterator[str]:
    """The functions of a carrier, and of a rule the entry of the statute file."""
    if carrier.entry is not None:
        yield carrier.entry
    yield from (str(place) for place in carrier.places[:at_most])
    if at_most is not None and len(carrier.places) > at_most:
        yield f"… {len(carrier.places)}"


def _cited(clause: Clause) -> str:
    title = regulation_title(clause.statute or "")
    named = f"《{title.zh}》" if title else ""
    return f"{clause.statute} {named}第{clause.article}条"


def _acts(row: Row) -> Iterator[str]:
    for procedure, acts in row.act.items():
        kinds = [("command" if isinstance(act, CommandName) else "event", act) for act in acts]
        said = ", ".join(f"{act} {label(kind, act, 'zh')}" for kind, act in kinds)
        yield f"程序 procedure {procedure} {label('procedure', procedure, 'zh')}: {said}"


def other_words(row: Row) -> Iterator[tuple[str, str]]:
    """Each kind of word that a row names beside commands and events, and what it names."""
    for kind in (*KINDS, "cited_as"):
        named = getattr(row, kind)
        if named:
            yield kind, ", ".join(str(word) for word in named)


def rule_name(own: str, reference: str) -> str:
    """What people call a rule, in Chinese and English; empty where its path is all there is."""
    statute, path = statute_of(own, reference)
    place, part = resolve(statute, path)[0]
    if isinstance(part, Limit):
        return f"{label('clock', part.clock, 'zh')} {label('clock', part.clock, 'en')}"
    kind = ".".join(str(step) for step in place if not isinstance(step, int))
    said = words("statute_part").get(kind)
    names = [_nearest_name(statute, place), Name(**said) if said else None]
    return " · ".join(f"{name.zh} {name.en}" for name in names if name)


def _nearest_name(statute: Statute, place: Path) -> Name | None:
    """The name of the body, the class, the ground, the step or the duty that a place belongs to."""
    part: object = statute
    found = None
    for step in place:
        if isinstance(part, dict):
            part = next(value for key, value in part.items() if str(key) == step)
        elif isinstance(step, int) and isinstance(part, tuple):
            part = part[step]
        else:
            part = getattr(part, str(step))
        name = getattr(part, "name", None)
        found = name if isinstance(name, Name) else found
    return found
