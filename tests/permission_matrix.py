"""Who may do what: ``python -m tests.permission_matrix`` writes docs/permissions.md and its Chinese sibling.

The rules themselves are asked, in every situation of :mod:`tests.domain.engine.situations`; conditions are told in
words beside the marks. Tests hold the documents to the rules, and the HTTP door to the documents.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from domain.access import Caller, Parties, may_file, sees
from domain.messages import Language, label
from domain.words import CommandName, ProcedureName, Role, Stage
from procedures.registry import PROCEDURES, allowed
from procedures.share_request.process import PROCESS, SHARE_REQUEST
from tests.domain.engine.situations import SITUATIONS, reached
from tests.endpoint_roles import ENDPOINTS, OpenTo
from tests.permission_words import CONDITIONS, TEXTS

ROOT = Path(__file__).parent.parent
DOCUMENTS: Final[Mapping[Language, Path]] = {
    "en": ROOT / "docs/permissions.md",
    "zh": ROOT / "docs/permissions.zh-CN.md",
}
TEXTS_IN_SITUATIONS = {situation.statute.partition(",")[0] for situation in SITUATIONS}
"""The texts of the table; a local one under a regulation above it follows the columns that its head names."""

ACTING = tuple(role for role in Role if any(role in rule.by for rule in SHARE_REQUEST.rules.values()))
"""The roles that decide anything at all."""

Verdict = Literal["always", "sometimes", "never"]


@cache
def verdicts() -> Mapping[tuple[Stage, CommandName, Role], Mapping[str, Verdict]]:
    """For each stage, command and role: what the rules say under each statute that has the stage."""
    found: dict[tuple[Stage, CommandName, Role], dict[str, list[bool]]] = {}
    for situation in SITUATIONS:
        case = reached(str(situation))
        for role in Role:
            may = allowed(case, role)
            for name in SHARE_REQUEST.rules:
                found.setdefault((case.stage, name, role), {}).setdefault(case.statute.id, []).append(name in may)
    return {key: {statute: _verdict(said) for statute, said in rows.items()} for key, rows in found.items()}


def _verdict(said: Sequence[bool]) -> Verdict:
    if all(said):
        return "always"
    return "sometimes" if any(said) else "never"


def unavailable() -> Mapping[CommandName, Mapping[str, list[str]]]:
    """The commands that do not exist under some texts: the refusal code, and under which (or which cases of it)."""
    found: dict[CommandName, dict[str, list[str]]] = {}
    for situation in SITUATIONS:
        case = reached(str(situation))
        for name, rule in SHARE_REQUEST.rules.items():
            refusal = rule.unavailable(case)
            if refusal is not None:
                texts = found.setdefault(name, {}).setdefault(refusal.code.value, [])
                if situation.statute not in texts and situation.statute.partition(",")[0] not in texts:
                    texts.append(situation.statute)
    return found


def document(language: Language) -> str:
    """The whole page."""
    parts = [_said("head", language).format(settling=_settling())]
    for stage in PROCESS.open_stages:
        parts += ["\n", *_stage(stage, language)]
    for section in (_unavailable, _procedures, _sight, _endpoints):
        parts += ["\n", *section(language)]
    return "".join(parts)


def _settling() -> str:
    """The commands that coordinate or decide, in whichever procedure."""
    rules = (rule for procedure in PROCEDURES.values() for rule in procedure.rules.values() if rule.settles)
    return ", ".join(dict.fromkeys(f"`{rule.name}`" for rule in rules))


def _stage(stage: Stage, language: Language) -> Iterator[str]:
    texts = sorted(verdicts()[stage, CommandName.WITHDRAW, Role.REQUESTER])
    yield f"### {_named('stage', stage, language)}\n\n"
    if len(texts) < len(TEXTS_IN_SITUATIONS):
        yield f"{', '.join(texts)}\n\n"
    roles = (label("role", role, language) for role in ACTING)
    yield _row([_said("command", language), *roles, _said("condition", language)])
    yield _row(["---"] * (len(ACTING) + 2))
    for name in SHARE_REQUEST.rules:
        cells = [_mark(verdicts()[stage, name, role], language) for role in ACTING]
        if any(cells):
            condition = CONDITIONS.get((name, stage), {}).get(language, "")
            yield _row([_named("command", name, language), *cells, condition])


def _mark(said: Mapping[str, Verdict], language: Language) -> str:
    """The marks of a cell, each with the statutes that it is limited to, or those to which it does not apply."""
    marks = []
    for mark, verdict in (("●", "always"), ("○", "sometimes")):
        texts = sorted(statute for statute, each in said.items() if each == verdict)
        others = sorted(said.keys() - set(texts))
        if texts and not others:
            marks.append(mark)
        elif texts:
            only = ", ".join(texts)
            limits = only if len(texts) <= len(others) else _said("but", language).format(others=", ".join(others))
            marks.append(f"{mark} ({limits})")
    return " ".join(marks)


def _named(kind: str, word: str, language: Language) -> str:
    """An identifier, with what people read where that says more."""
    said = label(kind, word, language)
    return f"`{word}`" if said == word.replace("_", " ") else f"`{word}` {said}"


def _unavailable(language: Language) -> Iterator[str]:
    yield f"{_said('unavailable', language)}\n\n{_said('unavailable_head', language)}\n\n"
    yield _row([_said(word, language) for word in ("command", "code", "statutes")])
    yield _row(["---"] * 3)
    for name, codes in unavailable().items():
        for code, texts in codes.items():
            yield _row([_named("command", name, language), f"`{code}`", "; ".join(sorted(texts))])


def _procedures(language: Language) -> Iterator[str]:
    """Every command of the other procedures: who may give it, in which stages."""
    yield f"{_said('procedures', language)}\n\n{_said('procedures_head', language)}\n"
    for name, procedure in PROCEDURES.items():
        if name is ProcedureName.SHARE_REQUEST:
            continue
        opened = ", ".join(label("role", role, language) for role in procedure.opened_by)
        yield f"\n### {_named('procedure', name, language)}\n\n{_said('opened_by', language)} {opened}\n\n"
        yield _row([_said(word, language) for word in ("command", "who", "stages")])
        yield _row(["---"] * 3)
        for command, rule in procedure.rules.items():
            roles = ", ".join(label("role", role, language) for role in rule.by)
            stages = ", ".join(f"`{stage}`" for stage in rule.stages)
            yield _row([_named("command", command, language), roles, stages])


def _sight(language: Language) -> Iterator[str]:
    heads = (
        "as_requester",
        "as_provider",
        "of_its_places",
        "of_its_superior",
        "all_others",
        "files_own",
        "files_others",
    )
    yield f"{_said('visibility', language)}\n\n{_said('visibility_head', language)}\n\n"
    yield _row([_said("role", language), *(_said(word, language) for word in heads)])
    yield _row(["---"] * 8)
    case = Parties("nantong-2020", "R", "P", "jiangsu")
    for role in Role:

        def who(org: str, *places: str, role: Role = role) -> Caller:
            return Caller("somebody", org, frozenset({role}), frozenset(places))

        marks = [
            sees(who("R"), case),
            sees(who("P"), case),
            sees(who("X", "nantong"), case),
            sees(who("X", "jiangsu"), case),
            sees(who("X", "elsewhere"), case),
            may_file(who("R"), case),
            may_file(who("X", "nantong"), case),
        ]
        yield _row([_named("role", role, language), *("●" if mark else "" for mark in marks)])


def _endpoints(language: Language) -> Iterator[str]:
    yield f"{_said('endpoints', language)}\n\n{_said('endpoints_head', language)}\n\n"
    yield _row([_said("endpoint", language), _said("anybody", language), *(label("role", x, language) for x in Role)])
    yield _row(["---"] * (len(Role) + 2))
    for endpoint, access in ENDPOINTS.items():
        if access is OpenTo.ANYBODY:
            yield _row([f"`{endpoint}`", "●", *("" for _ in Role)])
        else:
            yield _row([f"`{endpoint}`", "", *("●" if role in access else "" for role in Role)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _said(word: str, language: Language) -> str:
    return TEXTS[word][language]


if __name__ == "__main__":
    for language, path in DOCUMENTS.items():
        path.write_text(document(language), encoding="utf-8")
