"""What owners do to webhooks stands among the acts of those who run the engine, and auditors read it."""

from typing import Any

import httpx

from domain.words import Role
from tests.api.callers import Bearer
from tests.engine.cases import REQUESTER
from tests.webhooks.api.conftest import file
from tests.webhooks.receiver import WebhookReceiver


async def test_every_change_is_an_act_and_no_secret_is_told(
    api: httpx.AsyncClient, me: dict[str, str], bearer: Bearer, receiver: WebhookReceiver, dispatch: Any
) -> None:
    made = (
        await api.post("/v1/webhooks", headers=me, json={"url": f"{receiver.url}?token=hidden", "checkpoints": True})
    ).json()
    assert made["checkpoints"] is True
    path = f"/v1/webhooks/{made['id']}"
    request_id = await file(api, me)
    assert await dispatch()
    await api.patch(path, headers=me, json={"events": ["granted"], "state": "disabled"})
    rotated = (await api.post(f"{path}/rotate", headers=me)).json()
    assert (await api.post(f"{path}/deliveries/{request_id}/1/replay", headers=me)).status_code == 202
    assert (await api.post(f"{path}/replay", headers=me, json={"from": "2026-01-01T00:00:00+08:00"})).status_code == 202
    await api.delete(path, headers=me)
    assert (await api.delete(path, headers=me)).status_code == 404  # what did not happen is no act

    auditor = bearer(Role.AUDITOR, "audit", accept_language="en")
    told = await api.get("/v1/operator-acts?limit=6", headers=auditor)
    acts = told.json()["items"][::-1]
    assert [act["kind"] for act in acts] == [
        "webhook_create", "webhook_change", "webhook_rotate", "webhook_replay", "webhook_replay", "webhook_delete",
    ]  # fmt: skip
    assert {act["target"] for act in acts} == {f"webhook/{made['id']}"}
    assert acts[0]["by"] == {"subject": "zhang", "org": REQUESTER, "roles": ["requester"]}
    assert (acts[0]["kind_label"], acts[0]["details"]["url"]) == ("made a webhook", f"http://{receiver.place}")
    assert acts[1]["details"] == {"events": ["granted"], "state": "disabled"}
    assert [act["request_id"] for act in acts] == [None, None, None, request_id, None, None]
    assert acts[3]["details"] == {"seq": 1}
    assert acts[4]["details"]["since"] == "2026-01-01T00:00:00.000000+08:00"
    assert [act["prev"] for act in acts[1:]] == [act["digest"] for act in acts[:-1]]
    for hidden in (made["secret"], rotated["secret"], "hidden"):
        assert hidden not in told.text
    first = (await api.get("/v1/operator-acts?limit=4", headers=auditor)).json()
    rest = (await api.get(f"/v1/operator-acts?limit=2&cursor={first['next']}", headers=auditor)).json()
    assert [*first["items"], *rest["items"]] == acts[::-1]
