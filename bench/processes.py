"""Processor time and memory by process, and how much of the machine others took meanwhile."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil


def tree(pid: int) -> Sequence[psutil.Process]:
    """A process with all that descends from it; nothing for one that is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """The processor time of a process and its descendants, those included that have ended meanwhile."""
    whole = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        whole += times.user + times.system + times.children_user + times.children_system
    return whole


def rss_bytes(pid: int) -> int:
    """The memory in use of a process and its descendants."""
    return sum(process.memory_info().rss for process in tree(pid) if process.is_running())


def machine_seconds() -> float:
    """The processor time that all processes and the kernel took since the machine started, and what was stolen."""
    times = psutil.cpu_times()
    names = ("user", "nice", "system", "irq", "softirq", "steal")
    return sum(float(getattr(times, name, 0.0)) for name in names)


@dataclass(frozen=True)
class Spent:
    """Between two moments: seconds, processor seconds by kind of process, and the others' share of the machine."""

    seconds: float
    cpu: Mapping[str, float]
    foreign: float


class Meter:
    """Measures from its making on. ``kinds``: processes by kind, each with its descendants; ``ours`` are further ones.

    This process and all that it started are ours in any case.
    """

    def __init__(self, kinds: Mapping[str, Sequence[int]], ours: Sequence[int] = ()) -> None:
        self._kinds = kinds
        mine = {os.getpid(), *(process.pid for process in tree(os.getpid()))}
        self._roots = [os.getpid(), *(pid for pid in {*ours, *_flat(kinds)} if pid not in mine)]
        self._cpu, self._own, self._machine = self._by_kind(), self._all(), machine_seconds()
        self._begun = time.perf_counter()

    def spent(self) -> Spent:
        """What was spent since."""
        seconds = time.perf_counter() - self._begun
        machine, own, now = machine_seconds() - self._machine, self._all() - self._own, self._by_kind()
        foreign = max(0.0, machine - own) / (seconds * (psutil.cpu_count() or 1))
        return Spent(seconds, {kind: now[kind] - before for kind, before in self._cpu.items()}, foreign)

    def _by_kind(self) -> dict[str, float]:
        return {kind: sum(map(cpu_seconds, pids)) for kind, pids in self._kinds.items()}

    def _all(self) -> float:
        return sum(map(cpu_seconds, self._roots))


def _flat(kinds: Mapping[str, Sequence[int]]) -> Sequence[int]:
    return [pid for pids in kinds.values() for pid in pids]
