"""A picture in words, for those who do not see it: all that it shows, stage by stage."""

from collections.abc import Iterator

from starter.diagram.picture import START, Link, Picture, done_here, links_of
from starter.diagram.wording import WORDING, Wording


def told(picture: Picture) -> str:
    """The whole picture as sentences in its language."""
    return WORDING[picture.language].stop.join(_sentences(picture)).strip()


def _sentences(picture: Picture) -> Iterator[str]:
    words, zh = WORDING[picture.language], picture.language == "zh"
    names = {box.id: box.zh if zh else box.en for box in picture.stages}
    names |= {end.id: end.zh if zh else end.en for end in picture.ends}
    links = links_of(picture)
    yield picture.subtitle
    yield from (f"{words.start}{words.colon}{_way(link, names, words)}" for link in links if link.start == START)
    for box in picture.stages:
        here = done_here(picture, box)
        about = [
            *([box.article] if box.article else []),
            *([words.waits_for + box.waits_for] if box.waits_for else []),
            *(words.limit + limit for limit in box.limits),
            *([words.here + words.listed(here)] if here else []),
            *(_way(link, names, words) for link in links if link.start == box.id),
        ]
        yield names[box.id] + words.colon + ("；" if zh else "; ").join(about)
    if picture.ends:
        yield words.ends + words.listed([names[end.id] for end in picture.ends])
    yield picture.note or ""


def _way(link: Link, names: dict[str, str], words: Wording) -> str:
    alone = f"({words.alone[link.kind]})" if link.kind in words.alone else ""
    return " ".join(said for said in (words.listed(link.labels), alone, words.leads, names[link.end]) if said)
