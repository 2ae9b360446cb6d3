"""Checks that a statute says what its source says: quotes, articles, paragraphs and numbers.

Quotes can be checked only if the source texts are available, which are not part of the product; everything else needs
only the packaged files.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from domain.statutes.clauses import clauses
from domain.statutes.errors import readable
from domain.statutes.loader import (
    load_overlay,
    load_statute,
    packaged_above,
    packaged_overlay_texts,
    packaged_source,
    packaged_texts,
)
from domain.statutes.model import Clause, Extension, Limit, Overall, Statute
from domain.statutes.overlay import Overlaid
from domain.statutes.overlay_model import Above
from domain.statutes.sections import CatalogueExtension, Duty
from domain.statutes.source_text import articles_of
from domain.validation_messages import key_path
from domain.words import Unit

UNIT_WORDS = {Unit.WORKING_DAY: "个工作日", Unit.MONTH: "个月", Unit.DAY: "日"}

EVERY_WORDS = {"year": "每年", "half_year": "每半年", "quarter": "每季度", "event": "产生后", "regular": "定期|监督"}
SOON_WORDS = {"at_once": "立即", "in_time": "及时"}


def check_quotes(statute: Statute, *source_texts: str) -> list[str]:
    """What is wrong with the quotes of the statute's own clauses, one sentence each; empty if all is well.

    Each quote must be a literal part of the article it names, and of the paragraph where it names one;
    a clause in an article of several paragraphs must name its paragraph. Line breaks are removed from
    the source before comparing, because pages break inside sentences; no other character is changed.
    """
    found = articles_of(source_texts)
    problems = []
    for path, clause in clauses(statute):
        if clause.statute is not None:
            continue
        reason = _wrong_quote(clause, found.get(int(clause.article)))
        if reason:
            problems.append(f"{statute.id}: {key_path(path)} {reason}.")
    return problems


def _wrong_quote(clause: Clause, article: tuple[str, ...] | None) -> str | None:
    """Why the clause does not fit its article, as a phrase after the key path; None if it does."""
    if article is None:
        return f"names article {clause.article}, which the source does not have"
    if clause.quote not in "".join(article):
        return f"quotes “{clause.quote}”, which article {clause.article} does not say"
    if clause.paragraph is None:
        several = len(article) > 1
        return f"must name the paragraph: article {clause.article} has {len(article)}" if several else None
    if clause.paragraph > len(article) or clause.quote not in article[clause.paragraph - 1]:
        return f"quotes “{clause.quote}”, which article {clause.article} does not say in paragraph {clause.paragraph}"
    return None


def check_overlay_quotes(overlaid: Overlaid, *source_texts: str) -> list[str]:
    """What is wrong with the quotes of clauses that an overlay itself brings, one sentence each; empty if all is well.

    All other clauses are checked in the two texts that it merges. Each quote must be a literal part of the named
    article of the upper text or, for an excerpt without articles, of the text itself.
    """
    upper = overlaid.upper
    known = {_words(clause) for part in (overlaid.local, upper) for _, clause in clauses(part)}
    found = None if isinstance(upper, Above) and upper.excerpt else articles_of(source_texts)
    problems = []
    for path, clause in clauses(overlaid.statute):
        if _words(clause) in known:
            continue
        reason = (
            _not_in_excerpt(clause, source_texts)
            if found is None
            else _wrong_quote(clause, found.get(int(clause.article)))
        )
        if reason:
            problems.append(f"{overlaid.statute.id}: {key_path(path)} {reason}.")
    return problems


def check_above_quotes(above: Above, *source_texts: str) -> list[str]:
    """What is wrong with the quotes of a regulation used only above others, one sentence each.

    Each quote must be a literal part of the named article or, for an excerpt, of the text itself.
    """
    found = articles_of(source_texts)
    reasons = (
        (
            path,
            _not_in_excerpt(clause, source_texts)
            if above.excerpt
            else _wrong_quote(clause, found.get(int(clause.article))),
        )
        for path, clause in clauses(above)
    )
    return [f"{above.id}: {key_path(path)} {reason}." for path, reason in reasons if reason]


def _words(clause: Clause) -> tuple[str, int | None, str]:
    return clause.article, clause.paragraph, clause.quote


def _not_in_excerpt(clause: Clause, source_texts: Sequence[str]) -> str | None:
    said = any(clause.quote in text for text in source_texts)
    return None if said else f"quotes “{clause.quote}”, which the source does not say"


def check_amounts(statute: Statute) -> list[str]:
    """Limits whose quote states a different number or unit, one sentence each."""
    timed: list[tuple[str, Limit | Overall | Extension | CatalogueExtension, int]] = [
        (f"limits[{i}].amount", limit, limit.amount) for i, limit in enumerate(statute.limits)
    ]
    timed += [
        (f"limits[{i}].overall.amount", limit.overall, limit.overall.amount)
        for i, limit in enumerate(statute.limits)
        if limit.overall
    ]
    if statute.extension:
        timed.append(("extension.at_most", statute.extension, statute.extension.at_most))
    longer = statute.catalogue.extension if statute.catalogue else None
    if longer:
        timed.append(("catalogue.extension.at_most", longer, longer.at_most))
    return [
        f"{statute.id}: {path} is {amount} {part.unit}, but its quote is “{part.clause.quote}”."
        for path, part, amount in timed
        if not re.search(rf"(?<![0-9])(?:{amount}|{_in_words(amount)}) *{UNIT_WORDS[part.unit]}", part.clause.quote)
    ] + [
        f"{statute.id}: duties[{i}] should say “{word}”, but its quote is “{duty.clause.quote}”."
        for i, duty in enumerate(statute.duties or ())
        for word in _words_of(duty)
        if not re.search(word, duty.clause.quote)
    ]


def _in_words(amount: int) -> str:
    """A small number in words, as the texts write it."""
    return "一二三四五六七八九十"[amount - 1] if 1 <= amount <= 10 else str(amount)


def _words_of(duty: Duty) -> Iterator[str]:
    """What the quote of a duty must say: how often, and until when."""
    yield SOON_WORDS[duty.how_soon] if duty.how_soon else EVERY_WORDS[duty.every]
    if duty.amount and duty.unit:
        yield rf"(?<![0-9]){duty.amount} *{UNIT_WORDS[duty.unit]}"
    if duty.due_month is not None:
        month, ends = ("首月", "上旬") if duty.every == "quarter" else (f"{duty.due_month}月", "底前")
        yield f"{month}.?{ends}"
    if duty.about_previous:
        yield "上一年度"


def check_all(folder: Path | None = None) -> list[str]:
    """Everything that is wrong with the packaged statutes, one sentence each; empty if all is well.

    The form of statutes and overlays is always checked; quotes are checked against the source texts in ``folder``, if
    given. A missing folder is reported like one without the texts, so that a wrong name is noticed.
    """
    problems: list[str] = []
    for statute in readable(packaged_texts(), load_statute, problems):
        problems += check_amounts(statute)
        if folder:
            problems += _check_against(statute.id, folder, statute.sources, partial(check_quotes, statute))
    for above in packaged_above().values():
        problems += _check_against(above.id, folder, above.sources, partial(check_above_quotes, above))
    return problems + _check_overlays(folder)


def _check_overlays(folder: Path | None) -> list[str]:
    problems: list[str] = []
    for overlaid in readable(packaged_overlay_texts(), load_overlay, problems):
        problems += check_amounts(overlaid.statute)
        sources = overlaid.upper.sources
        # A missing source was reported with the regulation itself.
        if all(packaged_source(name) or (folder and beside(folder, name)) for name in sources):
            check = partial(check_overlay_quotes, overlaid)
            problems += _check_against(overlaid.statute.id, folder, sources, check)
    return problems


def _check_against(id_: str, folder: Path | None, sources: Sequence[str], check: Callable[..., list[str]]) -> list[str]:
    """Run a check that needs the sources: the packaged ones, otherwise those in the folder, if there is one.

    A source that is missing or cannot be read is a problem of its own.
    """
    own = [packaged_source(source) for source in sources]
    if all(own):
        return check(*own)
    if folder is None:
        return []
    try:
        files = {source: beside(folder, source) for source in sources}
        gone = [f"{id_}: the source {source} is not in {folder}." for source, file in files.items() if file is None]
        return gone or check(*(file.read_text(encoding="utf-8") for file in files.values() if file))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        return [f"{id_}: a source in {folder} cannot be read ({reason})."]


def beside(folder: Path, name: str) -> Path | None:
    """A file in the folder, or in the one above it, where the national regulation is."""
    return next((x for x in (folder / name, folder.parent / name) if x.is_file()), None)
