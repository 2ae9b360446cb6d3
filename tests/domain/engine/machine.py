"""A paper ledger: the whole life of a case without a server, a database or a clock of its own.

It files an application and gives commands at instants of the test's choosing, works out deadlines with the packaged
calendar as it was known on the day, numbers and seals every event, and reads it back from its JSON before
the case takes it in: as the real ledger does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final

from domain.calendar import CHINA, Calendar, WorkingDays, day_of
from domain.clocks import ClockId
from domain.engine.commands import Command
from domain.engine.deadlines import order_again, resolve
from domain.engine.decide import decide
from domain.engine.evolve import evolve_all
from domain.engine.procedure import Procedure, open_case
from domain.engine.records import Actor, Clock, Event, RecordedEvent
from domain.engine.timers import advance, recounted
from domain.evidence import GENESIS, plain, seal
from domain.policy import Policy, default_policy
from domain.statutes.loader import get_statute
from domain.statutes.model import Statute
from domain.words import ClockState, CommandName, EventType, Role, SharingClass
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST

STATUTES: Final = (
    *("changshu-2019", "yima-2021", "changzhou-2018", "nantong-2020", "zhejiang-2014", "cn-809-2025"),
    *("changshu-2019+809", "yima-2021+809", "changzhou-2018+809", "nantong-2020+809", "zhejiang-2014+809"),
)
ORGS: Final[Mapping[Role, str]] = {
    Role.REQUESTER: "113206000140000015",
    Role.PROVIDER: "113206000140000028",
    Role.BUREAU: "113206000140000099",
}
MONDAY: Final = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
"""A plain Monday, weeks away from any festival."""

TICK: Final = timedelta(microseconds=1)

GOOD: Final[Mapping[CommandName, Mapping[str, Any]]] = {
    CommandName.ACCEPT: {},
    CommandName.DECLINE: {"reason": "材料与申请事项不符"},
    CommandName.RETURN_FOR_SUPPLEMENT: {"missing": ["加盖印章的申请表"]},
    CommandName.SUPPLEMENT: {"purpose": "低保资格核验（补正）", "documents": [{"name": "申请表.pdf", "sealed": True}]},
    CommandName.AUTHORIZE: {"scope": "姓名"},
    CommandName.REFUSE_AUTHORIZATION: {"reason": "用途不明", "legal_basis": "个人信息保护法第三十四条"},
    CommandName.GRANT: {"terms": {"scope": "姓名", "conditions": ["不得留存"]}},
    CommandName.REFUSE: {"reason": "涉及未成年人信息", "legal_basis": "未成年人保护法第四条"},
    CommandName.REQUEST_EXTENSION: {"reason": "数据需要清洗", "working_days": 3},
    CommandName.APPROVE_EXTENSION: {},
    CommandName.DENY_EXTENSION: {"reason": "理由不充分"},
    CommandName.ACCEPT_REFUSAL: {},
    CommandName.OPEN_NEGOTIATION: {"justification": "因履行职责确需使用"},
    CommandName.PROPOSE: {"terms": {"scope": "姓名、户籍状态"}},
    CommandName.AGREE: {},
    CommandName.DECLARE_IMPASSE: {"reason": "条件无法接受"},
    CommandName.REFER: {"reason": "协商未果"},
    CommandName.CONCLUDE_COORDINATION: {"result": "not_agreed", "reason": "双方各执一词"},
    CommandName.ADJUDICATE: {"decision": "grant", "reason": "确属履职所需"},
    CommandName.REFER_FINAL: {"necessity": "影响民生重点工作", "reason": "协调未果"},
    CommandName.DECIDE: {"decision": "grant", "reason": "确属履职所需"},
    CommandName.DELIVER: {"mode": "api"},
    CommandName.WITHDRAW: {"reason": "不再需要"},
    CommandName.URGE: {"level": "yellow"},
    CommandName.ORDER_RECTIFICATION: {"working_days": 10, "reason": "逾期未答复"},
}
"""Fields with which each command of a share request is complete under every statute."""

OTHER_ENDS: Final[Mapping[CommandName, Sequence[Mapping[str, Any]]]] = {
    CommandName.CONCLUDE_COORDINATION: [{"result": "agreed", "terms": {"mode": "compare"}}],
    CommandName.ADJUDICATE: [{"decision": "deny", "reason": "并非履职必需"}],
    CommandName.DECIDE: [
        {"decision": "deny", "reason": "并非履职必需", "legal_basis": "个人信息保护法第三十四条"},
        {"decision": "return", "reason": "请再行协调"},
    ],
    CommandName.REQUEST_EXTENSION: [{"reason": "数据需要清洗", "working_days": 10}],
}
"""Other complete fields that lead elsewhere."""


def application(sharing_class: SharingClass | str = SharingClass.CONDITIONAL, **changes: Any) -> Application:
    """A complete application under any statute. ``authorization`` goes to the resource, the rest beside it."""
    resource = {"code": "NT-GA-0001", "name": "常住人口基本信息", "sharing_class": SharingClass(sharing_class).value}
    if changes.get("authorization"):
        resource["authorization"] = changes["authorization"]
    data = {
        "requester": {"code": ORGS[Role.REQUESTER], "name": "南通市民政局"},
        "provider": {"code": ORGS[Role.PROVIDER], "name": "南通市公安局"},
        "resource": resource,
        "purpose": "低保资格核验",
        "scope": "姓名、身份证号码、户籍状态",
        "item_count": 3,
        "justification": "因履行职责确需使用",
        **{name: value for name, value in changes.items() if name != "authorization"},
    }
    return Application.model_validate(data)


def command(
    name: CommandName | str, role: Role | str, fields: Mapping[str, Any] | None = None, org: str | None = None
) -> Command:
    """A command, with complete fields and the role's own organisation unless others are given."""
    name, role = CommandName(name), Role(role)
    actor = Actor(role=role, org=org or ORGS.get(role, f"ORG-{role.value}"))
    return Command(name=name, actor=actor, fields=GOOD[name] if fields is None else fields, key=f"key-{name.value}")


