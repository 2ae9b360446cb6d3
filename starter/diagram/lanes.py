"""Where the jumps run: each place that is jumped to has one lane beside the column, on which all that lead there join.

Jumps ahead run on the right, jumps back on the left. Lanes are numbered outwards from the column. The further a lane
leads, the further out it lies, so that no line crosses another where it arrives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starter.diagram.picture import Link, Picture, links_of, places_of


@dataclass(frozen=True)
class Routes:
    """Each link of a picture, by how it runs, and the lane of each place that is jumped to.

    ``straight``: to the next stage, by where it leaves. ``ahead`` and ``back``: the jumps, by where they leave and in
    the order in which they leave, from top to bottom.
    """

    straight: Mapping[str, Sequence[Link]]
    ahead: Mapping[str, Sequence[Link]]
    back: Mapping[str, Sequence[Link]]
    right: Mapping[str, int]
    left: Mapping[str, int]


def routes_of(picture: Picture) -> Routes:
    """How each link of a picture runs."""
    place = {name: number for number, name in enumerate(places_of(picture))}
    ends = {end.id for end in picture.ends}
    straight: dict[str, list[Link]] = {}
    ahead: dict[str, list[Link]] = {}
    back: dict[str, list[Link]] = {}
    for link in links_of(picture):
        steps = place[link.end] - place[link.start]
        if steps == 1 and link.end not in ends:
            side = straight
        elif steps > 0:
            side = ahead
        else:
            side = back
        side.setdefault(link.start, []).append(link)
    # What goes furthest ahead leaves highest, what goes furthest back lowest: so those of one stage do not cross.
    for links in (*ahead.values(), *back.values()):
        links.sort(key=lambda link: -place[link.end])
    return Routes(straight, ahead, back, _right_lanes(ahead, place), _left_lanes(back, place))


def _right_lanes(ahead: Mapping[str, Sequence[Link]], place: Mapping[str, int]) -> Mapping[str, int]:
    """From the highest place that jumps there down to it. One lane may end at a stage and another begin there."""
    first = {end: min(starts) for end, starts in _starts(ahead, place).items()}
    lanes: dict[str, int] = {}
    for end in sorted(first, key=place.__getitem__):
        beside = [lanes[other] for other in lanes if place[other] > first[end]]
        lanes[end] = max(beside, default=-1) + 1
    return lanes


def _left_lanes(back: Mapping[str, Sequence[Link]], place: Mapping[str, int]) -> Mapping[str, int]:
    """From the lowest place that jumps there up to it."""
    last = {end: max(starts) for end, starts in _starts(back, place).items()}
    lanes: dict[str, int] = {}
    for end in sorted(last, key=lambda name: -place[name]):
        beside = [lanes[other] for other in lanes if place[other] <= last[end]]
        lanes[end] = max(beside, default=-1) + 1
    return lanes


def _starts(side: Mapping[str, Sequence[Link]], place: Mapping[str, int]) -> Mapping[str, Sequence[int]]:
    """By place that is jumped to: the numbers of the places from which."""
    starts: dict[str, list[int]] = {}
    for links in side.values():
        for link in links:
            starts.setdefault(link.end, []).append(place[link.start])
    return starts
