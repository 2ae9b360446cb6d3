"""Rectification under two texts: local grounds and steps stay, and those of the regulation above are added.

A ground in both texts stays as in the local one, but the regulation's steps apply to it too. A local ground that the
regulation has under another name, or under its 其他情形, is listed in the overlay file (``grounds``); one that the
regulation does not have keeps only its local steps.
"""

import copy
from collections.abc import Mapping
from typing import Any

Data = dict[str, Any]
Joined = list[tuple[str, Data]]
"""The added parts, each with its path and content."""


def join_rectification(local: Data, above: Data, falls_under: Mapping[str, str]) -> Joined:
    """Add to ``local`` what only the regulation above has, and return that. Changes ``local``.

    ``falls_under``: local grounds, each with the ground above that it falls under.
    """
    own = [ground["id"] for ground in local["grounds"]]
    joined = _join_grounds(local, above)
    for step in local["steps"]:
        # A step without grounds was for all grounds of its own text, and stays for those.
        step["grounds"] = step["grounds"] or own
    return joined + _join_steps(local, above, falls_under)


def _join_grounds(local: Data, above: Data) -> Joined:
    here = {ground["id"]: ground for ground in local["grounds"]}
    taken = {clock for ground in local["grounds"] for clock in ground["clocks"]}
    joined: Joined = []
    for ground in above["grounds"]:
        left = [clock for clock in ground["clocks"] if clock not in taken]
        if ground["id"] in here:
            here[ground["id"]]["clocks"] += left
            continue
        added = {**copy.deepcopy(ground), "clocks": left}
        added["notice"] = added["notice"] or copy.deepcopy(above["clause"])
        added["by"] = added["by"] or (above["by"] if above["by"] != local["by"] else None)
        local["grounds"].append(added)
        joined.append((f"rectification.grounds.{ground['id']}", added))
    return joined


def _join_steps(local: Data, above: Data, falls_under: Mapping[str, str]) -> Joined:
    names = {step["id"] for step in local["steps"]}
    listed_above = [ground["id"] for ground in above["grounds"]]
    joined: Joined = []
    for step in above["steps"]:
        # A step without grounds is for all grounds of its own text, and for no others.
        meant = step["grounds"] or listed_above
        also = [own for own, listed in falls_under.items() if listed in meant]
        # Both texts may have a step of one name under different conditions: both stay, under different names.
        name = f"national_{step['id']}" if step["id"] in names else step["id"]
        added = {**copy.deepcopy(step), "id": name, "grounds": [*meant, *also]}
        local["steps"].append(added)
        joined.append((f"rectification.steps.{name}", added))
    return joined
