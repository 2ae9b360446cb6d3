"""A procedure under a text as a picture: what is declared, with the text's own bodies, limits and articles."""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import DeclaredStage
from domain.messages import Language, label
from domain.policy import default_policy
from domain.statutes.model import Limit, Statute
from domain.statutes.parts import Name
from domain.words import Role, Stage
from starter.diagram.picture import Arrow, Box, End, Opening, Picture
from starter.diagram.wording import KIND


def picture_of(procedure: Procedure[Any], statute: Statute, language: Language, bilingual: bool = True) -> Picture:
    """One procedure under one text, in the reader's language; ``bilingual``: its stages named in the other one too.

    Stages that no filing reaches there are left out.
    """
    process = procedure.under(statute)
    return Picture(
        title=label(KIND, "title", language).format(procedure=label("procedure", procedure.name, language)),
        subtitle=_text(statute, language),
        stages=[_box(declared, statute, language) for declared in process.stages],
        ends=[End(Stage.CLOSED, label("stage", Stage.CLOSED, "zh"), label("stage", Stage.CLOSED, "en"))],
        edges=[arrow for declared in process.stages for arrow in _arrows(declared, language)],
        opens=[Opening(stage, _when(procedure, stage, statute, language)) for stage in process.opens],
        language=language,
        note=label(KIND, "note", language),
        bilingual=bilingual,
    )


def _text(statute: Statute, language: Language) -> str:
    """The text by its title, with the regulations above it under which it applies, and its id."""
    above = [
        label(KIND, "regulation", language).format(title=_said(it.title, language))
        for it in statute.regulations.values()
    ]
    own = label(KIND, "regulation", language).format(title=_said(statute.title, language))
    under = label(KIND, "under", language).format(above=label(KIND, "between", language).join(above)) if above else ""
    return f"{own}{under} · {statute.id}"


def _said(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en


def _box(declared: DeclaredStage, statute: Statute, language: Language) -> Box:
    stage = declared.stage
    roles = [_named(role, statute, language) for role in declared.assignees(statute)]
    limits = [text for clock in declared.limits for text in _limits(clock, statute, language)]
    return Box(
        id=stage,
        zh=label("stage", stage, "zh"),
        en=label("stage", stage, "en"),
        waits_for=label(KIND, "between", language).join(roles) or None,
        limits=list(dict.fromkeys(limits)),
    )


def _named(role: Role, statute: Statute, language: Language) -> str:
    body = statute.bodies.get(role)
    if body is None:
        return label("role", role, language)
    return _said(body.name, language)


def _limits(clock: ClockId, statute: Statute, language: Language) -> Iterator[str]:
    """What a limit amounts to: by the text, class by class where they differ, else by the operator's policy."""
    own = [limit for limit in statute.limits if limit.clock is clock]
    name = label("clock", clock, language)
    for limit in own:
        yield f"{name} {_amount(limit, len(own) > 1, language)}"
    policy = default_policy().limits.get(clock)
    if not own and policy is not None:
        amount = f"{policy.amount} {label('unit', policy.unit, language)}"
        yield f"{name} {amount} · {label(KIND, 'by_policy', language)}"


def _amount(limit: Limit, several: bool, language: Language) -> str:
    amount = f"{limit.amount} {label('unit', limit.unit, language)}"
    article = label(KIND, "article", language).format(article=limit.clause.article)
    of_class = limit.sharing_class if several else None
    return " · ".join([amount, *([label("sharing_class", of_class, language)] if of_class else []), article])


def _arrows(declared: DeclaredStage, language: Language) -> Iterator[Arrow]:
    start = declared.stage
    for command, ways in declared.commands.items():
        for end in ways or (start,):
            yield Arrow(start, end, [label("command", command, language)])
    for clock, ways in declared.expiry.items():
        ended = label(KIND, "ended", language).format(clock=label("clock", clock, language))
        for end in ways:
            yield Arrow(start, end, [ended], "time")
    for end in declared.by_itself:
        if end is not start:
            yield Arrow(start, end, [label(KIND, "platform", language)], "platform")


def _when(procedure: Procedure[Any], stage: Stage, statute: Statute, language: Language) -> Sequence[str]:
    """Which filings begin in a stage, where that hangs on the class of the data."""
    classes = procedure.classes_opening(statute, stage)
    return [label("sharing_class", sharing_class, language) for sharing_class in classes]
