"""Cases as they stood at instants, on a page or as JSON."""

from collections.abc import Sequence
from datetime import datetime

import typer

from audit.replay.case import RecordedCase
from audit.replay.difference import Difference
from audit.replay.hindsight import MovedLimit
from audit.replay.state import HolderThen, PastState
from audit.replay.told import difference_told, state_told, summary_told
from cli.output import print_json, print_pairs, print_table
from cli.timeline_table import print_timeline
from domain.calendar import CHINA, Calendar
from domain.engine.records import Clock
from domain.field_types import on_one_line
from domain.messages import label
from domain.words import Stage


def print_past(
    recorded: RecordedCase,
    past: PastState,
    moved: Sequence[MovedLimit],
    calendar: Calendar,
    known_until: datetime,
    as_json: bool,
) -> None:
    """Tell where a case stood, whose move it was, what each role might do, what had happened, what is known since.

    ``known_until``: what came after that instant, the record cannot know.
    """
    until = known_until.astimezone(CHINA).isoformat()
    if as_json:
        print_json({**state_told(recorded, past, moved), "known_until": until})
        return
    case = recorded.unfiled
    typer.echo(f"{recorded.request_id} {_standing(past)}")
    if past.at > known_until and past.stage is not Stage.CLOSED:
        typer.echo(f"Known until {until}: what came after that is not recorded here.")
    names = f"{case.requester.name or case.requester.code} → {case.provider.name or case.provider.code}"
    typer.echo(on_one_line(f"{names} · {case.resource.name or ''} · {recorded.statute.id}"))
    print_pairs(
        [
            ("waits for", ", ".join(map(_holder, past.holders)) or "nobody"),
            *((f"{role} may", ", ".join(names)) for role, names in past.allowed.items()),
        ]
    )
    print_timeline(past.events, past.clocks, calendar, recorded.statute.id)
    print_table("已知情况变化 known since", MOVED, [_moved(limit) for limit in moved])


MOVED = ("时限 limit", "当时 then", "现在 now", "天数 days", "当时逾期 late then", "现在逾期 late now")


def print_difference(recorded: RecordedCase, found: Difference, calendar: Calendar, as_json: bool) -> None:
    """Tell what changed in a case between two instants."""
    if as_json:
        print_json(difference_told(recorded, found))
        return
    typer.echo(f"{recorded.request_id} {_standing(found.before)}")
    typer.echo(f"{' ' * len(recorded.request_id)} {_standing(found.after)}")
    waits = [", ".join(map(_holder, state.holders)) or "nobody" for state in (found.before, found.after)]
    print_pairs(
        [
            ("waits for", " → ".join(dict.fromkeys(waits))),
            *((f"{role} may now", ", ".join(names)) for role, names in found.gained.items()),
            *((f"{role} may no longer", ", ".join(names)) for role, names in found.lost.items()),
        ]
    )
    print_timeline(found.events, found.after.clocks, calendar, recorded.statute.id)
    rows = [(_clock(clock), "", _ended(clock)) for clock in found.started]
    rows += [(_clock(each.clock), *(_pair(each.changes.get("state"), each.clock))) for each in found.changed]
    print_table("时限变化 limits", ("时限 limit", "前 before", "后 after"), rows)


def print_past_cases(states: Sequence[tuple[RecordedCase, PastState]], following: str | None, as_json: bool) -> None:
    """Tell where each of some cases stood; ``following`` is the cursor of the next page."""
    if as_json:
        print_json({"items": [summary_told(*each) for each in states], "next": following})
        return
    rows = [
        (
            recorded.request_id,
            recorded.events[0].at.isoformat(timespec="minutes"),
            f"{label('stage', state.stage, 'zh')} {state.outcome or state.stage}",
            ", ".join(map(_holder, state.holders)),
            ", ".join(_clock(clock) for clock in state.clocks if clock.open),
        )
        for recorded, state in states
    ]
    heads = ("request", "申请 filed", "阶段 stage", "待办 waits for", "时限 open limits")
    print_table(states[0][1].at.isoformat() if states else "", heads, rows)
    if not states:
        typer.echo("No case.")
    if following is not None:
        typer.echo(f"More: --cursor {following}")


def _standing(past: PastState) -> str:
    outcome = f" · {label('outcome', past.outcome, 'zh')} {past.outcome}" if past.outcome else ""
    return f"{past.at.isoformat()} {label('stage', past.stage, 'zh')} {past.stage}{outcome}"


def _holder(holder: HolderThen) -> str:
    name = f"（{holder.name.zh}）" if holder.name else ""
    return f"{label('role', holder.role, 'zh')}{name} {holder.role}"


def _clock(clock: Clock) -> str:
    return f"{label('clock', clock.id, 'zh')} {clock.id} {clock.due_date}"


def _ended(clock: Clock) -> str:
    return f"{label('clock_state', clock.state, 'zh')} {clock.state}"


def _pair(states: tuple[str, str] | None, clock: Clock) -> tuple[str, str]:
    before, after = states or (clock.state, clock.state)
    return f"{label('clock_state', before, 'zh')} {before}", f"{label('clock_state', after, 'zh')} {after}"


def _moved(limit: MovedLimit) -> tuple[str, ...]:
    then, now = limit.clock.due_date, limit.due_date
    marks = [f"{day}{' (provisional)' if open_ else ''}" for day, open_ in _days(limit, then, now)]
    return (
        f"{label('clock', limit.clock.id, 'zh')} {limit.clock.id}",
        *marks,
        f"{limit.days:+d}",
        *("yes" if late else "no" for late in (limit.late_then, limit.late_now)),
    )


def _days(limit: MovedLimit, then: object, now: object) -> list[tuple[object, bool]]:
    return [(then, limit.clock.provisional), (now, limit.provisional)]
