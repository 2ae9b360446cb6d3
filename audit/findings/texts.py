"""Findings in words, and as the rows of a table."""

from collections.abc import Mapping
from typing import Any, Final

from audit.findings.finding import Finding
from audit.replay.state import HolderThen
from domain.calendar import CHINA
from domain.messages import Language, label, words
from domain.messages.articles import article_text
from domain.messages.days import day_said
from domain.naming import procedure_of_id
from domain.statutes.loader import regulation_title
from domain.words import Unit

COLUMNS: Final[Mapping[str, str]] = {
    "kind": "类别 kind",
    "kind_zh": "类别名称 kind (zh)",
    "request_id": "事项 case",
    "procedure": "程序 procedure",
    "event": "事件 event",
    "at": "时间 at",
    "statute": "法规 statute",
    "article": "条款 article",
    "clock": "时限 limit",
    "role": "角色 role",
    "org": "机构代码 org",
    "name": "机构名称 name",
    "working_days_late": "逾期工作日 working days late",
    "found_zh": "发现 found (zh)",
    "should_zh": "应当 should (zh)",
    "found_en": "发现 found (en)",
    "should_en": "应当 should (en)",
}
"""The columns of a table of findings, each with its heading."""


def found_said(finding: Finding, language: Language) -> str:
    """What was found, as one sentence."""
    return label("audit_found", finding.found, language).format_map(_filled(finding, language))


def should_said(finding: Finding, language: Language) -> str:
    """What should have been."""
    return label("audit_should", finding.should, language).format_map(_filled(finding, language))


def body_said(body: HolderThen, language: Language) -> str:
    """A role, and the department or organ in it where that is known."""
    name = (body.name.zh if language == "zh" else body.name.en) if body.name else body.org
    role = label("role", body.role, language)
    if not name:
        return role
    return f"{role}（{name}）" if language == "zh" else f"{role} ({name})"


def row_of(finding: Finding) -> dict[str, str | int | None]:
    """A finding as plain values by column."""
    who = finding.who
    return {
        "kind": finding.kind.value,
        "kind_zh": label("audit_kind", finding.kind, "zh"),
        "request_id": finding.request_id,
        "procedure": procedure_of_id(finding.request_id).value,
        "event": finding.seq,
        "at": finding.at.isoformat(),
        "statute": finding.statute,
        "article": finding.article,
        "clock": finding.clock.value if finding.clock else None,
        "role": who.role.value,
        "org": who.org,
        "name": who.name.zh if who.name else None,
        "working_days_late": finding.working_days_late,
        "found_zh": found_said(finding, "zh"),
        "should_zh": should_said(finding, "zh"),
        "found_en": found_said(finding, "en"),
        "should_en": should_said(finding, "en"),
    }


def headings(language: Language) -> Mapping[str, str]:
    """The columns of a table for people, each with its heading."""
    return {name: said[language] for name, said in words("finding_column").items()}


def told_row(finding: Finding, language: Language) -> dict[str, str | int | None]:
    """A finding as a row of that table: all in words, and the ids of the case and of who it is."""
    who = finding.who
    title = regulation_title(finding.statute) or regulation_title(finding.statute.partition("+")[0])
    return {
        "kind": label("audit_kind", finding.kind, language),
        "request_id": finding.request_id,
        "procedure": label("procedure", procedure_of_id(finding.request_id), language),
        "at": f"{finding.at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        "role": label("role", who.role, language),
        "name": getattr(who.name, language) if who.name else None,
        "org": who.org,
        "statute": getattr(title, language) if title else finding.statute,
        "article": article_text(finding.article, language) if finding.article else None,
        "clock": label("clock", finding.clock, language) if finding.clock else None,
        "working_days_late": finding.working_days_late,
        "found": found_said(finding, language),
        "should": should_said(finding, language),
        "event": finding.seq,
    }


def _filled(finding: Finding, language: Language) -> Mapping[str, str]:
    """What the sentences of a finding may name."""
    said: dict[str, Any] = {**finding.facts, "who": finding.who}
    filled = {name: day_said(str(value), language) for name, value in said.items()}
    filled |= {
        kind: label(kind, said[kind], language) for kind in ("clock", "event", "stage", "keepsake") if kind in said
    }
    filled["late"] = _late(finding.working_days_late or 0, language)
    filled["who"] = body_said(finding.who, language)
    filled["certain"] = label("audit_word", "provisional", language) if said.get("provisional") else ""
    if "amount" in said:
        filled["limit"] = _length(said["amount"], said["unit"], language)
    if "of_text" in said:
        filled["of_text"] = _length(said["of_text"], said["unit_of_text"], language)
    bodies = [body_said(body, language) for body in said.get("bodies", ())]
    filled["bodies"] = ("、" if language == "zh" else ", ").join(bodies)
    return filled


def _late(days: int, language: Language) -> str:
    """How late; on a day off, or after the close of business, it may be less than one working day."""
    word = "by_days" if days else "within_a_day"
    return label("audit_word", word, language).format(days=days)


def _length(amount: int, unit: Unit, language: Language) -> str:
    return label("limit_length", unit, language).format(number=amount)
