"""Merging a local text with the regulation above it, part by part, with a record of each."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from domain.clocks import ClockId
from domain.messages import words
from domain.statutes.merging_rectification import join_rectification
from domain.statutes.model import ROUTED, Clause, Name, Statute
from domain.statutes.overlay_model import OverlayChange
from domain.words import SharingClass

Data = dict[str, Any]
How = Literal["stays", "replaces", "adds", "gives_way"]


@dataclass(frozen=True)
class Cited:
    """A clause with its regulation and, if it sets a limit, the length of the limit."""

    regulation: str
    clause: Clause
    amount: int | None = None
    unit: str | None = None


@dataclass(frozen=True)
class StandingPart:
    """What applies for one part, what it replaces, and why; ``rule``: the general rule, if the file does not say."""

    part: str
    how: How
    stands: Cited | None
    instead_of: Cited | None
    why: Name
    rule: str | None = None


class MergeError(ValueError):
    """A change is impossible; ``key`` is the key of the change at fault, the message the reason."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


class Merging:
    """A local text being merged: ``merged`` is the statute's data so far, ``standings`` the record of its parts."""

    def __init__(self, local: Statute, upper_id: str, upper: Mapping[str, Any]) -> None:
        self._local: Data = local.model_dump(mode="json")
        self._local_id = local.id.partition("+")[0]
        self._upper_id = upper_id
        self._upper: Data = _stamped(copy.deepcopy(dict(upper)), upper_id)
        self._named: list[str] = []
        self.merged: Data = copy.deepcopy(self._local)
        self.standings: list[StandingPart] = []

    # Changes of the overlay file

    def change(self, change: OverlayChange) -> None:
        """Make one change of the file. Raises MergeError."""
        steps = change.part.split(".")
        if change.part in self._named:
            raise MergeError("part", f"“{change.part}” is changed a second time")
        if steps[0] == "limits" and len(steps) == 4:
            self._change_part_of_limit(change, steps)
        elif steps[0] == "limits":
            self._change_limit(change, steps)
        else:
            self._change_section(change, steps)
        self._named.append(change.part)

    def _change_limit(self, change: OverlayChange, steps: Sequence[str]) -> None:
        clock, sharing_class = _limit_named(steps, change.part, "part")
        if change.how == "gives_way":
            raise MergeError("how", "cannot be gives_way for a limit: the stricter one stands")
        now = _limit_for(self.merged["limits"], clock, sharing_class)
        _refuse_unless(change, now is not None)
        row = {**self._above(change), "clock": clock, "sharing_class": sharing_class}
        if now is not None and now["unit"] == row["unit"] and now["amount"] < row["amount"]:
            raise MergeError("part", f"“{change.part}” would be longer than the local limit, which stays")
        self._put_limit(row)
        self._tell(change.part, change.how, row, now, change.why)

    def _change_part_of_limit(self, change: OverlayChange, steps: Sequence[str]) -> None:
        """Change ``from_filing`` or ``overall`` of a class's limit that the local text lacks. Raises MergeError."""
        clock, sharing_class = _limit_named(steps[:3], change.part, "part")
        name, now = steps[3], _limit_for(self.merged["limits"], clock, sharing_class)
        if name not in _PARTS_OF_A_LIMIT or now is None:
            raise MergeError("part", f"“{change.part}” is no part of a limit")
        if change.how != "adds":
            raise MergeError("how", f"must be adds: the local text has no {change.part}")
        above = self._above(change)
        stands = {key: above[key] for key in ("amount", "unit", "clause")} if isinstance(above, dict) else above
        self._put_limit({**now, "sharing_class": sharing_class, name: stands})
        self._tell(change.part, change.how, stands, None, change.why, now)

    def _change_section(self, change: OverlayChange, steps: Sequence[str]) -> None:
        if not exists(Statute, steps):
            raise MergeError("part", f"“{change.part}” is no part of a statute")
        holder, now = _walk(self.merged, steps)
        if holder is None:
            raise MergeError("part", f"“{change.part}” stands in a part that the local text does not have")
        _refuse_unless(change, now not in (None, [], {}))
        if change.how == "gives_way":
            if change.to is None:
                raise MergeError("how", "is gives_way, but to does not name the part that takes over")
            holder[steps[-1]] = None
            self._tell(change.part, change.how, self._upper_part(change.to, "to"), now, change.why)
            return
        above = self._above(change)
        holder[steps[-1]] = above
        cited = self._cited_above(change)
        replaced = _walk(self._local, change.cite.split("."))[1] if change.cite and now else now
        self._tell(change.part, change.how, above, replaced or now, change.why, cited)

    def _above(self, change: OverlayChange) -> Any:
        """The replacement of a part: written out in the file, or from the regulation above."""
        if change.value is not None and change.take is not None:
            raise MergeError("value", "and take cannot both be given")
        if change.to is not None and change.how != "gives_way":
            raise MergeError("to", "stands only where how is gives_way")
        if change.value is not None:
            return _stamped(copy.deepcopy(change.value), self._upper_id)
        return copy.deepcopy(self._upper_part(change.take or change.part, "take" if change.take else "part"))

    def _upper_part(self, name: str, key: str) -> Any:
        steps = name.split(".")
        if steps[0] == "limits":
            found = _limit_for(self._upper.get("limits", []), *_limit_named(steps, name, key))
        else:
            _, found = _walk(self._upper, steps)
        if found is None:
            raise MergeError(key, f"“{name}” is no part of {self._upper_id}")
        return found

    def _cited_above(self, change: OverlayChange) -> Any:
        """The citation for a part without a clause: as the file says, or of the nearest enclosing part with one."""
        if change.cite is not None:
            return self._upper_part(change.cite, "cite")
        around = (change.take or change.part).split(".")[:-1]
        return _walk(self._upper, around)[1] if around else None

    # General rules

    def apply_rules(self, grounds: Mapping[str, str]) -> None:
        """Apply the general rules: stricter limits apply, gaps are filled from above, everything else stays.

        ``grounds``: local grounds of rectification, each with the ground above that it falls under. Raises MergeError
        for limits that cannot be compared, and for unknown grounds.
        """
        for clock in dict.fromkeys(limit["clock"] for limit in self._upper.get("limits", [])):
            self._stricter(clock)
        self._join_duties()
        for name, above in self._upper.items():
            if name not in ("limits", "routes"):
                self._fill(self.merged, name, above, name)
        self._join_rectification(grounds)
        for name, above in self._upper.items():
            here = self._local.get(name)
            if name not in self._named and name in self._local and _clause(here) and _clause(above):
                self._tell(name, "stays", here, above, _why("local_stays"), rule="local_stays")

    def _join_duties(self) -> None:
        """Add the duties of the text above to the local ones; on equal ids the local duty stays."""
        own = {duty["id"] for duty in self._local.get("duties") or ()}
        for duty in self._upper.get("duties") or () if own and "duties" not in self._named else ():
            if duty["id"] not in own:
                self.merged["duties"].append(copy.deepcopy(duty))
                self._tell(f"duties.{duty['id']}", "adds", duty, None, _why("left_out"), rule="left_out")

    def _join_rectification(self, grounds: Mapping[str, str]) -> None:
        local, above = self._local.get("rectification"), self._upper.get("rectification")
        _refuse_unlisted(grounds, local, above)
        if local and above and not any(part.startswith("rectification") for part in self._named):
            for part, stands in join_rectification(self.merged["rectification"], above, grounds):
                self._tell(part, "adds", stands, None, _why("left_out"), rule="left_out")

    def _stricter(self, clock: str) -> None:
        """The stricter limits of one clock: the general one, and one for each class that either text mentions."""
        own = [x for x in self.merged["limits"] if x["clock"] == clock]
        above = [x for x in self._upper["limits"] if x["clock"] == clock]
        stands: list[Data] = []
        for sharing_class in dict.fromkeys([None, *(x["sharing_class"] for x in [*own, *above])]):
            part = f"limits.{clock}" + (f".{sharing_class}" if sharing_class else "")
            here, there = (_limit_for(limits, clock, sharing_class) for limits in (own, above))
            if part in self._named or there is None or not self._can_run(clock, sharing_class):
                stands += [x for x in own if x["sharing_class"] == sharing_class]
                continue
            chosen = self._choose(part, here, there)
            if chosen is not _limit_for(stands, clock, sharing_class):
                stands.append(
                    chosen if chosen["sharing_class"] == sharing_class else {**chosen, "sharing_class": sharing_class}
                )
        first = next((i for i, x in enumerate(self.merged["limits"]) if x["clock"] == clock), None)
        others = [x for x in self.merged["limits"] if x["clock"] != clock]
        place = len(others) if first is None else first
        self.merged["limits"] = [*others[:place], *stands, *others[place:]]

    def _choose(self, part: str, here: Data | None, there: Data) -> Data:
        """The stricter of two limits. Raises MergeError if they cannot be compared."""
        if here is None:
            self._tell(part, "adds", there, None, _why("limit_added"), rule="limit_added")
            return there
        if _no_longer(here, there):
            self._tell(part, "stays", here, there, _why("stricter_limit_stays"), rule="stricter_limit_stays")
            return here
        self._tell(part, "replaces", there, here, _why("stricter_limit_stands"), rule="stricter_limit_stands")
        return there

    def _can_run(self, clock: str, sharing_class: str | None) -> bool:
        """Whether a case of the class can reach the stage that the clock measures, if it measures one."""
        if clock not in ROUTED:
            return True
        routes = [x for x in self.merged["routes"] if sharing_class in (None, x["sharing_class"])]
        return any(clock in (x["opens"], x.get("then")) for x in routes)

    def _put_limit(self, row: Data) -> None:
        limits = self.merged["limits"]
        key = (row["clock"], row["sharing_class"])
        for place, each in enumerate(limits):
            if (each["clock"], each["sharing_class"]) == key:
                limits[place] = row
                return
        limits.append(row)

    def _fill(self, holder: Data, name: str, above: Any, part: str) -> None:
        if part in self._named or part in _JOINED or not isinstance(above, dict | list) or not above:
            return
        here = holder.get(name)
        if here in (None, [], {}):
            holder[name] = copy.deepcopy(above)
            if not any(_clauses(above)):
                return  # what has no clause is practice, not something that the regulation above says
            # A list has no clause of its own: its source is that of its first member, or of the enclosing part.
            member = next(_clauses(above), None) if isinstance(above, list) else None
            around = member or _walk(self._upper, part.split(".")[:-1])[1]
            self._tell(part, "adds", above, None, _why("left_out"), around, rule="left_out")
        elif isinstance(here, dict) and isinstance(above, dict) and not _is_clause(above):
            for inner, value in above.items():
                self._fill(here, inner, value, f"{part}.{inner}")

    # The record

    def _tell(
        self,
        part: str,
        how: How,
        stands: Any,
        instead_of: Any,
        why: Name,
        around: Any = None,
        rule: str | None = None,
    ) -> None:
        old = instead_of if _clause(instead_of) else _walk(self._local, part.split(".")[:-1])[1]
        self.standings.append(
            StandingPart(
                part,
                how,
                self._cited(stands if _clause(stands) else around),
                self._cited(old) if instead_of is not None else None,
                why,
                rule,
            )
        )

    def _cited(self, value: Any) -> Cited | None:
        found = _clause(value)
        if found is None:
            return None
        clause = Clause.model_validate(found)
        amount, unit = (value.get(key) for key in ("amount", "unit")) if isinstance(value, dict) else (None, None)
        return Cited(clause.statute or self._local_id, clause, amount, unit)


