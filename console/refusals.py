"""Why something that a form asked for was not done: the status of the page, and the sentence for people."""

from typing import Final

from pydantic import ValidationError

from api.http.problems import UNPROCESSABLE, Problem, title_of
from console.said import field_name
from domain.messages import Language, label
from domain.messages.days import day_said
from starter.errors import InvalidInput, KeyReused, NeedsOperator, RequestRefused, Stale, Unavailable

REFUSED: Final = (
    *(Problem, RequestRefused, InvalidInput, KeyReused, NeedsOperator, Stale, Unavailable, ValidationError),
)
"""What a form may be refused with; anything else is a defect."""


def refusal_told(refusal: Exception, language: Language) -> tuple[int, str]:
    """The status of a refusal, and the sentence in which it is told."""
    match refusal:
        case Problem():
            return refusal.status_code, title_of(refusal, language)
        case RequestRefused():
            return 422 if refusal.code in UNPROCESSABLE else 409, _in_words(refusal, language).sentence(language)
        case InvalidInput():
            return 422, str(refusal)
        case ValidationError():
            return 422, label("problem", "invalid", language)
        case KeyReused():
            return 422, label("console", "form_sent_before", language)
        case Stale():
            return 409, label("problem", "stale", language)
        case Unavailable():
            return 503, label("problem", "unavailable", language)
    return 500, label("problem", "needs_operator", language)


def problem_told(problem: Problem, language: Language) -> str:
    """What went wrong, as exactly as is known."""
    return problem.said or title_of(problem, language)


def _in_words(refusal: RequestRefused, language: Language) -> RequestRefused:
    """The refusal with its fields and its days as people say them."""
    told = {name: _said(name, said, language) for name, said in refusal.details.items() if isinstance(said, str)}
    details = {**refusal.details, **told}
    return RequestRefused(refusal.code, refusal.article, refusal.statute, details, refusal.regulation)


def _said(name: str, said: str, language: Language) -> str:
    if name == "field":
        return field_name(said, language)
    if name == "fields":
        return label("console", "enumerated", language).join(field_name(each, language) for each in said.split(", "))
    return day_said(said, language)
