"""Checks of the table of clauses: every clause is answered, every named rule exists, no rule is forgotten.

Checks that need the source texts or the extract of their clauses run only if these are available.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from domain.messages import words
from domain.statutes.check import beside
from domain.statutes.clauses import Path as Place
from domain.statutes.clauses import clauses
from domain.statutes.errors import readable
from domain.statutes.loader import packaged_overlays, packaged_statutes, regulation_title
from domain.statutes.model import Clause, Statute
from domain.statutes.source_text import articles_of
from domain.validation_messages import key_path
from domain.words import CommandName, ProcedureName
from procedures.registry import PROCEDURES
from starter.coverage.references import NothingThere, resolve, statute_of
from starter.coverage.table import MUST_BE_CARRIED_OUT, Row, Table, load_table, packaged_table_texts

Extract = Sequence[Mapping[str, str]]


def check_coverage(folder: Path | None = None) -> list[str]:
    """Everything that is wrong with the packaged tables, one sentence each; empty if all is well.

    ``folder``, if given, has the source texts and the extract of their clauses.
    """
    problems: list[str] = []
    tables = {table.statute: table for table in readable(packaged_table_texts(), load_table, problems)}
    for id_ in own_statutes():
        if id_ not in tables and not problems:
            problems.append(f"{id_}: there is no table of its clauses.")
    for table in tables.values():
        problems += check_table(table, folder)
    return problems


def own_statutes() -> list[str]:
    """The ids of the statutes with a table of their own: all except overlays, whose clauses are in two other tables."""
    return [id_ for id_ in packaged_statutes() if id_ not in packaged_overlays()]


def check_table(table: Table, folder: Path | None = None) -> list[str]:
    """What is wrong with one table, one sentence each; also against the source texts in ``folder``, if given."""
    statute = packaged_statutes().get(table.statute)
    if statute is None or statute.regulations:
        return [f"{table.statute}: a table of clauses is for a statute of its own, and this is none."]
    problems = [*_unanswered(table), *_named_in_vain(table), *_forgotten(table, statute)]
    return problems + (list(_against_sources(table, statute, folder)) if folder else [])


def _sentence(table: Table, row: Row, reason: str) -> str:
    return f"{table.statute}: coverage of article {row.article}, {row.category} “{row.quote}” {reason}."


def _unanswered(table: Table) -> Iterator[str]:
    for row in table.unanswered:
        yield _sentence(table, row, _left_out(row))


def _left_out(row: Row) -> str:
    if row.says_words:
        return "names no scenario that shows it"
    if row.rule or row.scenarios:
        return "names no command, event, limit, refusal, finding, duty, ground or step that a case could be held to"
    return "names no rule, no scenario, and not why it is not for software"


def _named_in_vain(table: Table) -> Iterator[str]:
    """Rules, acts and other words that do not exist."""
    for row in table.clauses:
        yield from _words_in_vain(table, row)
        for reference in row.rule:
            try:
                resolve(*statute_of(table.statute, reference))
            except NothingThere as reason:
                yield _sentence(table, row, f"names the rule {reference}, which {reason}")
        for procedure, acts in row.act.items():
            texts = [text for text in _texts(table.statute, row) if PROCEDURES[procedure].in_the_text(text)]
            if not texts:
                yield _sentence(table, row, f"names {procedure}, which the texts of the row do not rule")
            for act in acts:
                if isinstance(act, CommandName) and not any(_has(text, procedure, act) for text in texts):
                    yield _sentence(table, row, f"names {act}, which is no command of {procedure} there")


def _words_in_vain(table: Table, row: Row) -> Iterator[str]:
    """Duties, grounds and steps that the texts of the row do not have, and findings that no code notes."""
    texts = list(_texts(table.statute, row))
    rectification = [text.rectification for text in texts if text.rectification]
    there = {
        "finding": set(words("finding")),
        "duty": {duty.id for text in texts for duty in text.duties or ()},
        "ground": {ground.id for rules in rectification for ground in rules.grounds},
        "step": {step.id for rules in rectification for step in rules.steps},
    }
    for kind, known in there.items():
        for word in getattr(row, kind):
            if word not in known:
                yield _sentence(table, row, f"names the {kind} {word}, which is not there")
    for reference in row.cited_as:
        regulation = reference.rpartition(":")[0]
        if regulation and regulation_title(regulation) is None:
            yield _sentence(table, row, f"is cited as {reference}, and there is no “{regulation}”")


def _texts(own: str, row: Row) -> Iterator[Statute]:
    """The text of a row, and the overlays that its rules name."""
    yield packaged_statutes()[own]
    for reference in row.rule:
        overlaid = packaged_overlays().get(reference.rpartition(":")[0])
        if overlaid:
            yield overlaid.statute


def _has(text: Statute, procedure: ProcedureName, act: CommandName) -> bool:
    """Whether a procedure has a command under a text; in procedures without a section, for some filing."""
    it = PROCEDURES[procedure]
    process = it.under(text) if it.section else it.process.under(text)
    return bool(process.stages_of(act))


def _forgotten(table: Table, statute: Statute) -> Iterator[str]:
    """Rules of the statute that no row names although their clause is in the table."""
    named: list[Place] = []
    for row in table.clauses:
        for reference in row.rule:
            if ":" not in reference:
                try:
                    named += [place for place, _ in resolve(statute, reference)]
                except NothingThere:
                    continue  # reported already
    for place, clause in clauses(statute):
        in_table = any(row.number == clause.article and _overlap(row.quote, clause.quote) for row in table.clauses)
        if in_table and not any(place[: len(rule)] == rule for rule in named):
            yield f"{statute.id}: {key_path(place)} quotes “{clause.quote}”, and no row of that clause names the rule."
        if not in_table and place[0] == "limits":
            yield f"{statute.id}: {key_path(place)} quotes “{clause.quote}”, and the table has no such clause."


def _overlap(one: str, other: str) -> bool:
    """Whether one quote lies within the other."""
    return one in other or other in one


def _against_sources(table: Table, statute: Statute, folder: Path) -> Iterator[str]:
    try:
        sources, extract = [beside(folder, name) for name in statute.sources], beside(folder, "clauses.json")
        texts = [source.read_text(encoding="utf-8") for source in sources if source]
        if len(texts) == len(sources):
            yield from _against_text(table, texts)
        if extract and table.in_extract:
            rows = json.loads(extract.read_text(encoding="utf-8"))
            yield from limits_against_extract(table, statute, rows)
            yield from against_extract(table, rows)
    except (OSError, ValueError) as error:
        yield f"{table.statute}: a source in {folder} cannot be read ({' '.join(str(error).split())})."


def _against_text(table: Table, texts: Sequence[str]) -> Iterator[str]:
    """Quotes that are not in the article; for a text without an extract, paragraphs without a row."""
    found = articles_of(texts)
    for row in table.clauses:
        paragraphs = found.get(int(row.number), ())
        wanted = paragraphs if row.paragraph is None else paragraphs[row.paragraph - 1 : row.paragraph]
        if row.quote not in "".join(wanted):
            yield _sentence(table, row, "quotes what that article does not say there")
    if table.in_extract:
        return
    for number, paragraphs in found.items():
        for place, text in enumerate(paragraphs, start=1):
            if not any(row.number == str(number) and row.quote in text for row in table.clauses):
                yield f"{table.statute}: the table of clauses says nothing of article {number}, paragraph {place}."


def limits_against_extract(table: Table, statute: Statute, extract: Extract) -> Iterator[str]:
    """Limits of a statute that differ from an independent extract of the text's clauses, one sentence each.

    The extract has rows with seed, article (such as ``19¶3``), category, limit (such as ``5 WD``) and quote.
    """
    for row in extract:
        days = re.fullmatch(r"(?:> )?([0-9]+) (?:WD|months?)(?: unused)?", row["limit"])
        if row["seed"] != table.in_extract or row["category"] != "TIME" or not days:
            continue
        for place, limit in enumerate(statute.limits):
            if _same_clause(limit.clause, row) and limit.amount != int(days[1]):
                yield f"{statute.id}: limits[{place}].amount is {limit.amount}, the extract has {days[1]}."


def _same_clause(clause: Clause, row: Mapping[str, str]) -> bool:
    """Whether a row of the extract is about this clause: the same article, and one quote within the other."""
    number = re.match(r"[0-9]+", row["article"])
    return number is not None and number[0] == clause.article and _overlap(clause.quote, row["quote"])


def against_extract(table: Table, extract: Extract) -> Iterator[str]:
    """Where the table and an independent extract of the text's clauses differ, one sentence each.

    The extract has rows with seed, article, category and quote. Clauses that must be carried out have to stand in both.
    """
    here = {(row.article, row.category, row.quote) for row in table.clauses}
    own = [row for row in extract if row["seed"] == table.in_extract]
    there = {(row["article"], row["category"], row["quote"]) for row in own}
    for article, category, quote in sorted(there - here):
        if category in MUST_BE_CARRIED_OUT:
            yield f"{table.statute}: the table of clauses leaves out article {article}, {category} “{quote}”."
    for article, category, quote in sorted(here - there):
        yield f"{table.statute}: the table of clauses has article {article}, {category} “{quote}”; the extract has not."
