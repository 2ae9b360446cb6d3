"""How long pages of the console take over a ledger of a hundred thousand cases, and the slowest question behind each.

Part of ``python -m bench lists``. Each page is asked for again and again over HTTP within this process, by whoever uses
it most; the cases of the ledger are copied whole, so that what happened in closed ones is looked at as it would be.
``page.NAME_ms_p95`` is what a page takes from the request to its last byte, ``page.NAME_query_ms_p95`` its slowest
statement.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NoReturn

import httpx
from sqlalchemy import Engine, event, select, text, update
from temporalio.client import Client

from api.app import create_app
from api.assessment.figures import answering, assessment
from api.assessment.schemas import PeriodIn
from api.assessment.seal_schemas import SealIn
from api.assessment.sealing import seal
from api.context import AppContext, open_context
from api.settings import ApiSettings
from bench.cases import APPLICATION
from bench.originals import department
from bench.rounds import percentile
from console.app import add_console
from domain.access import EVERYWHERE, Caller
from domain.calendar import day_of
from domain.engine.records import Actor, Event, Step
from domain.model import complete
from domain.words import EventType, Role, Stage
from ledger.engine import connect
from ledger.queries.assessed_parts import kept
from ledger.queries.views import CaseFilter
from ledger.recording import record_step
from ledger.tables import cases
from starter.engine_client import ShareflowClient
from starter.tokens import new_issuer

ASKED, WARMING = 20, 2
AT_MOST_SECONDS: Final = 10.0
"""For one page."""
NOBODY: Final = "127.0.0.1:9"
"""Where Temporal would be: these pages do not ask it."""
BUREAU, AUDITOR = (Role.BUREAU, "bureau"), (Role.AUDITOR, "")
PROVIDER: Final = (Role.PROVIDER, department(APPLICATION.provider.code or ""))
PAGES: Final[Mapping[str, tuple[tuple[Role, str], str]]] = {
    "desk": (PROVIDER, "/desk"),
    "desk_of_the_bureau": (BUREAU, "/desk"),
    "desk_done": (PROVIDER, "/desk?tab=done"),
    "case": (BUREAU, "/cases/{case}"),
    "supervision": (BUREAU, "/supervision"),
    "supervision_cases": (BUREAU, "/supervision/cases"),
    "disputes": (BUREAU, "/disputes"),
    "assessment": (BUREAU, "/assessment"),
    "assessment_cases": (BUREAU, "/assessment/cases"),
    "calendar": (PROVIDER, "/calendar"),
    "statutes": (PROVIDER, "/statutes"),
    "statute": (BUREAU, "/statutes/nantong-2020"),
    "statute_of_a_department": (PROVIDER, "/statutes/nantong-2020"),
    "resources": (BUREAU, "/statutes/resources"),
    "stuck": (BUREAU, "/stuck"),
    "audit": (AUDITOR, "/audit"),
    "audit_case": (AUDITOR, "/audit/cases/{case}"),
    "audit_findings": (AUDITOR, "/audit/findings"),
    "audit_acts": (AUDITOR, "/audit/acts"),
}

SEALED: Final[Mapping[str, tuple[tuple[Role, str], str]]] = {
    "assessment_sealed": (BUREAU, "/assessment?from={first}&to={last}"),
    "seal": (BUREAU, "/assessment/seals/{number}"),
}
"""A period of all cases that was sealed, after some of them have changed."""
CHANGED: Final = 300
"""So many of them."""


@dataclass
class Times:
    """How long each page took, and the slowest of its statements, in milliseconds."""

    page: list[float] = field(default_factory=list)
    query: list[float] = field(default_factory=list)


async def timed(url: str) -> dict[str, float]:
    """The figures of all pages over a ledger."""
    complete()
    engine = connect(url, pool_size=2)
    slowest = _watched(engine)
    client = ShareflowClient(await Client.connect(NOBODY, lazy=True), engine)
    figures: dict[str, float] = {}
    with TemporaryDirectory(prefix="shareflow-bench-") as folder:
        async with open_context(client, ApiSettings(), new_issuer(), Path(folder)) as context:
            with kept(engine, answering()):
                pass  # as after the first assessment of a day
            app = create_app(context)
            add_console(app, context, demonstration=True)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", timeout=120) as door:

                async def _ask_all(pages: Mapping[str, tuple[tuple[Role, str], str]], named: Mapping[str, str]) -> None:
                    for name, (who, path) in pages.items():
                        took = await _asked(door, slowest, who, path.format(**named))
                        figures[f"page.{name}_ms_p95"] = percentile(took.page, 0.95)
                        figures[f"page.{name}_query_ms_p95"] = percentile(took.query, 0.95)

                [case] = (await asyncio.to_thread(client.reader.cases, CaseFilter(open=True), None, 1)).cases
                await _ask_all(PAGES, {"case": case.request_id})
                await _ask_all(SEALED, await asyncio.to_thread(_sealed_and_changed, context))
    engine.dispose()
    return figures


def _sealed_and_changed(context: AppContext) -> Mapping[str, str]:
    """Seal the year up to today, of cases that are from the day before; change some of them. What the pages name."""
    engine, today = context.writer.engine, day_of(context.known_on())
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # a case says itself when it changed
        connection.execute(update(cases).values(updated_at=cases.c.updated_at - timedelta(days=1)))
    period = {"from": (today - timedelta(days=365)).isoformat(), "to": today.isoformat()}
    caller = Caller("bench", BUREAU[1], frozenset({BUREAU[0]}), frozenset({EVERYWHERE}))
    seen = assessment(context, caller, PeriodIn.model_validate(period), "zh")
    made, _ = seal(context, caller, SealIn.model_validate({**period, "digest": seen.digest, "reason": "bench"}), "zh")
    asked = select(cases.c.request_id, cases.c.statute, cases.c.seq).order_by(cases.c.filed_at.desc())
    actor, stage = Actor(role=Role.PROVIDER, org=PROVIDER[1]), Stage.PROVIDER_ANSWER
    with engine.connect() as connection:
        changed = connection.execute(asked.where(cases.c.filed_at < today).limit(CHANGED)).all()
    for case in changed:
        told = Event(type=EventType.EXTENSION_REQUESTED, at=datetime.now(UTC), actor=actor, stage=stage, data={})
        step = Step(request_id=case.request_id, statute=case.statute, head=case.seq, events=[told])
        record_step(engine, step, _no_limit, "sm3")
    return {"first": period["from"], "last": period["to"], "number": str(made.number)}


def _no_limit(*_: object) -> NoReturn:
    raise AssertionError("an extension that is asked for begins no limit")


def _watched(engine: Engine) -> list[float]:
    """How long each statement took since the list was emptied, in milliseconds; several threads may ask at once."""
    took: list[float] = []

    def before(*said: Any) -> None:
        said[4].begun = time.perf_counter()

    def after(*said: Any) -> None:
        took.append((time.perf_counter() - said[4].begun) * 1000)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    return took


async def _asked(door: httpx.AsyncClient, took: list[float], who: tuple[Role, str], path: str) -> Times:
    entered = await door.post("/sign-in", data={"role": who[0].value, "org": who[1]})
    door.cookies.clear()
    headers = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    times, stops = Times(), time.monotonic() + AT_MOST_SECONDS
    for number in range(WARMING + ASKED):
        took.clear()
        begun = time.perf_counter()
        answer = await door.get(path, headers=headers)
        spent = (time.perf_counter() - begun) * 1000
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{path} was answered with {answer.status_code}.")
        if number >= WARMING:
            times.page.append(spent)
            times.query.append(max(took))
            if time.monotonic() > stops:
                break
    return times


def table(figures: Mapping[str, float]) -> str:
    """The figures of pages as lines: the page, how long it takes, and its slowest statement, in milliseconds."""
    rows = [
        f"{name:<28} {figures[f'page.{name}_ms_p95']:>8.0f} ms {figures[f'page.{name}_query_ms_p95']:>8.1f} ms"
        for name in (*PAGES, *SEALED)
    ]
    return "\n".join([f"{'page':<28} {'page':>11} {'query':>11}", *rows])
