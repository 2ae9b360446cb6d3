"""The reader's language: Simplified Chinese unless English is asked for."""

from domain.messages import Language

DEFAULT: Language = "zh"


def language_of(accept: str | None) -> Language:
    """The better liked of the two languages of an Accept-Language header; Chinese when it names neither."""
    liked: dict[Language, float] = {}
    for part in (accept or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        language = _ours(tag.strip().lower())
        if language is not None:
            liked[language] = max(liked.get(language, 0.0), _weight(parameters))
    best = max(liked, key=lambda each: liked[each], default=DEFAULT)
    return best if liked.get(best, 1.0) > 0 else DEFAULT


def _ours(tag: str) -> Language | None:
    match tag.partition("-")[0]:
        case "zh":
            return "zh"
        case "en":
            return "en"
    return None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
