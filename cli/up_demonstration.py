"""What ``shareflow up --demonstration`` does besides: it fills the new engine, and says how far that has come."""

import asyncio
import time
from dataclasses import replace

import httpx
from rich.console import Console

from embedded.demo.filling import Filling, fill
from embedded.demo.office_day import OfficeDay, offices
from embedded.demo.office_system import OfficeSystem
from embedded.demo.state import Demonstration, ground_of
from embedded.running import Stack
from starter.tokens import embedded_issuer

PATIENCE = 30.0
"""Seconds that a call of the demonstration may take."""


async def show(
    out: Console, stack: Stack, demonstration: Demonstration | None, office: OfficeSystem | None, stop: asyncio.Event
) -> None:
    """Fill in what is not there yet, unless ``stop`` is set meanwhile, and say what this is."""
    if demonstration is None:
        out.print("This state folder is not new and was left as it is: a demonstration needs a folder of its own.")
        return
    if not demonstration.filled:
        filling = asyncio.create_task(_fill(out, stack, demonstration, office))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({filling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (filling, stopping):
            task.cancel()
        await asyncio.gather(filling, stopping, return_exceptions=True)
        if stop.is_set():
            return
        filling.result()
    out.print("This is a demonstration: departments, persons and cases are invented.")


async def _fill(out: Console, stack: Stack, demonstration: Demonstration, office: OfficeSystem | None) -> None:
    begun = time.monotonic()
    with out.status("filling in cases …") as line:

        def tell(filling: Filling) -> None:
            line.update(f"filling in cases: {filling.there} of {filling.all} …")

        async with ground_of(stack) as ground:
            filling = await fill(ground, demonstration.began, tell, office=office)
        async with httpx.AsyncClient(base_url=stack.addresses.api or "", timeout=PATIENCE) as api:
            await OfficeDay(api, embedded_issuer(demonstration.folder), demonstration.began).done(offices())
    seconds = round(time.monotonic() - begun)
    out.print(f"  {filling.there} of {filling.all} cases filled in, in {seconds} seconds", highlight=False)
    if not filling.failed:
        replace(demonstration, filled=True).written()
    else:
        out.print("  The others are filled in at the next start; the log says what kept them away.")
