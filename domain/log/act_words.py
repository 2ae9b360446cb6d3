"""What an act of those who run the engine was done to, in words, with its id: by that it is looked up elsewhere."""

from typing import Final

from domain.messages import Language, label, words
from domain.statutes.loader import packaged_statutes, regulation_title
from domain.stuck_words import told_of_subject

_STUCK: Final = "stuck"
_DUTY: Final = "duty"


def told_of_target(target: str, language: Language) -> str:
    """What a ``target`` is called, such as ``webhook/wh_1``; a case, and what a later version acts on, as it is."""
    kind, _, id_ = target.partition("/")
    if kind == _STUCK:
        return told_of_target(id_, language) if "/" in id_ else told_of_subject(id_, language)
    if kind == _DUTY:
        return _duty(*id_.partition("/")[::2], language)
    known = words("act_target").get(kind)
    return known[language].format(id=id_) if known else target


def _duty(statute_id: str, duty_id: str, language: Language) -> str:
    """A periodic duty by the name that its text has for it."""
    statute = packaged_statutes().get(statute_id)
    duty = next((each.name for each in (statute.duties if statute else None) or () if each.id == duty_id), None)
    title = regulation_title(statute_id.partition("+")[0])
    said = {"duty": getattr(duty, language, duty_id), "text": getattr(title, language, statute_id)}
    return label("act_target", _DUTY, language).format(**said)
