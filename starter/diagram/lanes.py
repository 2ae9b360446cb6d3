"""Lanes of jumps: each target of jumps has one lane beside the column, on which all jumps to it join.

Forward jumps run on the right, backward jumps on the left. Lanes are numbered outwards from the column; the longer a
lane, the further out it is, so that no lines cross where they arrive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starter.diagram.picture import Link, Picture, links_of, places_of


@dataclass(frozen=True)
class Routes:
    """The links of a picture by their course, and the lane of each target of jumps.

    ``straight``: links to the next stage, by start. ``ahead`` and ``back``: the jumps by start, in order from top to
    bottom.
    """

    straight: Mapping[str, Sequence[Link]]
    ahead: Mapping[str, Sequence[Link]]
    back: Mapping[str, Sequence[Link]]
    right: Mapping[str, int]
    left: Mapping[str, int]


def routes_of(picture: Picture) -> Routes:
    """The course of each link of a picture."""
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
    # The furthest forward jump leaves highest, the furthest backward jump lowest, so those of a stage do not cross.
    for links in (*ahead.values(), *back.values()):
        links.sort(key=lambda link: -place[link.end])
    return Routes(straight, ahead, back, _right_lanes(ahead, place), _left_lanes(back, place))


def _right_lanes(ahead: Mapping[str, Sequence[Link]], place: Mapping[str, int]) -> Mapping[str, int]:
    """Lanes from the highest start down to each target. One lane may end at a stage where another begins."""
    first = {end: min(starts) for end, starts in _starts(ahead, place).items()}
    lanes: dict[str, int] = {}
    for end in sorted(first, key=place.__getitem__):
        beside = [lanes[other] for other in lanes if place[other] > first[end]]
        lanes[end] = max(beside, default=-1) + 1
    return lanes


def _left_lanes(back: Mapping[str, Sequence[Link]], place: Mapping[str, int]) -> Mapping[str, int]:
    """Lanes from the lowest start up to each target."""
    last = {end: max(starts) for end, starts in _starts(back, place).items()}
    lanes: dict[str, int] = {}
    for end in sorted(last, key=lambda name: -place[name]):
        beside = [lanes[other] for other in lanes if place[other] <= last[end]]
        lanes[end] = max(beside, default=-1) + 1
    return lanes


def _starts(side: Mapping[str, Sequence[Link]], place: Mapping[str, int]) -> Mapping[str, Sequence[int]]:
    """For each target of jumps, the numbers of the places where they start."""
    starts: dict[str, list[int]] = {}
    for links in side.values():
        for link in links:
            starts.setdefault(link.end, []).append(place[link.start])
    return starts
