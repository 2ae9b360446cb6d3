"""Figures of the ledger for Prometheus at the moment of a scrape: cases, what is waiting, what is stuck."""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.clocks import ClockId, ClockKind
from ledger.failures import DATABASE_ERRORS, DATABASE_FAILED
from ledger.leases import Lease
from ledger.queries.views import Counts, LimitsEnded
from ledger.reader import Reader
from ledger.writer import Writer

DAYS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90)
"""The buckets of days taken, around the limits that the texts set."""


TOLD_BY_ONE: Final = timedelta(seconds=75)
"""After its last scrape a process remains the reporting one for this long; Prometheus scrapes at least every minute."""
TRIED_EVERY: Final = 60.0
"""How often, in seconds, the reporting process writes something large and deletes it again, to test for disk space."""
FRESH: Final = 10.0
"""Seconds for which figures are cached, so that several scrapers cost one query."""


class LedgerFigures(Collector):
    """Figures of the whole ledger, reported by one process of an installation: the first one scraped, as long as it is.

    What became of limits is counted from its first scrape on; like all counters, it restarts with another process.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._writer = Writer(reader.engine)
        self._lease = Lease(reader.engine, "figures", TOLD_BY_ONE)
        self._known: Counts | None = None
        self._looked = self._tried = float("-inf")
        self._takes = True
        self._since: int | None = None
        self._one_at_a_time = threading.Lock()
        self._breaches = Counter("shareflow_breaches", "Limits that ran out.", ("clock",), registry=None)
        self._days = Histogram(
            "shareflow_answer_days",
            "Days from the start of a limit to the act that it waited for, in time or late.",
            ("clock", "late"),
            buckets=DAYS,
            registry=None,
        )
        for clock in ClockId:
            if clock.declared.kind is ClockKind.DUTY:
                self._breaches.labels(clock.value)
        self._days.labels(ClockId.PROVIDER_ANSWER.value, "false")

    def collect(self) -> Iterable[Metric]:
        """Whether the ledger answers, its clock, cases by statute, stage and outcome, limits, and what is waiting.

        If the ledger does not answer, or another process reports the rest, there is only the first; the process's own
        figures are not affected.
        """
        up = GaugeMetricFamily("shareflow_ledger_up", "Whether the ledger answers.")
        try:
            with self._one_at_a_time:
                figures, ahead = self._figures(), self._clock_ahead()
        except DATABASE_ERRORS:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        clock = GaugeMetricFamily(
            "shareflow_clock_ahead_seconds", "How far the database's clock is ahead of that of the process."
        )
        clock.add_metric([], ahead)
        takes = GaugeMetricFamily("shareflow_ledger_takes_writes", "Whether the ledger takes what is written.")
        if figures is None:
            return [up, clock]
        takes.add_metric([], self._takes)
        standing = (*_standing(figures), *_waiting(figures), *_kept(figures))
        return [up, clock, takes, *standing, *self._breaches.collect(), *self._days.collect()]

    def close(self) -> None:
        """Let another process report them at once."""
        with suppress(*DATABASE_ERRORS):  # it expires by itself
            self._lease.give_back()

    def _figures(self) -> Counts | None:
        """The current figures; None if another process reports them."""
        if not self._tells():
            self._known = self._since = None
        elif self._known is None or time.monotonic() - self._looked > FRESH:
            self._known = self._reader.counts(self._since)
            self._looked = time.monotonic()
            self._note(self._known.ended)
        return self._known

    def _tells(self) -> bool:
        """Whether this is the process that tells them; where nothing can be written, whoever is asked does."""
        try:
            mine = self._lease.take()
            if mine and time.monotonic() - self._tried > TRIED_EVERY:
                self._writer.try_out()
                self._takes, self._tried = True, time.monotonic()
        except DATABASE_FAILED:
            self._reader.ping()
            self._takes, self._tried, mine = False, float("-inf"), True
        return mine

    def _clock_ahead(self) -> float:
        """How far the database's clock is ahead; its answer is dated to the middle of the round trip."""
        before = datetime.now(UTC)
        told = self._reader.moment()
        return (told - (before + (datetime.now(UTC) - before) / 2)).total_seconds()

    def _note(self, ended: LimitsEnded) -> None:
        self._since = ended.upto
        for clock, number in ended.breached.items():
            self._breaches.labels(clock.value).inc(number)
        for clock, late, took in ended.kept:
            self._days.labels(clock.value, str(late).lower()).observe(took / timedelta(days=1))


def _standing(figures: Counts) -> Iterable[Metric]:
    """Cases and their limits."""
    cases = GaugeMetricFamily("shareflow_cases", "Cases in the ledger.", labels=["statute", "stage", "outcome"])
    for (statute, stage, outcome), number in figures.cases.items():
        cases.add_metric([statute, stage.value, outcome.value if outcome else ""], number)
    clocks = GaugeMetricFamily("shareflow_clocks", "Open clocks.", labels=["clock", "state"])
    for state, found in (("running", figures.running), ("breached", figures.breached)):
        for clock, number in found.items():
            clocks.add_metric([clock.value, state], number)
    return cases, clocks


def _waiting(figures: Counts) -> Iterable[Metric]:
    """What is waiting to be sent, and what is stuck."""
    pending = GaugeMetricFamily("shareflow_messages_pending", "Messages that webhooks have still to be sent.")
    pending.add_metric([], figures.pending)
    age = GaugeMetricFamily("shareflow_oldest_message_seconds", "Age of the oldest of them; 0 when there is none.")
    age.add_metric([], _seconds_since(figures.oldest_pending))
    stuck = GaugeMetricFamily("shareflow_stuck_cases", "Cases that something keeps from going on.")
    stuck.add_metric([], figures.stuck)
    causes = GaugeMetricFamily(
        "shareflow_stuck_by_cause",
        "What does not go on, by cause; the same may have several.",
        labels=["kind", "cause"],
    )
    for (kind, cause), number in figures.causes.items():
        causes.add_metric([kind.value, cause], number)
    return pending, age, stuck, causes


def _kept(figures: Counts) -> Iterable[Metric]:
    """What is still to be preserved: by a checkpoint, in the archive, in a backup, in the WAL archive."""
    unsigned = GaugeMetricFamily(
        "shareflow_checkpoint_behind_seconds", "Age of the newest checkpoint; 0 while it covers all that was recorded."
    )
    unsigned.add_metric([], _seconds_since(figures.unsigned_since))
    unarchived = GaugeMetricFamily(
        "shareflow_archive_behind_seconds", "How long the first ended case has waited to be archived; 0 when none does."
    )
    unarchived.add_metric([], _seconds_since(figures.unarchived_since))
    unbacked = GaugeMetricFamily(
        "shareflow_backup_behind_seconds", "Age of the newest backup; of the first case while none was ever made."
    )
    unbacked.add_metric([], _seconds_since(figures.unbacked_since))
    wal = GaugeMetricFamily(
        "shareflow_wal_behind_seconds",
        "How long the server has failed to archive its WAL; 0 while it does, or need not.",
    )
    wal.add_metric([], _seconds_since(figures.wal_waits_since))
    return unsigned, unarchived, unbacked, wal


def _seconds_since(instant: datetime | None) -> float:
    return (datetime.now(UTC) - instant).total_seconds() if instant else 0.0
