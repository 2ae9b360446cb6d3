"""How a case shows itself to people in Temporal's own pages: timer summaries, and the details page."""

from collections.abc import Sequence

from domain.engine.case import Case
from domain.engine.timers import Due, Instant
from domain.messages import label


def wait_summary(what: str, case: Case, instant: Instant) -> str:
    """What a timer waits for, for people who read the history in Temporal's UI."""
    clock = case.clocks[instant.number]
    kind = {Due.WARNING: "warn", Due.BREACH: "limit ends"}.get(instant.what, "supervision")
    return f"{what}: {kind}, {clock.id.value} due {clock.due_date.isoformat()}"[:200]


def case_details(case: Case, stuck: Sequence[str] = ()) -> str:
    """The details page: where the case stands, who must act, until when (Markdown)."""
    lines = [
        f"**{label('stage', case.stage, 'zh')}** · {label('stage', case.stage, 'en')}",
        "",
        f"{case.statute.title.zh} · {case.requester.name} → {case.provider.name}",
    ]
    for clock in case.clocks.values():
        above = case.statute.regulations.get(clock.statute or "")
        article = f"{f'《{above.title.zh}》' if above else ''}第{clock.article}条"
        basis = article if clock.article else label("basis", clock.basis, "zh")
        state = label("clock_state", clock.state, "zh")
        lines.append(f"- {label('clock', clock.id, 'zh')} ({basis}): {clock.due_date.isoformat()} {state}")
    lines += [f"\n**stuck: {reason}**" for reason in stuck]
    return "\n".join(lines)