class PaperCase:
    """One case of any procedure and its line-by-line record.

    ``now`` is the last instant at which anything was looked at. With ``all_editions`` every notice is known from the
    beginning; otherwise each is known from its day on. Raises what the rules raise when the case is opened.
    """

    def __init__(
        self, procedure: Procedure[Any], case: Any, opener: Actor, opened_at: datetime, all_editions: bool = False
    ) -> None:
        self.procedure = procedure
        self.statute: Statute = case.statute
        self.policy: Policy = case.policy
        self.all_editions = all_editions
        self.now = opened_at
        self.events: list[RecordedEvent] = []
        self.case = case
        self.record(open_case(procedure, case, opener, opened_at), "filing")

    # What people and time do

    def obey(self, given: Command, at: datetime) -> list[RecordedEvent]:
        """Carry out a command and record what it does. Raises what the rules raise, and then records nothing of it."""
        self.news(at)
        return self.record(decide(self.procedure, self.case, given, at), given.key)

    def wait(self, until: datetime | timedelta) -> list[RecordedEvent]:
        """Let time alone pass, up to and including an instant or for a while."""
        until = self.now + until if isinstance(until, timedelta) else until
        return [*self.news(until), *self._pass(until)]

    def _pass(self, until: datetime) -> list[RecordedEvent]:
        """What time does until then; a clock that starts on the way may itself end by then, once it is recorded."""
        written: list[RecordedEvent] = []
        while passed := advance(self.procedure, self.case, until)[1]:
            written += self.record(passed, None)
        return written

    def lapse(self, clock_id: ClockId | str) -> list[RecordedEvent]:
        """Let time pass to the very instant at which an open clock runs out."""
        return self.wait(self.clock(clock_id).due_at)

    # What one may look at

    def clock(self, clock_id: ClockId | str) -> Clock:
        """The newest clock of a kind."""
        clocks: Sequence[Clock] = list(self.case.clocks.values())
        return [clock for clock in clocks if clock.id == ClockId(clock_id)][-1]

    def types(self) -> list[str]:
        """The types of all events, in order."""
        return [event.type.value for event in self.events]

    def calendar(self, at: datetime | None = None) -> WorkingDays:
        """The calendar as known on the day of an instant."""
        return Calendar.packaged().as_known_on(None if self.all_editions else day_of(at or self.now))

    def fresh(self, clock: Clock) -> Clock:
        """A clock as it would be started now."""
        return resolve(order_again(clock), self.calendar(), self.policy.close_of_business)

    # How it is written

    def news(self, until: datetime) -> list[RecordedEvent]:
        """On each day on which a notice was published until then, the running clocks are counted again."""
        written: list[RecordedEvent] = []
        for edition in () if self.all_editions else Calendar.packaged().editions:
            published = datetime.combine(edition.published, time(0), tzinfo=CHINA)
            if self.now < published <= until:
                written += self._pass(published)
                self.now = published
                running = [c for c in self.case.clocks.values() if c.state is ClockState.RUNNING]
                fresh = {c.number: self.fresh(c) for c in running}
                written += self.record(recounted(self.case, fresh, f"calendar:{edition.id}", published), None)
        self.now = max(self.now, until)
        return written

    def record(self, events: Sequence[Event], key: str | None) -> list[RecordedEvent]:
        """Number, date and seal events, and let the case take them in."""
        recorded: list[RecordedEvent] = []
        prev = self.events[-1].digest if self.events else GENESIS
        for seq, event in enumerate(events, start=self.case.head + 1):
            assert (event.order is not None) == (event.type is EventType.CLOCK_STARTED)
            clock = None
            if event.order is not None:
                clock = resolve(event.order, self.calendar(events[-1].at), self.policy.close_of_business)
            body = plain(
                {
                    "seq": seq,
                    "at": event.at,
                    "type": event.type,
                    "actor": event.actor,
                    "stage": event.stage,
                    "statute": event.statute or self.statute.id,
                    "article": event.article,
                    "data": event.data,
                    "clock": clock,
                    "key": key,
                }
            )
            digest = seal(body, prev, "sm3")
            recorded.append(RecordedEvent.model_validate({**body, "prev": prev, "digest": digest}))
            prev = digest
        self.case = evolve_all(self.case, recorded)
        self.events += recorded
        return recorded


