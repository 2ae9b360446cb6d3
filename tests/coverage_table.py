"""The table of clauses and the scenarios that exercise them: ``python -m tests.coverage_table`` writes it.

What is covered stands in ``tests/scenarios/coverage.yaml``. Where the extract of clauses lies beside the
sources of the statutes, :func:`left_out` holds the two against each other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.statutes.check import SEED_LETTERS, sources_folder
from domain.statutes.loader import packaged_statutes
from domain.yaml_text import read_yaml

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "tests/scenarios"
COVERAGE = SCENARIOS / "coverage.yaml"
DOCUMENT = ROOT / "docs/coverage.md"
CATEGORIES = ("TIME", "STEP", "REASON", "NOTIFY")

HEAD = """# Coverage 条款覆盖

Which clause is exercised by which scenario, and which one waits for a procedure beside the share request.
Only clauses that set a time (TIME), a step (STEP), a reason (REASON) or a notice (NOTIFY) stand here.
Made from `tests/scenarios/coverage.yaml` by `python -m tests.coverage_table`; tests hold it to the files.
"""


class Part(BaseModel):
    """A part of the coverage file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    """What people read."""

    zh: str
    en: str


class Row(Part):
    """One clause: where it stands, its words, and what exercises it now or later."""

    article: str
    category: Literal["TIME", "STEP", "REASON", "NOTIFY"]
    quote: str
    scenarios: tuple[str, ...] = Field(default=(), description="names of files in the statute's folder")
    later: str | None = Field(default=None, description="the procedure that will bring it")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if not self.scenarios and not self.later:
            raise ValueError(f"{self.article} {self.quote}: has neither a scenario nor a later procedure")
        return self


class Coverage(Part):
    """The whole file."""

    later: Mapping[str, Words]
    clauses: Mapping[str, Sequence[Row]]

    @model_validator(mode="after")
    def _later_is_explained(self) -> Self:
        for rows in self.clauses.values():
            for row in rows:
                if row.later and row.later not in self.later:
                    raise ValueError(f"{row.article} {row.quote}: {row.later} is no procedure of the list")
        return self


def coverage() -> Coverage:
    """What the file says. Raises pydantic's ValidationError for a clause that has neither scenario nor procedure."""
    return Coverage.model_validate(read_yaml(COVERAGE.read_text(encoding="utf-8"), COVERAGE.name).data)


def document() -> str:
    """The whole document."""
    said = coverage()
    parts = [HEAD, "\n| regulation | clauses | exercised | later |\n|---|---|---|---|\n"]
    for statute, rows in said.clauses.items():
        exercised = sum(1 for row in rows if row.scenarios)
        later = sum(1 for row in rows if not row.scenarios)
        parts.append(f"| `{statute}` | {len(rows)} | {exercised} | {later} |\n")
    for statute, rows in said.clauses.items():
        parts.append(f"\n## {statute} {packaged_statutes()[statute].title.zh}\n\n")
        parts.append("| article | category | clause | exercised by |\n|---|---|---|---|\n")
        parts += [_line(statute, row, said.later) for row in rows]
    return "".join(parts)


def _line(statute: str, row: Row, later: Mapping[str, Words]) -> str:
    cell = [f"[{name}](../tests/scenarios/{statute}/{name}.yaml)" for name in row.scenarios]
    if row.later:
        words = later[row.later]
        cell.append(f"later work: {words.en} {words.zh}")
    return f"| {row.article} | {row.category} | {row.quote} | {'; '.join(cell)} |\n"


def left_out() -> Iterator[str] | None:
    """Where file and extract differ, one sentence each; None where there is no extract to compare with."""
    folder = sources_folder()
    extract = folder.parent / "clauses.json" if folder else None
    if extract is None or not extract.is_file():
        return None
    return _differences(json.loads(extract.read_text(encoding="utf-8")))


def _differences(extract: Sequence[Mapping[str, str]]) -> Iterator[str]:
    here = {
        (statute, row.article, row.category, row.quote) for statute, rows in coverage().clauses.items() for row in rows
    }
    there = {
        (SEED_LETTERS[row["seed"]], row["article"], row["category"], row["quote"])
        for row in extract
        if row["category"] in CATEGORIES
    }
    yield from (f"{COVERAGE.name} leaves out {' '.join(clause)}" for clause in sorted(there - here))
    own = {clause for clause in here if clause[0] in SEED_LETTERS.values()}
    yield from (f"{COVERAGE.name} has {' '.join(clause)}, the extract has not" for clause in sorted(own - there))


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
