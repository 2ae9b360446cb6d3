"""Notices as a test looks at them: all of them, the first of a kind, one as its page."""

from collections.abc import Iterator

from domain.messages import Language
from starter.documents.dossier import Dossier
from starter.documents.notice import NoticePaper, notices
from tests.documents.conftest import Dossiers
from tests.documents.reading import Element, read

LANGUAGES: tuple[Language, ...] = ("zh", "en")
LINK = "/v1/requests/some"


def every(dossiers: Dossiers) -> Iterator[tuple[str, NoticePaper]]:
    return ((f"{name}#{x.event.seq}", x) for name, dossier in dossiers.items() for x in notices(dossier))


def first(dossiers: Dossiers, name: str, kind: str) -> NoticePaper:
    return next(x for x in notices(dossiers[name]) if x.rule.kind == kind)


def shown(notice: NoticePaper, language: Language = "zh") -> Element:
    """A notice as its page; of each dossier it is made and read once."""
    key = (id(notice.dossier), notice.position, notice.rule.kind, language)
    if key not in _read:
        _read[key] = notice.dossier, newly_shown(notice, language)
    return _read[key][1]


def newly_shown(notice: NoticePaper, language: Language = "zh") -> Element:
    """Its page, made now."""
    return read(notice.html(language, LINK))


_read: dict[tuple[int, int, str, Language], tuple[Dossier, Element]] = {}
"""With the dossier, which is kept as long as its id stands for it."""
