"""Rectification under two texts: the local grounds and steps stay, and those of the regulation above join them.

A ground that both texts list stays as the local one has it; what the regulation does about it may follow all the
same. A local ground that the regulation lists under another name, or under its 其他情形, is named in the overlay's
file (``grounds``); one that it does not list keeps its local steps alone.
"""

import copy
from collections.abc import Mapping
from typing import Any

Data = dict[str, Any]
Joined = list[tuple[str, Data]]
"""What has joined, as the part and what stands there."""


def join_rectification(local: Data, above: Data, falls_under: Mapping[str, str]) -> Joined:
    """Add to ``local`` what the regulation above has and it leaves out, and return that. ``local`` is changed.

    ``falls_under``: local grounds, with the ground above that each comes under.
    """
    own = [ground["id"] for ground in local["grounds"]]
    joined = _join_grounds(local, above)
    for step in local["steps"]:
        # Without grounds a step is for all; it was for all of its own text, and stays with those.
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
    joined: Joined = []
    for step in above["steps"]:
        also = [own for own, listed in falls_under.items() if listed in step["grounds"]]
        # Both texts may know a step of one name under different conditions: each stands, and has a name of its own.
        name = f"national_{step['id']}" if step["id"] in names else step["id"]
        added = {**copy.deepcopy(step), "id": name, "grounds": [*step["grounds"], *also]}
        local["steps"].append(added)
        joined.append((f"rectification.steps.{name}", added))
    return joined
