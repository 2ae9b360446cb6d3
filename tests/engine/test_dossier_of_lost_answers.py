"""The dossier of a case that took over what its ledger had, in a real engine: it holds, and says how much that is."""

import asyncio

from audit.verification.verify import verify
from starter.dossiers import dossier_of
from starter.engine_client import ShareflowClient
from tests.engine.cases import WHY, command, sealed, write_behind
from tests.engine.looking import B, C, P, R, filed, handle_of, in_step
from tests.engine.test_reset_and_others import begun_again


async def ledger_check(client: ShareflowClient, request_id: str) -> str:
    """What verification says of the ledger; nothing else is wrong."""
    dossier = await dossier_of(client.reader, client.temporal, request_id)
    results = await asyncio.to_thread(verify, dossier)
    assert {each.check: each.detail for each in results if each.result == "FAIL"} == {}
    return next(each.detail for each in results if each.check == "ledger")


async def test_a_command_whose_turn_was_lost_is_taken_over(client: ShareflowClient) -> None:
    request_id = await filed(client)
    refuse = command(P, C.REFUSE, WHY)
    write_behind(client.reader.engine, request_id, refuse)
    await handle_of(client, request_id).signal("sync_from_ledger")
    await in_step(client, request_id)
    assert "taken over, not decided again: event" in await ledger_check(client, request_id)
    await client.command(request_id, refuse)  # its author asks again: now the history has it
    assert "the answer was lost of events" in await ledger_check(client, request_id)


async def test_a_command_that_comes_again_is_decided_again(client: ShareflowClient) -> None:
    request_id = await filed(client)
    given = sealed(command(P, C.REFUSE, WHY))
    write_behind(client.reader.engine, request_id, command(P, C.REFUSE, WHY))
    await handle_of(client, request_id).execute_update("command", given, id=given.key)
    assert "decided again" in await ledger_check(client, request_id)


async def test_a_case_begun_again_takes_over_all_that_it_was_told(client: ShareflowClient) -> None:
    request_id = await filed(client, "nantong-2020")
    for each in (command(B, C.ACCEPT), command(P, C.REFUSE, WHY)):
        await client.command(request_id, each)
    await begun_again(client, request_id)
    assert "taken over, not decided again: events 3" in await ledger_check(client, request_id)
    await client.command(request_id, command(R, C.ACCEPT_REFUSAL))
    assert "taken over, not decided again: events 3" in await ledger_check(client, request_id)
