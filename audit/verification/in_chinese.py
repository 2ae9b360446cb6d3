"""What checks say, in Chinese.

A check says what it found in English, in the words that the documents, logs and programs of auditors have: so the
English sentence is its own key, as in gettext. The catalogue has each beside its Chinese (``audit_said``), and what
stands in it, from the dossier, is carried over as it is. A sentence that the catalogue lacks stays English.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from string import Formatter
from typing import Final, NamedTuple

from domain.messages import words

SENTENCES: Final = "audit_said"
LONGEST: Final = 2000
"""In characters: what is longer, for a dossier has such names, stays as it is."""
DEEPEST: Final = 4
"""So deep something may be said within something that is said."""
MOST_SIGNS: Final = 3
"""Of so many parts a sentence consists at most, with a semicolon or a comma between them."""
_LABELS: Final = ("stage", "event", "clock", "role", "procedure", "unit")
"""Places that hold a word of which the catalogue has the label."""
_EVENTS: Final = re.compile(r"events? ([0-9]+(?:(?: to |, )[0-9]+)*)")
_DAYS: Final = re.compile(r"([0-9]+) days? ")
_SAID: Final = frozenset({"which", "what", "why", "how", "rules", "notices", "asked", "last"})
"""Places in which something is said again; all others hold what stands in a dossier."""
_NUMBERS: Final = frozenset("nmkj")
"""Places that hold a number."""


class Sentence(NamedTuple):
    """A sentence of the catalogue: what stands before each of its places, and behind the last; and the Chinese."""

    places: Sequence[tuple[str, str]]
    end: str
    zh: str
    own: str
    """What of it is its own: the more that is, the less is it taken for another."""

    def filled_in(self, said: str) -> Mapping[str, str] | None:
        """What stands in its places, each as short as can be; None where it is another sentence."""
        if not said.endswith(self.end) or not said.startswith(self.places[0][0] if self.places else self.end):
            return None
        rest, found = said.removesuffix(self.end), dict[str, str]()
        for number, (before, place) in enumerate(self.places):
            rest = rest[len(before) :]
            last = number == len(self.places) - 1
            end = len(rest) if last else rest.find(self.places[number + 1][0], 1)
            if end < 1 or (place in _NUMBERS and not rest[:end].isdecimal()):
                return None
            found[place], rest = rest[:end], rest[end:]
        return None if rest else found


def in_chinese(said: str) -> str:
    """What a check says, in Chinese; as it stands where the catalogue has it not."""
    return said if len(said) > LONGEST else _told_in(said, 0)


def _told_in(said: str, deep: int) -> str:
    return "；".join(told or part for part, told in _parts(said, "; ", deep))


def _parts(said: str, sign: str, deep: int) -> Iterator[tuple[str, str | None]]:
    """What is said one after another, each with the Chinese; a sentence may have such a sign itself."""
    parts = said.split(sign)
    while parts:
        own = {end for end in range(2, MOST_SIGNS + 1) if end <= len(parts) and _is_said_by_itself(parts[end - 1])}
        ends = (end for end in range(min(len(parts), MOST_SIGNS), 1, -1) if end not in own)
        longest = ((sign.join(parts[:end]), end) for end in ends)
        whole = ((part, end, found) for part, end in longest if (found := _told(part, sign, deep)) is not None)
        part, end, told = next(whole, None) or (parts[0], 1, _told(parts[0], "", deep))
        yield part, told
        parts = parts[end:]


def _is_said_by_itself(part: str) -> bool:
    """Whether a part is a sentence of its own, and no end of another in whose last place it might stand."""
    return any(sentence.filled_in(part) is not None for sentence in _sentences("") if sentence.places)


def _told(said: str, sign: str, deep: int) -> str | None:
    """One sentence that has such a sign in Chinese, or what is said about something; None where there is neither."""
    if deep > DEEPEST:
        return None
    for sentence in _sentences(sign):
        found = sentence.filled_in(said)
        if found is not None:
            return sentence.zh.format_map({place: _carried_over(place, value, deep) for place, value in found.items()})
    about, colon, rest = said.partition(": ")
    if not colon or sign:
        return None
    told = f"{_told_in(about, deep + 1)}：{_told_in(rest, deep + 1)}"
    return told if told != f"{about}：{rest}" else None


def _carried_over(place: str, value: str, deep: int) -> str:
    """What stands in a place of a sentence."""
    kind = place.partition("_")[0]
    if kind in _LABELS:
        return words(kind).get(value, {}).get("zh", value)
    if place == "events":
        found = _EVENTS.fullmatch(value)
        return f"第{found[1].replace(' to ', '至').replace(', ', '、')}号事件" if found else value
    if place == "lasting":
        return _DAYS.sub(r"\1天", value)
    if place not in _SAID:
        return value
    listed = [told for _, told in _parts(value, ", ", deep + 1)]
    return "，".join(filter(None, listed)) if all(listed) else _told_in(value, deep + 1)


@cache
def _sentences(sign: str) -> Sequence[Sentence]:
    """Those of the catalogue with such a sign, in singular and plural; first those that have the most of their own."""
    found = (each for said in words(SENTENCES).values() for each in _forms(said["en"], said["zh"]))
    return sorted((each for each in found if sign in each.own), key=lambda each: len(each.own), reverse=True)


def _forms(en: str, zh: str) -> Iterator[Sentence]:
    parts = [*Formatter().parse(en)]
    for counted in product(*((spec or "").split("|") for _, _, spec, _ in parts)):
        places, before = list[tuple[str, str]](), ""
        for (literal, place, _, _), form in zip(parts, counted, strict=True):
            before += literal
            if place is not None:
                places.append((before, place))
                before = f" {form}" if form else ""
        yield Sentence(places, before, zh, "".join([*(own for own, _ in places), before]))
