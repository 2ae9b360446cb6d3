"""Cases for tests of the engine: applications, the commands of whole procedures, and what must come of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from domain.calendar import CHINA, Calendar
from domain.engine.commands import Command
from domain.engine.deadlines import resolve
from domain.engine.evolve import evolve_all
from domain.engine.records import Actor, Clock, ClockOrder, Event, RecordedEvent, Step, StepResult
from domain.policy import Policy, default_policy
from domain.statutes.loader import get_statute
from domain.words import CommandName, Outcome, ProcedureName, Role, SharingClass, Stage
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from ledger.recording import record_step
from procedures.registry import decide, open_case
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST
from starter.case_opening import Entered, enter_case

REQUESTER, PROVIDER = "113206000140000015", "113206000140000028"
WHY = {"reason": "依职责"}
DUTY = {"justification": "因履行职责确需使用"}
TERMS = {"terms": {"scope": "姓名、户籍状态"}}


def application(sharing_class: SharingClass = SharingClass.CONDITIONAL, **changes: Any) -> Application:
    """A complete application under every statute."""
    return Application.model_validate(
        {
            "requester": {"code": REQUESTER, "name": "市民政局"},
            "provider": {"code": PROVIDER, "name": "市公安局"},
            "resource": {"code": "GA-0001", "name": "常住人口基本信息", "sharing_class": sharing_class},
            "purpose": "低保资格核验",
            "scope": "姓名、身份证号码、户籍状态",
            "item_count": 3,
            **changes,
        }
    )


def entered(statute: str, filed: Application, policy: Policy, key: str, at: datetime | None = None) -> Entered:
    """What files an application through any door."""
    return enter_case(ProcedureName.SHARE_REQUEST, statute, filed, as_requester(filed), policy, key, at)


def actor(role: Role) -> Actor:
    """Who acts in a role in these cases."""
    return Actor(role=role, org={Role.REQUESTER: REQUESTER, Role.PROVIDER: PROVIDER}.get(role))


def command(by: Role, do: CommandName, said: Mapping[str, Any] | None = None, key: str = "") -> Command:
    """A command as a caller gives it; its key is its name unless another is given."""
    return Command(name=do, actor=actor(by), fields=said or {}, key=key or do.value)


def sealed(given: Command) -> Command:
    """The same as it travels from the client to the case."""
    return given.model_copy(update={"key": f"{given.key}~{given.fingerprint}"})


Act = tuple[Role, CommandName, Mapping[str, Any]]


@dataclass(frozen=True)
class Course:
    """A case from filing to where it is left."""

    name: str
    statute: str
    acts: Sequence[Act]
    stage: Stage = Stage.CLOSED
    outcome: Outcome | None = None
    sharing_class: SharingClass = SharingClass.CONDITIONAL
    changes: Mapping[str, Any] = field(default_factory=dict)

    def application(self) -> Application:
        return application(self.sharing_class, **self.changes)

    def commands(self) -> list[Command]:
        """The commands, each with a key of its own."""
        return [command(by, do, said, f"act-{number}") for number, (by, do, said) in enumerate(self.acts, start=1)]


R, P, B, L, G = Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT
C = CommandName
_ACCEPT: Act = (B, C.ACCEPT, {})
_GRANT: Act = (P, C.GRANT, TERMS)
_REFUSE: Act = (P, C.REFUSE, WHY)
_OPEN: Act = (R, C.OPEN_NEGOTIATION, DUTY)
_PROPOSE: Act = (R, C.PROPOSE, TERMS)
_IMPASSE: Act = (R, C.DECLARE_IMPASSE, WHY)
_NOT_AGREED: Act = (B, C.CONCLUDE_COORDINATION, {"result": "not_agreed", **WHY})
_DELIVER: Act = (P, C.DELIVER, {"mode": "api"})

PROCEDURES: Sequence[Course] = (
    Course("nantong granted", "nantong-2020", [_ACCEPT, _GRANT], outcome=Outcome.GRANTED),
    Course(
        "nantong agreed by three",
        "nantong-2020",
        [_ACCEPT, _REFUSE, _OPEN, _PROPOSE, (P, C.AGREE, {}), (B, C.AGREE, {})],
        outcome=Outcome.GRANTED,
    ),
    Course(
        "nantong unresolved",
        "nantong-2020",
        [_ACCEPT, _REFUSE, _OPEN, _PROPOSE, (P, C.PROPOSE, TERMS), _IMPASSE],
        outcome=Outcome.UNRESOLVED,
    ),
    Course(
        "nantong supplemented and declined",
        "nantong-2020",
        [
            (B, C.RETURN_FOR_SUPPLEMENT, {"missing": ["申请表"]}),
            (R, C.SUPPLEMENT, {"documents": [{"name": "申请表.pdf", "sealed": True}]}),
            (B, C.DECLINE, WHY),
        ],
        outcome=Outcome.DECLINED,
    ),
    Course("nantong withdrawn", "nantong-2020", [_ACCEPT, (R, C.WITHDRAW, WHY)], outcome=Outcome.WITHDRAWN),
    Course(
        "changshu denied by the leading group",
        "changshu-2019",
        [
            *(_REFUSE, _OPEN, _PROPOSE, _IMPASSE, (R, C.REFER, WHY), _NOT_AGREED),
            (B, C.REFER_FINAL, {"necessity": "事关民生"}),
            (L, C.DECIDE, {"decision": "deny", **WHY}),
        ],
        outcome=Outcome.DENIED,
    ),
    Course(
        "changshu refusal accepted",
        "changshu-2019",
        [(B, C.URGE, {"level": "notice"}), _REFUSE, (R, C.ACCEPT_REFUSAL, {})],
        outcome=Outcome.REFUSED,
    ),
    Course(
        "changshu registered",
        "changshu-2019",
        [],
        outcome=Outcome.GRANTED,
        sharing_class=SharingClass.UNCONDITIONAL,
    ),
    Course("changshu left in negotiation", "changshu-2019", [_REFUSE, _OPEN, _PROPOSE], stage=Stage.NEGOTIATION),
    Course(
        "cn-809 extended, granted, delivered",
        "cn-809-2025",
        [
            (P, C.REQUEST_EXTENSION, {"working_days": 5, **WHY}),
            (B, C.APPROVE_EXTENSION, {}),
            *(_GRANT, _DELIVER),
        ],
        outcome=Outcome.GRANTED,
    ),
    Course(
        "cn-809 agreed by two",
        "cn-809-2025",
        [_REFUSE, _OPEN, _PROPOSE, (P, C.AGREE, {}), _DELIVER],
        outcome=Outcome.GRANTED,
    ),
    Course("cn-809 left before delivery", "cn-809-2025", [_GRANT], stage=Stage.DELIVERY),
)


def resolved(order: ClockOrder, known_on: Any = None, close: Any = None) -> Clock:
    """An ordered clock with its deadline, by the packaged calendar."""
    return resolve(order, Calendar.packaged().as_known_on(known_on), close)


def foretold(procedure: Course) -> list[tuple[str | None, str]]:
    """Every event that a procedure must leave in the ledger, with the caller's key, by the pure rules alone."""
    at = datetime.now(UTC)
    statute, policy = get_statute(procedure.statute), default_policy()
    application = procedure.application()
    case = SHARE_REQUEST.new_case("R", statute, policy, application)
    events = open_case(case, as_requester(application), at)
    told: list[tuple[str | None, str]] = [("file", event.type.value) for event in events]
    case = evolve_all(case, _as_recorded(case, events))
    for given in procedure.commands():
        events = decide(case, given, at)
        told += [(given.key, event.type.value) for event in events]
        case = evolve_all(case, _as_recorded(case, events))
    assert (case.stage, case.outcome) == (procedure.stage, procedure.outcome), procedure.name
    return told


