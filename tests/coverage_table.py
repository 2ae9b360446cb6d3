"""The table of clauses as a document: ``python -m tests.coverage_table`` writes ``docs/coverage.md``.

What it says stands in ``domain/statutes/data/coverage``; ``shareflow statute coverage`` prints the same.
"""

import sys
from pathlib import Path

from cli.coverage_page import SHOWN_AT_MOST, other_words, total
from domain.messages import label
from domain.statutes.loader import packaged_statutes
from domain.words import CommandName
from starter.coverage.check import own_statutes
from starter.coverage.code import carriers
from starter.coverage.standing import Standing, coverage_of

DOCUMENT = Path(__file__).parent.parent / "docs/coverage.md"

HEAD = """# Coverage 条款对照表

What carries out each clause of the five local texts and of the national regulation: rules of the statute files
(`shareflow statute show ID`), and in words that a case is held to: commands and events of a procedure, limits,
refusals, findings, duties, grounds and steps of rectification. The scenario files that a row names show each of its
words, cited as the row's own article (or as the row says it is cited): a test plays them and compares. Or a row says
why no software can. The last column names the functions that carry a row out, file after file: those of its commands,
those that note its events and start its limits, those that read its rules (`shareflow statute coverage ID --json` says
which is which). Under an overlay (`shareflow statute coverage nantong-2020+809`) the rows of both texts stand,
with what gives way. Made from `domain/statutes/data/coverage/` by `python -m tests.coverage_table`; tests and
`shareflow statute check` hold it.

| regulation | clauses | by rule | by scenario | not for software | missing |
|---|---|---|---|---|---|
"""


def document() -> str:
    """The whole document."""
    rows = {id_: coverage_of(id_) for id_ in own_statutes()}
    parts = [HEAD, *(f"| {' | '.join(total(f'`{id_}`', found))} |\n" for id_, found in rows.items())]
    for id_, found in rows.items():
        parts.append(f"\n## {id_} {packaged_statutes()[id_].title.zh}\n\n")
        parts.append("| article | category | clause | carried out by | in the code |\n|---|---|---|---|---|\n")
        parts += [_line(row) for row in found]
    return "".join(parts)


def _line(found: Standing) -> str:
    row = found.row
    said = [f"`{rule}`" for rule in row.rule]
    for procedure, acts in row.act.items():
        kinds = ((act, "command" if isinstance(act, CommandName) else "event") for act in acts)
        names = ", ".join(f"`{act}` {label(kind, act, 'zh')}" for act, kind in kinds)
        said.append(f"{procedure} {label('procedure', procedure, 'zh')}: {names}")
    for kind, words in other_words(row):
        said.append(f"{label('coverage_word', kind, 'en')} {', '.join(f'`{x}`' for x in words.split(', '))}")
    said += [f"[{name}](../tests/scenarios/{name}.yaml)" for name in row.scenarios]
    if row.not_for_software:
        said.append(f"not for software: {row.not_for_software.en} {row.not_for_software.zh}")
    if row.note:
        said.append(f"{row.note.en} {row.note.zh}")
    category = f"{row.category} {label('clause_category', row.category, 'zh')}"
    return f"| {row.article} | {category} | {row.quote} | {'; '.join(said)} | {_code(found)} |\n"


def _code(found: Standing) -> str:
    """The functions of a row, by file, each once: the first few of a rule that many read, and those with public names
    where there are any."""
    files: dict[str, list[str]] = {}
    for carrier in carriers(found.statute, found.row):
        public = [place for place in carrier.places if "._" not in f".{place.function}"]
        for place in (public or carrier.places)[:SHOWN_AT_MOST]:
            names = files.setdefault(place.file, [])
            names += [place.function] if place.function not in names else []
    return "; ".join(
        f"[{_short(file)}](../{file}): {', '.join(f'`{x}`' for x in names)}" for file, names in files.items()
    )


def _short(file: str) -> str:
    return file.removeprefix("procedures/").removesuffix(".py")


def main() -> None:
    """Write the document, or with ``--check`` say whether it is as it would be written."""
    if sys.argv[1:] != ["--check"]:
        DOCUMENT.write_text(document(), encoding="utf-8")
    elif DOCUMENT.read_text(encoding="utf-8") != document():
        raise SystemExit("docs/coverage.md is not as it would be written now; run: python -m tests.coverage_table")


if __name__ == "__main__":
    main()
