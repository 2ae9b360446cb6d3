"""Processes beside ``shareflow up``: started again when they die, and gone when it is."""

import asyncio
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from embedded import processes
from embedded.processes import EndedAtStart, Program, supervised

READY = "print('ready', flush=True)"
FOR_EVER = "import time; time.sleep(600)"


def program(*lines: str, name: str = "worker") -> Program:
    return Program(name, [sys.executable, "-c", "\n".join(lines)], dict(os.environ))


def ours() -> list[psutil.Process]:
    return psutil.Process().children()


async def until(true: object, seconds: float = 20.0) -> None:
    assert callable(true)
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)


async def test_one_that_dies_is_started_again_with_pauses_that_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_PAUSE", 0.1)
    file = tmp_path / "starts"
    starts = f"import time; open({str(file)!r}, 'a').write(f'{{time.time()}}\\n')"

    def begun() -> list[float]:
        return [float(line) for line in file.read_text().splitlines()] if file.exists() else []

    before = set(ours())
    async with supervised([program(starts, READY, "raise SystemExit(3)")], asyncio.Event()):
        await until(lambda: len(begun()) >= 4)
    first, second, third, fourth = begun()[:4]
    assert second - first >= 0.1
    assert third - second >= 0.2
    assert fourth - third >= 0.4
    assert set(ours()) <= before


async def test_one_that_is_killed_is_back() -> None:
    before = set(ours())
    async with supervised([program(READY, FOR_EVER)], asyncio.Event()):
        [first] = set(ours()) - before
        first.kill()
        await until(lambda: set(ours()) - before - {first})
    assert set(ours()) <= before


async def test_one_that_ends_before_it_is_ready_ends_all() -> None:
    before = set(ours())
    both = [program(READY, FOR_EVER, name="a"), program("raise SystemExit(2)", name="b")]
    with pytest.raises(EndedAtStart, match="The b ended while it started") as ended:
        async with supervised(both, asyncio.Event()):
            raise AssertionError("never inside")
    assert ended.value.code == 2
    assert set(ours()) <= before


async def test_who_is_told_to_stop_does_not_wait_for_what_is_not_ready() -> None:
    before, stop = set(ours()), asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, stop.set)
    begun = time.monotonic()
    async with supervised([program(FOR_EVER)], stop):
        assert stop.is_set()
    assert time.monotonic() - begun < 20
    assert set(ours()) <= before


async def test_the_last_one_ends_before_the_others(tmp_path: Path) -> None:
    file = tmp_path / "ends"

    def telling(name: str) -> Program:
        end = f"open({str(file)!r}, 'a').write('{name} ')"
        return program(
            "import signal, sys",
            f"def end(*_):\n    import time; time.sleep(0.2)\n    {end}\n    sys.exit(0)",
            "signal.signal(signal.SIGTERM, end)",
            READY,
            FOR_EVER,
            name=name,
        )

    async with supervised([telling("worker"), telling("api")], asyncio.Event()):
        assert not file.exists()
    assert file.read_text().split() == ["api", "worker"]


async def test_one_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    before = set(ours())
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    async with supervised([program(deaf, READY, FOR_EVER)], asyncio.Event()):
        assert set(ours()) - before
    assert set(ours()) <= before
