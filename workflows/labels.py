"""How a case appears in Temporal's own UI, and its answers to updates and queries."""

from collections.abc import Sequence

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.engine.timers import Instant, TimerKind
    from domain.messages import label
    from procedures.registry import procedure_of
    from protocol.messages import CaseState, CaseView
    from protocol.search_attributes import change_of_reasons


def state_of(case: Case, asked: str | None = None) -> CaseState:
    """The state of the case; ``asked`` is that of the call that filed it just now."""
    return CaseState(
        request_id=case.request_id,
        statute=case.statute.id,
        stage=case.stage,
        outcome=case.outcome,
        head=case.head,
        asked=asked,
    )


def view_of(case: Case, following: Instant | None, stuck: Sequence[str]) -> CaseView:
    """A summary of the case: ``following`` is the next instant due, ``stuck`` what it waits for."""
    return CaseView(
        request_id=case.request_id,
        statute=case.statute.id,
        stage=case.stage,
        outcome=case.outcome,
        head=case.head,
        next_at=following.at if following else None,
        clocks=list(case.clocks.values()),
        stuck=stuck,
    )


def show(case: Case, stuck: Sequence[str]) -> None:
    """Update the details page in Temporal's UI and, if it changed, the search attribute that says why it is stuck."""
    workflow.set_current_details(case_details(case, stuck))
    changed = change_of_reasons(workflow.info().typed_search_attributes, stuck)
    if changed is not None:
        workflow.upsert_search_attributes([changed])


def wait_summary(case: Case, instant: Instant) -> str:
    """What a timer waits for, for people who read the history in Temporal's UI."""
    clock = case.clocks[instant.number]
    what = procedure_of(case).process[case.stage].caption
    kind = {TimerKind.WARNING: "warn", TimerKind.BREACH: "limit ends"}.get(instant.what, "supervision")
    return f"{what}: {kind}, {clock.id.value} due {clock.due_date.isoformat()}"[:200]


def case_details(case: Case, stuck: Sequence[str] = ()) -> str:
    """The details page (Markdown): stage, parties, clocks with their due dates, and why the case is stuck."""
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
