"""What people did beside the cases of the demonstration (分工、封存).

Some of what waits is claimed, colleagues stand in for others, and a month is sealed. All of it goes through the API, in
the name of its own people; asked again, nothing is done twice.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import httpx

from domain.calendar import CHINA
from domain.messages import label
from domain.words import Role
from embedded.demo.stories import departments, matters
from starter.guises import officer_of
from starter.tokens import Issuer

AT_ONCE: Final = 4
MOST: Final = 12
"""So many cases of a department are looked at."""
SEVERAL: Final = 2
"""A department with more cases than these has a colleague who is away."""
AWAY: Final = timedelta(days=4)
"""For how long a colleague is away after today."""
WHY_AWAY: Final = "外出培训"
WHY_SEALED: Final = "月度考核定稿"

log = logging.getLogger("shareflow.demonstration")


@dataclass(frozen=True)
class Office:
    """A department or an organ: in which roles its people act, its code, its two officers."""

    roles: tuple[Role, ...]
    org: str | None
    officers: Sequence[str]


BUREAU: Final = label("role", Role.BUREAU, "zh")
THE_BUREAU: Final = Office((Role.BUREAU,), None, (officer_of(BUREAU), f"陈国栋@{BUREAU}"))
"""Of all places, as whoever signs in as it."""


@dataclass(frozen=True)
class OfficeDay:
    """A day at the offices, over the API, by tokens of its issuer."""

    api: httpx.AsyncClient
    issuer: Issuer
    now: datetime

    async def done(self, there: Sequence[Office]) -> None:
        """Do it. What cannot be done is told in the log: the cases are there without it."""
        room = asyncio.Semaphore(AT_ONCE)

        async def one(office: Office) -> None:
            async with room:
                await self._divide(office)

        try:
            await asyncio.gather(*(one(office) for office in there))
            await self._seal_last_month()
        except httpx.HTTPError as error:
            log.warning("not all of the office day was done", extra={"error": str(error)})

    async def _divide(self, office: Office) -> None:
        """Of what waits, one officer claims the first case and the other, who is away, the third; and so on."""
        mine, colleague = office.officers
        answer = await self.api.get("/v1/worklist", params={"limit": MOST}, headers=self._as(office, mine))
        waiting = [each["request_id"] for each in answer.raise_for_status().json()["items"]]
        for officer, cases in ((mine, waiting[::4]), (colleague, waiting[2::4])):
            for request_id in cases:
                await self._send(f"/v1/worklist/{request_id}/claim", None, self._as(office, officer))
        if len(waiting) > SEVERAL:
            away = {"absent": colleague, "substitute": mine, "reason": WHY_AWAY}
            days = {"first_day": self._today.isoformat(), "last_day": (self._today + AWAY).isoformat()}
            await self._send("/v1/worklist/substitutes", {**away, **days}, self._as(office, colleague))

    async def _seal_last_month(self) -> None:
        """The bureau seals what came of the cases of the month that is over."""
        last = self._today.replace(day=1) - timedelta(days=1)
        period = {"from": last.replace(day=1).isoformat(), "to": last.isoformat()}
        headers = self._as(THE_BUREAU, THE_BUREAU.officers[0])
        told = (await self.api.get("/v1/assessment", params=period, headers=headers)).raise_for_status().json()
        await self._send("/v1/assessment/seals", {**period, "digest": told["digest"], "reason": WHY_SEALED}, headers)

    @property
    def _today(self) -> date:
        return self.now.astimezone(CHINA).date()

    def _as(self, office: Office, officer: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token(office.roles, office.org, officer)}"}

    async def _send(self, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> None:
        answer = await self.api.post(path, json=body, headers=dict(headers))
        if answer.is_error:
            log.warning("not done in the office day", extra={"path": path, "answer": answer.text[:200]})


def offices() -> list[Office]:
    """The departments of the demonstration, and the bureau."""
    roles = (Role.REQUESTER, Role.PROVIDER)
    listed = (each for there in departments().values() for each in there)
    return [*(Office(roles, each.code, matters().officers(each.code)) for each in listed), THE_BUREAU]
