"""What a picture of a procedure shows: stages, endings, and the arrows between them. Plain values, no geometry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.messages import Language

Kind = Literal["command", "time", "platform"]
"""What moves a case along an arrow: somebody's command, a limit that ends, or the platform of itself."""

START = ""
"""Where a case is before it is opened: no stage and no ending may be called so."""


class PictureError(ValueError):
    """A picture that cannot be drawn: one sentence that names the stage, the ending or the arrow."""


@dataclass(frozen=True)
class Box:
    """One stage (阶段) as the picture tells it: names in both languages, the rest in the picture's own.

    ``waits_for``: whose move it is. ``limits``: each limit that begins here, with its article, such as
    ``10 个工作日 · 第二十三条``. ``article`` is the stage's own. ``here``: what may be done without leaving it.
    """

    id: str
    zh: str
    en: str
    waits_for: str | None = None
    limits: Sequence[str] = ()
    article: str | None = None
    here: Sequence[str] = ()


@dataclass(frozen=True)
class End:
    """One ending of the procedure (结果)."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class Arrow:
    """What leads from a stage to another stage or to an ending: the names of the commands, or of the limit.

    An arrow from a stage to itself is no line: its names join what may be done in the stage.
    """

    start: str
    end: str
    labels: Sequence[str] = ()
    kind: Kind = "command"


@dataclass(frozen=True)
class Opening:
    """Where a case may begin: in a stage, or at once in an ending; ``labels`` say when."""

    end: str
    labels: Sequence[str] = ()


@dataclass(frozen=True)
class Picture:
    """One procedure under one text. ``stages`` stand in the order of the articles, ``ends`` below them.

    ``language`` is that of the title, of all names but those given in both, and of what the picture says itself.
    ``bilingual``: stages and endings are named in both. ``note`` is a sentence under the picture. Raises
    PictureError for names that are used twice or stand nowhere.
    """

    title: str
    subtitle: str
    stages: Sequence[Box]
    ends: Sequence[End]
    edges: Sequence[Arrow]
    opens: Sequence[Opening]
    language: Language
    note: str | None = None
    bilingual: bool = True

    def __post_init__(self) -> None:
        if not self.stages:
            raise PictureError("The picture has no stage.")
        names = [*(box.id for box in self.stages), *(end.id for end in self.ends)]
        for name in names:
            if name == START:
                raise PictureError("A stage or an ending has no name.")
            if names.count(name) > 1:
                raise PictureError(f"{name} stands in the picture twice.")
        starts = {box.id for box in self.stages}
        for arrow in self.edges:
            if arrow.start not in starts:
                raise PictureError(f"An arrow leaves from {arrow.start}, which is no stage of the picture.")
        for end in (*(arrow.end for arrow in self.edges), *(opening.end for opening in self.opens)):
            if end not in names:
                raise PictureError(f"An arrow leads to {end}, which is not in the picture.")


@dataclass(frozen=True)
class Link:
    """All arrows of one kind between the same two places, put together; ``start`` is START for openings."""

    start: str
    end: str
    kind: Kind
    labels: tuple[str, ...]


def links_of(picture: Picture) -> Sequence[Link]:
    """The lines of the picture in the order of its places: each pair and kind once, each name on it once."""
    together: dict[tuple[str, str, Kind], dict[str, None]] = {}
    for start, end, kind, labels in _all_arrows(picture):
        if start != end:
            together.setdefault((start, end, kind), {}).update(dict.fromkeys(labels))
    place = {name: number for number, name in enumerate(places_of(picture))}
    kinds: Sequence[Kind] = ("command", "time", "platform")
    order = sorted(together, key=lambda it: (place[it[0]], place[it[1]], kinds.index(it[2])))
    return [Link(start, end, kind, tuple(together[start, end, kind])) for start, end, kind in order]


def places_of(picture: Picture) -> Sequence[str]:
    """Every place from top to bottom: the start, the stages, the endings."""
    return [START, *(box.id for box in picture.stages), *(end.id for end in picture.ends)]


def done_here(picture: Picture, box: Box) -> Sequence[str]:
    """What may be done in a stage without leaving it, each once: what the box says, then arrows to itself."""
    loops = [name for arrow in picture.edges if arrow.start == arrow.end == box.id for name in arrow.labels]
    return list(dict.fromkeys([*box.here, *loops]))


def _all_arrows(picture: Picture) -> Iterator[tuple[str, str, Kind, Sequence[str]]]:
    for opening in picture.opens:
        yield START, opening.end, "command", opening.labels
    for arrow in picture.edges:
        yield arrow.start, arrow.end, arrow.kind, arrow.labels
