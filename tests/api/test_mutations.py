"""Calls that are wrong in one way each, ten thousand in the whole form: none is taken, each is told, nothing is kept.

Every call starts from one that is right (which is shown), and is changed so that it cannot be. The seed is fixed: each
run makes the same changes.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from limits import parse
from sqlalchemy import func, select

from api.app import create_app
from api.context import open_context
from api.serving import serving
from api.settings import ApiSettings
from embedded.simulate.sandbox import Sandbox
from ledger.tables import cases, events, received_events
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer
from tests.api.callers import filing
from tests.api.mutations.attempts import Mutator, RawConnection, Reply, WrongCall
from tests.api.mutations.bodies import bad_commands, bad_events, bad_filings, written
from tests.api.mutations.heads import bad_headers, bad_paths, bad_preconditions, no_http
from tests.api.mutations.tokens import Forge, bad_tokens
from tests.engine.cases import PROVIDER
from tests.forms import either

HOW_MANY = either(1_000, 10_000)
AT_ONCE = 6
SEED = 809
ORG = "113206000140008090"
"""Files nothing but what stands here, so that what is in the ledger for it can be counted."""

FILING = filing(
    "changshu-2019",
    requester={"code": ORG, "name": "市统计局"},
    legal_basis="社会救助暂行办法",
    service_mode="api",
    use_until="2027-09-30",
    involves_provincial_department=False,
    cross_level=False,
    contains_state_secret=False,
    justification="因履行职责确需使用",
    documents=[{"name": "申请表.pdf", "sha256": "0" * 64, "sealed": True}],
)
REFUSAL = {"command": "refuse", "reason": "涉及未成年人信息", "legal_basis": "未成年人保护法第四条"}
EVENT = {
    "specversion": "1.0",
    "id": "never-used",
    "source": "//hall.example",
    "type": "cn.gov.shareflow.platform.request_submitted.v1",
    "data": FILING,
}
"""Right messages in which every field stands."""


@dataclass(frozen=True)
class Target:
    """A served API, a case in it, and the calls that are right there."""

    ground: Sandbox
    wire: RawConnection
    forge: Forge
    filing: WrongCall
    request_id: str

    @property
    def command(self) -> WrongCall:
        """A refusal by the provider."""
        token = self.forge.token(self.forge.claims(org=PROVIDER, roles=["provider"]))
        return right_call(f"/v1/requests/{self.request_id}/commands", token, REFUSAL)

    @property
    def event(self) -> WrongCall:
        """A filing that comes as an event."""
        call = right_call("/v1/events", self.forge.token(self.forge.claims()), EVENT)
        return call.with_header(call.kind, call.refused, "Content-Type", b"application/cloudevents+json")

    def mutators(self) -> list[Mutator]:
        """Every way to spoil them."""
        return [
            *bad_tokens(self.filing, self.forge),
            *bad_filings(self.filing, FILING),
            *bad_commands(self.command, REFUSAL),
            *bad_events(self.event, EVENT),
            *bad_headers(self.filing),
            *bad_preconditions(self.command),
            *bad_paths(self.command, self.request_id),
            *no_http(self.filing),
        ]

    async def kept(self) -> tuple[int, int, int]:
        """How many cases the organisation has, how many events they have together, how many events it sent."""
        return await asyncio.to_thread(self._counted)

    def _counted(self) -> tuple[int, int, int]:
        own = select(cases.c.request_id).where(cases.c.requester_code == ORG)
        of_cases = select(events.c.seq).where(events.c.request_id.in_(own))
        sent = select(received_events.c.number).where(received_events.c.sender == ORG)
        with self.ground.engine.connect() as connection:
            count = [
                connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
                for rows in (own, of_cases, sent)
            ]
        return count[0], count[1], count[2]


def right_call(path: str, token: str, message: Any, **more: str) -> WrongCall:
    """A call that is right."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **more}
    said = [(name.replace("_", "-"), value.encode()) for name, value in headers.items()]
    return WrongCall("right", path, said, written(message), frozenset())


@pytest.fixture(scope="module")
async def target(ground: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    plenty = parse("1000000/second")
    key = ec.generate_private_key(ec.SECP256R1())
    forge, client = Forge(key, ORG), ShareflowClient(ground.temporal, ground.engine)
    settings = ApiSettings(rate=plenty, failures=plenty)
    async with (
        open_context(client, settings, Issuer(key), tmp_path_factory.mktemp("mutations")) as context,
        serving(create_app(context), "127.0.0.1", 0) as address,
    ):
        wire = RawConnection("127.0.0.1", urlsplit(address).port or 0)
        call = right_call("/v1/requests", forge.token(forge.claims()), FILING, Idempotency_Key="never-used")
        first = await wire.send(call.with_header("right", frozenset(), "Idempotency-Key", b"used"))
        assert first.status == 201, first
        yield Target(ground, wire, forge, call, first.body["request_id"])
        await wire.close()


@pytest.mark.long
async def test_no_wrong_call_is_accepted(target: Target) -> None:
    before = await target.kept()
    assert before == (1, 2, 0)
    rng, mutators = random.Random(SEED), target.mutators()
    assert len(mutators) <= HOW_MANY, "each way is tried at least once"
    answered = await all_sent(target.wire, [mutators[n % len(mutators)](rng) for n in range(HOW_MANY)])
    assert len(answered) == HOW_MANY
    assert Counter(told(*each) for each in answered if not properly_refused(*each)) == {}
    assert await target.kept() == before

    # What was changed so many times is right as it stands.
    statuses = [(await target.wire.send(call)).status for call in (target.command, target.filing, target.event)]
    assert statuses == [200, 201, 201]


async def all_sent(wire: RawConnection, attempts: list[WrongCall]) -> list[tuple[WrongCall, Reply]]:
    """Send all, some at once, and pair each with its answer."""
    waiting = iter(attempts)
    answered: list[tuple[WrongCall, Reply]] = []

    async def send() -> None:
        own = wire.another()
        for attempt in waiting:
            try:
                answered.append((attempt, await own.send(attempt)))
            except Exception as error:
                raise AssertionError(f"{attempt.kind}: {attempt.wire()[:2000]!r}") from error
        await own.close()

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return answered


def told(attempt: WrongCall, answer: Reply) -> tuple[str, int, Any]:
    """What was wrong, and what was answered."""
    return attempt.kind, answer.status, answer.body.get("code") if isinstance(answer.body, dict) else None


def properly_refused(attempt: WrongCall, answer: Reply) -> bool:
    """Whether a call was refused as it must be, with a problem that has a code."""
    if answer.status not in attempt.refused:
        return False
    said = answer.body
    is_problem = answer.headers.get("content-type") == "application/problem+json" and isinstance(said, dict)
    return is_problem and said["status"] == answer.status and bool(said["code"]) and bool(said["title"])
