"""Where a local text and the regulation above it meet, as a table for people (上位法适用)."""

from collections.abc import Iterator

import typer

from cli.output import print_table
from domain.clocks import ClockId
from domain.messages import label, words
from domain.statutes.loader import regulation_title
from domain.statutes.merging import Cited, StandingPart
from domain.statutes.overlay import Overlaid
from domain.words import SharingClass

COLUMNS = ("事项 Item", "适用 Stands", "取代 In place of", "理由 Why")
STAYS_COLUMNS = ("事项 Item", "适用 Stands", "上位法 Above", "理由 Why")


def show_overlay(overlaid: Overlaid) -> None:
    """Print what lies over the local text, and where that stays."""
    upper = overlaid.upper
    typer.echo(f"上位法 Above: 《{upper.title.zh}》 {upper.title.en} ({upper.id})\n")
    changed = [_texts(row, overlaid) for row in overlaid.standings if row.how != "stays"]
    print_table("上位法取代或者增加 Where a regulation above stands", COLUMNS, changed)
    stays = [_texts(row, overlaid) for row in overlaid.standings if row.how == "stays"]
    print_table("本地规定继续适用 Where the local text stays", STAYS_COLUMNS, stays)


def _texts(row: StandingPart, overlaid: Overlaid) -> tuple[str, str, str, str]:
    how = f"{label('overlay_how', row.how, 'zh')} {label('overlay_how', row.how, 'en')}"
    names = "\n".join(_names(row.part, overlaid))
    return f"{names}\n{how}", _where(row.stands), _where(row.instead_of), f"{row.why.zh}\n{row.why.en}"


def _names(part: str, overlaid: Overlaid) -> Iterator[str]:
    """What a part is called, in Chinese and English; an unnamed one goes by its path."""
    steps = part.split(".")
    if steps[0] == "limits":
        only = overlaid.statute.classes[SharingClass(steps[2])].name if len(steps) > 2 else None
        clock = ClockId(steps[1])
        yield label("clock", clock, "zh") + (f"（{only.zh}）" if only else "")
        yield label("clock", clock, "en") + (f" ({only.en})" if only else "")
    elif part in words("statute_part"):
        yield label("statute_part", part, "zh")
        yield label("statute_part", part, "en")
    else:
        yield part


def _where(cited: Cited | None) -> str:
    if cited is None:
        return "（无） none"
    clause = cited.clause
    title = regulation_title(cited.regulation)
    paragraph = f"第{clause.paragraph}款" if clause.paragraph else ""
    unit = label("unit" if cited.unit in words("unit") else "kept_for", cited.unit, "zh") if cited.unit else ""
    limit = f"{cited.amount}{unit}\n" if cited.amount is not None else ""
    named = f"《{title.zh}》" if title else cited.regulation
    return f"{limit}{named}第{clause.article}条{paragraph}\n{clause.quote}"