_JOINED = frozenset({"rectification.grounds", "rectification.steps"})
"""Lists that are joined instead of replaced if empty."""
_PARTS_OF_A_LIMIT = frozenset({"from_filing", "overall"})


def _refuse_unlisted(grounds: Mapping[str, str], local: Data | None, above: Data | None) -> None:
    own, listed = ({x["id"] for x in each["grounds"]} if each else set() for each in (local, above))
    for ground, upper in grounds.items():
        if ground not in own:
            raise MergeError("grounds", f"names “{ground}”, which is no ground of the local text")
        if upper not in listed:
            raise MergeError("grounds", f"names “{upper}”, which is no ground of the text above")
        if ground in listed:
            raise MergeError("grounds", f"names “{ground}”, which the text above lists under the same name")


def _why(rule: str) -> Name:
    return Name.model_validate(words("overlay_rule")[rule])


def _refuse_unless(change: OverlayChange, there: bool) -> None:
    if change.how == "adds" and there:
        raise MergeError("how", f"cannot be adds: the local text has {change.part}")
    if change.how != "adds" and not there:
        raise MergeError("how", f"cannot be {change.how}: the local text has no {change.part}")


def _limit_named(steps: Sequence[str], name: str, key: str) -> tuple[str, str | None]:
    clock, sharing_class = (steps[1] if len(steps) > 1 else ""), (steps[2] if len(steps) > 2 else None)
    if len(steps) > 3 or clock not in set(ClockId) or sharing_class not in (None, *SharingClass):
        raise MergeError(key, f"“{name}” is no part of a statute: limits go by clock, or by clock and class")
    return clock, sharing_class