class PaperLedger(PaperCase):
    """A share request on paper, filed by its requester."""

    case: ShareRequestCase

    def __init__(
        self,
        statute_id: str,
        filed_at: datetime = MONDAY,
        policy: Policy | None = None,
        filed: Application | None = None,
        **changes: Any,
    ) -> None:
        self.application = filed or application(**changes)
        case = SHARE_REQUEST.new_case("R-1", get_statute(statute_id), policy or default_policy(), self.application)
        super().__init__(SHARE_REQUEST, case, as_requester(self.application), filed_at)

    def give(
        self,
        name: CommandName | str,
        role: Role | str,
        fields: Mapping[str, Any] | None = None,
        *,
        at: datetime | None = None,
        org: str | None = None,
    ) -> list[RecordedEvent]:
        """Give a command and record what it does. Raises what the rules raise, and then records nothing of it."""
        return self.obey(command(name, role, fields, org), at or self.now)

    def replayed(self) -> ShareRequestCase:
        """The case made again from the JSON of its record and nothing else."""
        read_back = [RecordedEvent.model_validate_json(event.model_dump_json()) for event in self.events]
        return evolve_all(ShareRequestCase("R-1", self.statute, self.policy, self.application), read_back)


def play(ledger: PaperLedger, script: Sequence[Any]) -> None:
    """Give commands (``name:role``, or with fields), or let a clock run out (``lapse clock``)."""
    for line in script:
        said, fields = line if isinstance(line, tuple) else (line, None)
        if said.startswith("lapse "):
            ledger.lapse(said.removeprefix("lapse "))
            continue
        name, role = said.split(":")
        assert ledger.give(name, role, fields)
