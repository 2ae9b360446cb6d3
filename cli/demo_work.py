"""What ``shareflow demo`` does: real cases through the real engine, told line by line."""

import time

from rich.console import Console

from cli.timeline_table import print_timeline
from domain.calendar import Calendar
from domain.engine.case import Case
from domain.messages import label
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from embedded.demo import demo_cases, play_all
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import sandbox
from procedures.registry import PROCEDURES


async def play_and_tell() -> int:
    """Play the packaged cases and tell them; 0 when all went as expected, else 1."""
    out = Console()
    begun = time.monotonic()
    total = len(demo_cases())
    out.print("[bold]Shareflow 政务数据共享流程引擎[/bold]: starting Temporal and PostgreSQL …")
    wrong = number = 0
    async with sandbox() as ground:
        async for played, differences in play_all(ground):
            number += 1
            out.rule(f"{number}/{total} {played.scenario.name}", align="left")
            _tell(out, played, ground.calendar)
            for difference in differences:
                out.print(f"[red]not as expected: {difference}[/red]")
            wrong += bool(differences)
    seconds = time.monotonic() - begun
    out.rule()
    out.print(f"{total - wrong} of {total} cases went as the regulations say, in {seconds:.0f} seconds.")
    return 1 if wrong else 0


def _tell(out: Console, played: PlayedCase, calendar: Calendar) -> None:
    procedure = PROCEDURES[played.scenario.procedure]
    statute = get_statute(played.scenario.statute)
    case: Case = procedure.new_case("", statute, default_policy(), played.scenario.request)
    out.print(
        f"{label('procedure', procedure.name, 'zh')} · "
        f"{case.requester.name} → {case.provider.name} · {case.resource.name or ''} · "
        f"{played.scenario.statute} · {played.request_id}"
    )
    print_timeline(played.events, played.clocks, calendar, played.scenario.statute)
    if played.case and played.case.outcome:
        outcome = played.case.outcome
        out.print(
            f"结果 outcome: [bold]{label('outcome', outcome, 'zh')} {label('outcome', outcome, 'en')}[/bold]"
            f" · {played.history_length} history events\n"
        )
