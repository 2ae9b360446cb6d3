"""Real cases brought to every situation that the rules know: filed and driven over HTTP, with time skipped."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from domain.access import place_of
from domain.clocks import ClockId
from domain.engine.records import Clock
from domain.words import CommandName, Role
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from protocol.names import workflow_id
from tests.api.callers import Bearer, fresh_key
from tests.domain.engine.machine import GOOD, ORGS, application
from tests.domain.engine.situation import Situation
from tests.engine.looking import until

GRACE: Final = timedelta(seconds=65)
"""A little longer than a timer waits for commands that are still on their way."""


UNTIL_GRANTED: Final = {
    "nantong-2020": ("accept:bureau", "grant:provider"),
    "cn-809-2025": ("grant:provider", "deliver:provider"),
}
"""What makes a grant of a request there."""


class Staging:
    """Where cases are brought to a situation, and who acts on them."""

    def __init__(self, api: httpx.AsyncClient, bearer: Bearer, ground: Sandbox) -> None:
        self.api = api
        self.ground = ground
        self._bearer = bearer
        self._tokens: dict[tuple[Any, ...], dict[str, str]] = {}

    def headers(self, role: Role | None, org: str | None = None, *places: str) -> Mapping[str, str]:
        """Somebody's token: with the role's own organisation unless another is given; None: without any role."""
        key = (role, org, places)
        if key not in self._tokens:
            own = org or (ORGS.get(role, f"ORG-{role.value}") if role else "ORG")
            self._tokens[key] = self._bearer([role] if role else [], own, places or None)
        return self._tokens[key]

    def headers_in(self, role: Role, statute: str) -> Mapping[str, str]:
        """Whoever holds a role in cases under a statute, with no more jurisdiction than that takes."""
        return self.headers(role, None, place_of(statute))

    async def bring(self, situation: Situation) -> str:
        """File a case and bring it there; its id."""
        statute = situation.statute.split(",")[0]
        filed = dict(situation.filed)
        if "disputes_grant" in filed:  # a name that stands for a grant: the doors look it up
            filed["disputes_grant"] = await self._granted(statute)
        request_id = await self._file(statute, filed)
        await self._play(request_id, statute, situation.script)
        return request_id

    async def _granted(self, statute: str) -> str:
        """A request that was granted between the same departments; its id."""
        request_id = await self._file(statute, {})
        await self._play(request_id, statute, UNTIL_GRANTED[statute])
        return request_id

    async def _file(self, statute: str, filed: Mapping[str, Any]) -> str:
        """File a request as a caller does; its id."""
        said = application(**filed).model_dump(mode="json", exclude_none=True)
        headers = {**self.headers(Role.REQUESTER), **fresh_key()}
        answer = await self.api.post("/v1/requests", json={"statute": statute, "request": said}, headers=headers)
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json()["request_id"]
        return request_id

    async def _play(self, request_id: str, statute: str, script: Sequence[Any]) -> None:
        """Give the commands of a script in turn, or let its limits pass."""
        for line in script:
            told, fields = line if isinstance(line, tuple) else (line, None)
            if told.startswith("lapse "):
                await self._lapse(request_id, ClockId(told.removeprefix("lapse ")))
                continue
            name, role = told.split(":")
            given = await self.give(request_id, CommandName(name), self.headers_in(Role(role), statute), fields)
            assert given.status_code == 200, given.text

    async def give(
        self, request_id: str, name: CommandName, headers: Mapping[str, str], fields: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Give a command over HTTP, with all that any statute asks for unless other fields are given."""
        body = {"command": name.value, "with": dict(GOOD[name] if fields is None else fields)}
        return await self.api.post(f"/v1/requests/{request_id}/commands", json=body, headers=headers)

    async def head(self, request_id: str) -> int:
        """The number of the case's last event."""
        case = await asyncio.to_thread(get_case, self.ground.engine, request_id)
        assert case is not None
        return case.seq

    async def _lapse(self, request_id: str, clock_id: ClockId) -> None:
        """Skip time until an open clock has run out, and that stands in the ledger."""
        clock = await self._open(request_id, clock_id)
        assert clock is not None
        handle = self.ground.temporal.get_workflow_handle(workflow_id(request_id))
        ahead = clock.due_at - datetime.now(UTC) + GRACE
        await self.ground.skipper.fast_forward(handle, ahead)

        async def ran_out() -> bool:
            now = await self._open(request_id, clock_id)
            return now is not None and now.state == "breached"

        await until(ran_out)

    async def _open(self, request_id: str, clock_id: ClockId) -> Clock | None:
        case = await asyncio.to_thread(get_case, self.ground.engine, request_id)
        assert case is not None
        return next((clock for clock in case.clocks if clock.id is clock_id and clock.open), None)