def _as_recorded(case: ShareRequestCase, events: Sequence[Event]) -> list[RecordedEvent]:
    return [
        RecordedEvent(
            **event.model_dump(exclude={"order", "statute"}),
            clock=resolved(event.order) if event.order else None,
            seq=seq,
            statute=event.statute or case.statute.id,
            prev="",
            digest="",
        )
        for seq, event in enumerate(events, start=case.head + 1)
    ]


def rebuilt(engine: Engine, request_id: str) -> ShareRequestCase:
    """A case as its ledger makes it."""
    there = get_case(engine, request_id)
    assert there is not None
    case = ShareRequestCase(
        request_id,
        get_statute(there.statute),
        default_policy(),
        Application.model_validate(there.application),
    )
    return evolve_all(case, events_of(engine, request_id))


def write_behind(engine: Engine, request_id: str, given: Command) -> StepResult:
    """Write a command's step as a worker does that dies before the server hears of it."""
    at = datetime.now(UTC).astimezone(CHINA)
    case = rebuilt(engine, request_id)
    step = Step(
        request_id=request_id,
        statute=case.statute.id,
        head=case.head,
        events=decide(case, given, at),
        key=sealed(given).key,
        known_on=at.date(),
    )
    written = record_step(engine, step, resolved, "sm3")
    assert written.applied
    return written
