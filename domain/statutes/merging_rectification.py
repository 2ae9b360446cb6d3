"""Rectification under two texts: local grounds and steps stay, and those of the regulation above are added.

A ground in both texts stays as in the local one, but the regulation's steps apply to it too. A local ground that the
regulation has under another name, or under its 其他情形, is listed in the overlay file (``grounds``); one that the
regulation does not have keeps only its local steps. The last item of each text (其他情形) is about that text alone:
both stay, under different names.
"""

import copy
from collections.abc import Collection, Mapping
from typing import Any

from domain.statutes.sections import Ground, RectificationRules

Data = dict[str, Any]
Joined = list[tuple[str, Data]]
"""The added parts, each with its path and content."""


def join_rectification(local: Data, above: Data, falls_under: Mapping[str, str]) -> Joined:
    """Add to ``local`` what only the regulation above has, and return that. Changes ``local``.

    ``falls_under``: local grounds, each with the ground above that it falls under.
    """
    own = [ground["id"] for ground in local["grounds"]]
    names = {
        ground["id"]: _joined_name(ground["id"], own if ground.get("residual") else ()) for ground in above["grounds"]
    }
    joined = _join_grounds(local, above, names)
    for step in local["steps"]:
        # A step without grounds was for all grounds of its own text, and stays for those.
        step["grounds"] = step["grounds"] or own
    return joined + _join_steps(local, above, names, falls_under)


def joined_ground(merged: RectificationRules, ground: Ground) -> Ground | None:
    """A ground of the regulation above as the merged text has it, if it does."""
    other = merged.ground(_joined_name(ground.id, [ground.id])) if ground.residual else None
    return other or merged.ground(ground.id)


def _joined_name(name: str, taken: Collection[str]) -> str:
    return f"national_{name}" if name in taken else name


def _join_grounds(local: Data, above: Data, names: Mapping[str, str]) -> Joined:
    here = {ground["id"]: ground for ground in local["grounds"]}
    taken = {clock for ground in local["grounds"] if not ground.get("residual") for clock in ground["clocks"]}
    joined: Joined = []
    for ground in above["grounds"]:
        name = names[ground["id"]]
        left = [clock for clock in ground["clocks"] if clock not in taken]
        if name in here:
            here[name]["clocks"] += left
            continue
        added = {**copy.deepcopy(ground), "id": name, "clocks": left}
        added["notice"] = added["notice"] or copy.deepcopy(above["clause"])
        added["by"] = added["by"] or (above["by"] if above["by"] != local["by"] else None)
        local["grounds"].append(added)
        joined.append((f"rectification.grounds.{name}", added))
    return joined


def _join_steps(local: Data, above: Data, names: Mapping[str, str], falls_under: Mapping[str, str]) -> Joined:
    own = {step["id"] for step in local["steps"]}
    joined: Joined = []
    for step in above["steps"]:
        # A step without grounds is for all grounds of its own text, and for no others.
        meant = step["grounds"] or list(names)
        also = [ground for ground, listed in falls_under.items() if listed in meant]
        # Both texts may have a step of one name under different conditions: both stay, under different names.
        name = _joined_name(step["id"], own)
        added = {**copy.deepcopy(step), "id": name, "grounds": [*(names[ground] for ground in meant), *also]}
        local["steps"].append(added)
        joined.append((f"rectification.steps.{name}", added))
    return joined
