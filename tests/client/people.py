"""The people of a case, each with a client of their own, on the real engine."""

import itertools
from collections.abc import Sequence
from typing import Any

from embedded.testing.engine import ShareflowEngine
from tests.client.both import EitherClient, Maker

REQUESTER, PROVIDER = "113205810140000015", "113205810140000025"
_NUMBERS = itertools.count(1)


def application(requester: str = REQUESTER, provider: str = PROVIDER, **changes: Any) -> dict[str, Any]:
    """A complete application; under changshu-2019 it waits for its provider at once."""
    return {
        "requester": {"code": requester, "name": "市民政局"},
        "provider": {"code": provider, "name": "市公安局"},
        "resource": {"code": "GA-0001", "name": "常住人口基本信息", "sharing_class": "conditional"},
        "purpose": "低保资格核验",
        "scope": "姓名、身份证号码、户籍状态",
        **changes,
    }


class Participants:
    """Requester, provider and bureau of cases that no other test has to do with."""

    def __init__(self, engine: ShareflowEngine, make: Maker) -> None:
        number = next(_NUMBERS)
        self.engine = engine
        self.make = make
        self.requester_code, self.provider_code = f"REQ-{number}", f"PRO-{number}"
        self.requester = self.of("requester", self.requester_code)
        self.provider = self.of("provider", self.provider_code)
        self.bureau = self.of("bureau", jurisdiction=["nantong", "changshu"])

    def of(
        self,
        role: str | Sequence[str],
        org: str | None = None,
        url: str | None = None,
        jurisdiction: Sequence[str] | None = None,
        **options: Any,
    ) -> EitherClient:
        """A client of somebody's; ``url`` leads through another server."""
        return self.make(
            url or self.engine.url, lambda: self.engine.token(role, org, jurisdiction=jurisdiction), **options
        )

    def application(self, **changes: Any) -> dict[str, Any]:
        """A complete application of theirs."""
        return application(self.requester_code, self.provider_code, **changes)

    async def filed(self, statute: str = "changshu-2019", **changes: Any) -> Any:
        """A new case; under changshu it waits for its provider."""
        return await self.requester("file", statute, self.application(**changes))
