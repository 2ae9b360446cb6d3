"""The case that contestants are measured with: a filing and four commands, which close it."""

import uuid
from datetime import datetime
from typing import Any, Final

from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.words import CommandName, Role
from procedures.share_request.application import Application
from starter.engine_client import ShareflowClient

STATUTE: Final = "nantong-2020"

APPLICATION: Final = Application.model_validate(
    {
        "requester": {"code": "113206000140000015", "name": "南通市民政局"},
        "provider": {"code": "113206000140000028", "name": "南通市公安局"},
        "resource": {"code": "NT-GA-0001", "name": "常住人口基本信息", "sharing_class": "conditional"},
        "purpose": "低保资格核验",
        "scope": "姓名、身份证号码、户籍状态",
    }
)

ORGS: Final = {Role.REQUESTER: APPLICATION.requester.code, Role.PROVIDER: APPLICATION.provider.code}

CommandStep = tuple[CommandName, Role, dict[str, Any]]

STEPS: Final[list[CommandStep]] = [
    (CommandName.ACCEPT, Role.BUREAU, {}),
    (CommandName.REFUSE, Role.PROVIDER, {"reason": "涉及未成年人信息"}),
    (CommandName.OPEN_NEGOTIATION, Role.REQUESTER, {"justification": "履行职责确需使用"}),
    (CommandName.DECLARE_IMPASSE, Role.REQUESTER, {"reason": "范围不足"}),
]

HAPPY: Final[list[CommandStep]] = [(CommandName.ACCEPT, Role.BUREAU, {}), (CommandName.GRANT, Role.PROVIDER, {})]

MESSAGES: Final = 1 + len(STEPS)
"""How many messages a case is: each is answered when its rows are committed."""


async def filed(client: ShareflowClient, key: str | None = None) -> str:
    """File the case; its id."""
    view = await client.file(STATUTE, APPLICATION, key=key or uuid.uuid4().hex)
    return view.request_id


async def commanded(client: ShareflowClient, request_id: str, step: CommandStep, key: str | None = None) -> None:
    """Give one command; ``key`` is the caller's own for it."""
    name, role, fields = step
    actor = Actor(role=role, org=ORGS.get(role))
    now = datetime.now(CHINA)
    command = Command(name=name, actor=actor, fields=fields, key=key or uuid.uuid4().hex, received_at=now)
    await client.command(request_id, command)


async def played(client: ShareflowClient, steps: list[CommandStep] = STEPS) -> str:
    """File the case and give it these commands, one after the other; its id."""
    request_id = await filed(client)
    for step in steps:
        await commanded(client, request_id, step)
    return request_id
