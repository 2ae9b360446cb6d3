"""The table of clauses as data: one file for each regulation, parsed strictly, each row with what carries it out.

A row names what carries it out in words that can be checked in a case: commands or events of a procedure (``act``),
limits, refusals, findings, duties, grounds and steps of rectification; and the scenarios that show it
(``scenarios``), which a test plays. Rules of the statute file (``rule``) say where it is written. A clause that no
software can carry out says why in one line (``not_for_software``). Incomplete rows are read nevertheless, so that they
show in the table; :mod:`starter.coverage.check` reports them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from domain.clocks import ClockId
from domain.refusal_codes import RefusalCode
from domain.statutes.errors import wrong
from domain.statutes.loader import read_document
from domain.statutes.parts import Name, Part
from domain.validation_messages import first_problem
from domain.words import CommandName, EventType, ProcedureName

Category = Literal[
    "TIME",  # 时限
    "STEP",  # 步骤
    "REASON",  # 理由
    "NOTIFY",  # 告知
    "SANCTION",  # 处理
    "LIMIT",  # 限制
    "CONTENT",  # 内容
    "ACTOR",  # 主体
    "CLASS",  # 类型
    "LOG",  # 记录
]
"""What a clause regulates: the first seven must be carried out, or say why they cannot."""

MUST_BE_CARRIED_OUT: tuple[Category, ...] = ("TIME", "STEP", "REASON", "NOTIFY", "SANCTION", "LIMIT", "CONTENT")

KINDS = ("clock", "refusal", "finding", "duty", "ground", "step")
"""What a row names besides commands and events: lists of words that can be checked in a case."""

ARTICLE = re.compile(r"(?P<number>[0-9]{1,3})(?:\([一二三四五六七八九十]+\))?(?:¶(?P<paragraph>[0-9]{1,2}))?")


class Row(Part):
    """One clause, its quote, and what carries it out. ``article`` as in ``19¶3`` (paragraph) or ``28(三)`` (item)."""

    article: str = Field(pattern=rf"^{ARTICLE.pattern}$")
    category: Category
    actor: str | None = Field(default=None, min_length=1, max_length=60, description="whom it binds")
    trigger: str | None = Field(default=None, min_length=1, max_length=60, description="when")
    quote: str = Field(min_length=4, max_length=120)
    rule: tuple[str, ...] = Field(default=(), description="paths in the statute file, or in an overlay's: `id:path`")
    act: dict[ProcedureName, tuple[CommandName | EventType, ...]] = Field(
        default_factory=dict, description="commands and events of a procedure"
    )
    clock: tuple[ClockId, ...] = Field(default=(), description="limits that run under the clause")
    refusal: tuple[RefusalCode, ...] = Field(default=(), description="what is refused on the ground of the clause")
    finding: tuple[str, ...] = Field(default=(), description="what is noted as missing, and refuses nothing")
    duty: tuple[str, ...] = Field(default=(), description="ids of duties that are opened for each period or event")
    ground: tuple[str, ...] = Field(default=(), description="ids of grounds on which rectification is ordered")
    step: tuple[str, ...] = Field(default=(), description="ids of steps when a rectification fails")
    cited_as: tuple[Annotated[str, Field(pattern=r"^([a-z0-9-]+:)?[0-9]{1,3}$")], ...] = Field(
        default=(), description="further articles under which a case cites it: `20`, or `yima-2021:16` of another text"
    )
    scenarios: tuple[str, ...] = Field(default=(), description="folder and name of whole cases that show it")
    not_for_software: Name | None = Field(default=None, description="one line: why no software can carry it out")
    note: Name | None = Field(default=None, description="one line on how it is carried out, where that is not plain")

    @property
    def number(self) -> str:
        """The article's number alone."""
        found = ARTICLE.fullmatch(self.article)
        return found["number"] if found else ""

    @property
    def paragraph(self) -> int | None:
        """The paragraph, if the row names one."""
        found = ARTICLE.fullmatch(self.article)
        return int(found["paragraph"]) if found and found["paragraph"] else None

    @property
    def by_rule(self) -> bool:
        """Whether a rule of a statute, or a command or event of a procedure, carries it out."""
        return bool(self.rule or self.says_words)

    @property
    def says_words(self) -> bool:
        """Whether it names what carries it out in words that can be checked in a case."""
        return bool(self.act) or any(getattr(self, kind) for kind in KINDS)

    @property
    def answered(self) -> bool:
        """Whether it says what carries it out and which scenarios show that, or why no software can."""
        return (self.says_words and bool(self.scenarios)) or self.not_for_software is not None

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.not_for_software and (self.by_rule or self.scenarios):
            raise ValueError("a clause that is not for software has no rule, no act or other word, and no scenario")
        return self


class Table(Part):
    """The rows of one regulation; ``in_extract``: its abbreviation in an extract of clauses that has it."""

    statute: str
    in_extract: str | None = None
    clauses: tuple[Row, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_clause_once(self) -> Self:
        seen = set()
        for row in self.clauses:
            clause = row.article, row.category, row.quote
            if clause in seen:
                raise ValueError(f"article {row.article}, {row.category}: “{row.quote}” stands twice")
            seen.add(clause)
        return self

    @property
    def unanswered(self) -> tuple[Row, ...]:
        """The rows without an answer."""
        return tuple(row for row in self.clauses if not row.answered)


def load_table(text: str, where: str) -> Table:
    """Read one file of the table; ``where`` is its name, and without its ending the statute's id.

    Raises StatuteError, one sentence with file, line, key and reason, for a file that cannot be used.
    """
    document = read_document(text, where)
    try:
        table = Table.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        raise wrong(document, where, *first_problem(error)) from None
    if table.statute != PurePath(where).stem:
        raise wrong(document, where, ("statute",), f"must be the file's name without its ending, not “{table.statute}”")
    return table


def packaged_table_texts() -> Iterator[tuple[str, str]]:
    """File name and text of every packaged table, in order of names."""
    folder = files("domain.statutes").joinpath("data/coverage")
    for entry in sorted(folder.iterdir(), key=lambda x: x.name):
        if entry.name.endswith(".yaml"):
            yield entry.name, entry.read_text(encoding="utf-8")


@cache
def packaged_tables() -> Mapping[str, Table]:
    """Every packaged table, by the statute's id, local texts first. Raises StatuteError."""
    loaded = [load_table(text, name) for name, text in packaged_table_texts()]
    return MappingProxyType(
        {x.statute: x for x in sorted(loaded, key=lambda x: (x.statute.startswith("cn-"), x.statute))}
    )
