"""Rule texts by digest: statutes and policies (append-only)."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.engine import reading
from ledger.tables import rule_texts

Kind = Literal["statute", "policy"]

Text = tuple[Kind, Mapping[str, Any]]
"""The kind of a text, and its content as data."""


def store_texts(engine: Engine, texts: Mapping[str, Text]) -> None:
    """Store texts by digest; existing ones stay as they are."""
    # In a fixed order, so that two writers cannot deadlock.
    rows = [{"digest": digest, "kind": kind, "body": body} for digest, (kind, body) in sorted(texts.items())]
    if rows:
        with engine.begin() as connection:
            connection.execute(insert_or_skip(rule_texts).on_conflict_do_nothing(), rows)


def texts(engine: Engine, digests: Collection[str]) -> dict[str, Text]:
    """Those of these texts that are stored."""
    query = select(rule_texts.c.digest, rule_texts.c.kind, rule_texts.c.body)
    with reading(engine) as connection:
        rows = connection.execute(query.where(rule_texts.c.digest.in_(digests)))
        return {row.digest: (row.kind, row.body) for row in rows}


def all_texts(engine: Engine) -> dict[str, Text]:
    """Every stored text."""
    query = select(rule_texts.c.digest, rule_texts.c.kind, rule_texts.c.body)
    with reading(engine) as connection:
        return {row.digest: (row.kind, row.body) for row in connection.execute(query)}
