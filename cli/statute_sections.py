"""What a statute rules beyond the request, section by section, for its page."""

from collections.abc import Iterator

from domain.messages import label
from domain.statutes.clauses import clauses
from domain.statutes.model import Clause, Statute
from domain.statutes.parts import Name
from procedures.registry import RULED_BY

Named = tuple[str, str, Clause]


def sections(statute: Statute) -> Iterator[tuple[str, list[Named]]]:
    """Each section that the text has: its title, and its clauses with their names in Chinese and English."""
    for section, procedure in RULED_BY.items():
        if statute.section(section):
            title = f"{label('procedure', procedure, 'zh')} {label('procedure', procedure, 'en').capitalize()}"
            yield title, list(_clauses(statute, section))


def _clauses(statute: Statute, section: str) -> Iterator[Named]:
    for path, clause in clauses(statute):
        if path[0] != section:
            continue
        kind = ".".join(str(step) for step in path if not isinstance(step, int))
        name = _name_of(statute, path)
        zh, en = label("statute_part", kind, "zh"), label("statute_part", kind, "en")
        yield (f"{zh}：{name.zh}", f"{en}: {name.en}", clause) if name else (zh, en, clause)


def _name_of(statute: Statute, path: tuple[str | int, ...]) -> Name | None:
    """The name of the ground, the step or the duty that a clause belongs to."""
    part: object = statute
    for step in path[:-1]:
        part = part[step] if isinstance(step, int) and isinstance(part, tuple) else getattr(part, str(step))
    name = getattr(part, "name", None)
    return name if isinstance(name, Name) and part is not statute else None
