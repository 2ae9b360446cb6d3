"""A case as it stood at an instant, on a page or as JSON."""

import typer

from cli.output import print_json, print_pairs
from cli.timeline_table import print_timeline
from domain.calendar import Calendar
from domain.messages import label
from embedded.simulate.report import clock_json
from ledger.queries.views import CaseDetail
from starter.looking_back import PastState


def print_past(detail: CaseDetail, past: PastState, calendar: Calendar, as_json: bool) -> None:
    """Tell where a case stood, whose move it was, what each role might do, and what had happened."""
    if as_json:
        print_json(
            {
                "request_id": detail.request_id,
                "statute": detail.statute,
                "at": past.at.isoformat(),
                "stage": past.stage,
                "outcome": past.outcome,
                "waits_for": past.waits_for,
                "allowed": past.allowed,
                "clocks": [clock_json(clock, detail.statute) for clock in past.clocks],
                "events": [event.model_dump(mode="json") for event in past.events],
            }
        )
        return
    outcome = f" · {label('outcome', past.outcome, 'zh')} {past.outcome}" if past.outcome else ""
    typer.echo(f"{detail.request_id} {past.at.isoformat()} {label('stage', past.stage, 'zh')} {past.stage}{outcome}")
    typer.echo(f"{detail.requester_name} → {detail.provider_name} · {detail.resource_name} · {detail.statute}")
    waits = ", ".join(f"{label('role', role, 'zh')} {role}" for role in past.waits_for)
    print_pairs(
        [
            ("waits for", waits or "nobody"),
            *((f"{role} may", ", ".join(names)) for role, names in past.allowed.items()),
        ]
    )
    print_timeline(past.events, past.clocks, calendar, detail.statute)