def _limit_for(limits: Sequence[Data], clock: str, sharing_class: str | None) -> Data | None:
    """The limit for a clock and class: that of the class, otherwise the general one."""
    fitting = [x for x in limits if x["clock"] == clock and x["sharing_class"] in (sharing_class, None)]
    return min(fitting, key=lambda x: x["sharing_class"] is None, default=None)


def _no_longer(own: Data, above: Data) -> bool:
    """Whether the local limit is not longer than the one above. Raises MergeError if they cannot be compared."""
    if own["unit"] != above["unit"]:
        reason = f"leave open which limit for {own['clock']} is stricter, {own['unit']} or {above['unit']}: name it"
        raise MergeError("changes", reason)
    return bool(own["amount"] <= above["amount"])


def _is_clause(value: Any) -> bool:
    return isinstance(value, dict) and "article" in value and "quote" in value


def _clause(value: Any) -> Data | None:
    """The clause of a part: itself, or the one it has."""
    if _is_clause(value):
        return dict(value)
    if isinstance(value, dict) and _is_clause(value.get("clause")):
        return dict(value["clause"])
    return None


def _stamped(value: Any, regulation: str) -> Any:
    """A part of a statute in which every clause names its regulation: ``regulation``, unless it names one already."""
    for clause in _clauses(value):
        clause.setdefault("statute", regulation)
    return value


def _clauses(value: Any) -> Iterator[Data]:
    if _is_clause(value):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _clauses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _clauses(inner)


def _walk(data: Data, steps: Sequence[str]) -> tuple[Data | None, Any]:
    """The container of the part at the end of the steps, and the part; None if there is none."""
    holder: Any = None
    value: Any = data
    for step in steps:
        if not isinstance(value, dict):
            return None, None
        holder, value = value, value.get(step)
    return holder, value


def exists(model: type[BaseModel], steps: Sequence[str]) -> bool:
    """Whether a statute can have a part of this name."""
    field = model.model_fields.get(steps[0])
    return field is not None and _leads(field.annotation, steps[1:])


def _leads(kind: Any, steps: Sequence[str]) -> bool:
    if not steps:
        return True
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return exists(kind, steps)
    if get_origin(kind) is dict:
        key, value = get_args(kind)
        return issubclass(key, Enum) and steps[0] in set(key) and _leads(value, steps[1:])
    return any(_leads(option, steps) for option in get_args(kind) if option is not type(None))
