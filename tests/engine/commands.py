"""Commands of the audit, as one types them at the engine of these tests (the fixture ``at_the_ground``)."""

import asyncio

from typer.testing import CliRunner

from cli.program import app


async def typed(*words: str) -> tuple[int, str]:
    """The exit code of a command of the audit, and what it says."""
    said = await asyncio.to_thread(CliRunner().invoke, app, ["audit", *words])
    return said.exit_code, said.stdout + said.stderr
