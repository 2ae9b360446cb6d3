"""What ``shareflow demo`` does: real cases through the real engine, told line by line."""

import secrets
import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from audit.verification.results import CheckResult
from audit.verification.verify import failed
from cli.timeline_table import print_timeline
from domain.calendar import Calendar
from domain.engine.case import Case
from domain.log.keys import Ed25519Signer
from domain.messages import label
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from embedded.demo import demo_cases, play_all
from embedded.demo.forgery import checked_and_forged
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox, sandbox
from procedures.registry import PROCEDURES


async def play_and_tell() -> int:
    """Play the packaged cases and tell them; 0 when all went as expected, else 1."""
    out = Console()
    begun = time.monotonic()
    total = len(demo_cases())
    out.print("[bold]Shareflow 政务数据共享流程引擎[/bold]: starting Temporal and PostgreSQL …")
    wrong = number = 0
    shown: PlayedCase | None = None
    async with sandbox() as ground:
        async for played, differences in play_all(ground):
            number += 1
            out.rule(f"{number}/{total} {played.scenario.name}", align="left")
            _tell(out, played, ground.calendar)
            for difference in differences:
                out.print(f"[red]not as expected: {difference}[/red]")
            wrong += bool(differences)
            shown = max(played, shown or played, key=lambda each: len(each.events))
        proved = shown is not None and await _prove(out, ground, str(shown.request_id))
    seconds = time.monotonic() - begun
    out.rule()
    said = "The dossier holds, and the forged one is refused." if proved else "[red]The dossier proves nothing.[/red]"
    out.print(f"{said} 卷宗核验通过，伪造的被识破。" if proved else said)
    out.print(f"{total - wrong} of {total} cases went as the regulations say, in {seconds:.0f} seconds.")
    return 1 if wrong or not proved else 0


async def _prove(out: Console, ground: Sandbox, request_id: str) -> bool:
    """Show that a dossier holds, and that a forged one does not; whether both came out so."""
    out.rule("卷宗 a dossier: exported, verified, forged", align="left")
    log = Ed25519Signer("shareflow-demo", secrets.token_bytes(32))
    twice = await checked_and_forged(ground, request_id, log)
    out.print(f"{request_id}, {twice.size} bytes; exported under a signed checkpoint 已导出，附签名检查点")
    _tell_checks(out, twice.checked)
    out.print(
        f"Now event {twice.forged_event} is set two days earlier; chain and manifest are computed anew and signed with "
        f"another key.\n现将第{twice.forged_event}号事件提前两天，重算哈希链和清单，换一把密钥签名："
    )
    refused = [result for result in twice.checked_again if result.result == "FAIL"]
    _tell_checks(out, refused)
    return bool(refused) and not failed(twice.checked)


def _tell_checks(out: Console, results: Sequence[CheckResult]) -> None:
    for result in results:
        colour = {"ok": "green", "FAIL": "red", "skipped": "yellow"}[result.result]
        out.print(f"[{colour}]{result.result:7}[/{colour}] {result.check:11} {escape(result.detail)}", soft_wrap=True)


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
