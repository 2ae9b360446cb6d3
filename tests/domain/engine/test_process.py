"""What is held to a declared process: each step of a case as it happens, and the whole when the program starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.clocks import ClockId
from domain.engine.commands import Nothing
from domain.engine.decide import decide
from domain.engine.decision import Decision
from domain.engine.procedure import Procedure
from domain.engine.process import STAYS, SUPERVISES, DeclaredStage, InvalidProcess, Process, UndeclaredStep
from domain.engine.records import Clock
from domain.engine.rules import RuleBook
from domain.policy import default_policy
from domain.statutes.loader import get_statute, packaged_statutes
from domain.words import CommandName, Outcome, Role, Stage
from procedures.registry import ALL, by_name
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST
from tests.domain.engine.machine import MONDAY, PaperCase, application, command

NANTONG = "nantong-2020"
NATIONAL = "cn-809-2025"


def stage_with(process: Process, stage: Stage, **changes: Any) -> Process:
    """A process with one stage declared otherwise."""
    return replace(process, stages=[replace(it, **changes) if it.stage is stage else it for it in process.stages])


def request_under(procedure: Procedure[Any], statute: str = NANTONG) -> PaperCase:
    """A share request, filed under rules and a process of the test's choosing."""
    filed = application(authorization="provider")
    case = procedure.new_case("R-1", get_statute(statute), default_policy(), filed)
    return PaperCase(procedure, case, as_requester(filed), MONDAY)


def with_rule(name: CommandName, rule: Callable[[Decision[Any], Any], None]) -> Procedure[Any]:
    """The share request with one rule in another's place."""
    rules = {**SHARE_REQUEST.rules, name: replace(SHARE_REQUEST.rules[name], rule=rule)}
    return replace(SHARE_REQUEST, rules=rules)


# As it happens


def moves_to(stage: Stage) -> Callable[[Decision[Any], Any], None]:
    """A rule that moves the case, and does nothing else."""

    def rule(decision: Decision[Any], _: Any) -> None:
        decision.stage = stage

    return rule


@pytest.mark.parametrize("stage", [Stage.DELIVERY, Stage.REFUSED, Stage.IN_USE])
def test_a_command_leads_to_no_undeclared_stage(stage: Stage) -> None:
    """A stage of another procedure, and one of its own to which this command does not lead."""
    paper = request_under(with_rule(CommandName.ACCEPT, moves_to(stage)))
    with pytest.raises(UndeclaredStep, match=f"accept leads from completeness_check to {stage.value}"):
        paper.obey(command("accept", Role.BUREAU), MONDAY)
    assert (paper.case.stage, len(paper.events)) == (Stage.COMPLETENESS_CHECK, 2)


def test_a_command_that_stays_may_not_move_the_case() -> None:
    paper = request_under(with_rule(CommandName.URGE, moves_to(Stage.PROVIDER_ANSWER)))
    with pytest.raises(UndeclaredStep, match="urge leads from completeness_check to provider_answer"):
        paper.obey(command("urge", Role.BUREAU), MONDAY)


def test_a_way_that_the_text_does_not_have_is_undeclared_under_it() -> None:
    """Papers go to no authorization by the platform where no route of the text leads there."""
    procedure = with_rule(CommandName.ACCEPT, moves_to(Stage.PLATFORM_AUTHORIZATION))
    assert decide(procedure, request_under(procedure).case, command("accept", Role.BUREAU), MONDAY) == []
    text = get_statute(NANTONG)
    routes = [route for route in text.routes if route.then != Stage.PLATFORM_AUTHORIZATION.value]
    case = replace(request_under(procedure).case, statute=text.model_copy(update={"routes": routes}))
    with pytest.raises(UndeclaredStep, match="accept leads from completeness_check to platform_authorization"):
        decide(procedure, case, command("accept", Role.BUREAU), MONDAY)


def test_a_command_starts_no_undeclared_clock() -> None:
    paper = request_under(with_rule(CommandName.URGE, lambda decision, _: decision.start(ClockId.RENEWAL_WINDOW)))
    with pytest.raises(UndeclaredStep, match="the clock renewal_window starts in completeness_check, which is not"):
        paper.obey(command("urge", Role.BUREAU), MONDAY)
    assert len(paper.events) == 2


def test_a_limit_starts_in_no_stage_that_does_not_have_it() -> None:
    """The delivery is limited in this procedure, under this text, and not before anything is granted."""
    paper = request_under(with_rule(CommandName.URGE, lambda decision, _: decision.start(ClockId.DELIVERY)), NATIONAL)
    assert ClockId.DELIVERY in paper.procedure.process.clocks
    with pytest.raises(UndeclaredStep, match="the clock delivery starts in provider_answer, which is not declared"):
        paper.obey(command("urge", Role.BUREAU), MONDAY)
    assert len(paper.events) == 2


def test_a_limit_may_start_in_the_step_that_leads_to_its_stage_or_leaves_it() -> None:
    def refuses(decision: Decision[Any], _: Any) -> None:
        decision.start(ClockId.DISPUTE_WINDOW)
        decision.start(ClockId.PROVIDER_ANSWER)
        decision.stage = Stage.REFUSED

    def grants(decision: Decision[Any], _: Any) -> None:
        decision.start(ClockId.DISPUTE_WINDOW)
        decision.stage = Stage.DELIVERY

    paper = request_under(with_rule(CommandName.REFUSE, refuses), NATIONAL)
    paper.obey(command("refuse", Role.PROVIDER), MONDAY)
    assert paper.clock(ClockId.DISPUTE_WINDOW)
    paper = request_under(with_rule(CommandName.GRANT, grants), NATIONAL)
    said = "the clock dispute_window starts in provider_answer or delivery, which is not declared"
    with pytest.raises(UndeclaredStep, match=said):
        paper.obey(command("grant", Role.PROVIDER), MONDAY)


def test_a_limit_starts_early_where_the_stage_and_the_text_have_it_so() -> None:
    """自收到申请之日起: under the other text the authorisation counts from when the papers were accepted."""
    procedure = with_rule(CommandName.URGE, lambda decision, _: decision.start(ClockId.PLATFORM_AUTHORIZATION))
    paper = request_under(procedure, f"{NANTONG}+809")
    paper.obey(command("urge", Role.BUREAU), paper.now)
    assert paper.clock(ClockId.PLATFORM_AUTHORIZATION)
    with pytest.raises(UndeclaredStep, match="the clock platform_authorization starts in completeness_check"):
        request_under(procedure).obey(command("urge", Role.BUREAU), MONDAY)


def test_a_limit_that_takes_anothers_place_goes_on_wherever_the_case_stands() -> None:
    def counts_again(decision: Decision[Any], _: Any) -> None:
        decision.replace(decision.case.open_clock(ClockId.PROVIDER_ANSWER), "test", None, 5)

    paper = request_under(with_rule(CommandName.URGE, counts_again), "changshu-2019")
    paper.obey(command("return_for_supplement", Role.PROVIDER), MONDAY)
    assert paper.case.stage is Stage.SUPPLEMENT
    assert ClockId.PROVIDER_ANSWER not in paper.procedure.process[Stage.SUPPLEMENT].may_start
    paper.obey(command("urge", Role.BUREAU), MONDAY)
    assert paper.clock(ClockId.PROVIDER_ANSWER).amount == 5


def test_a_condition_of_a_command_is_none_of_the_limit_that_bears_its_name() -> None:
    """补正 is both what is done and until when: one may be of some texts alone, and the other not."""

    def never(_: Any) -> bool:
        return False

    text, command_and_limit = get_statute(NANTONG), (CommandName.SUPPLEMENT, ClockId.SUPPLEMENT)
    stage = SHARE_REQUEST.process[Stage.SUPPLEMENT]
    without_command = replace(stage, commands_only={CommandName.SUPPLEMENT: never}).under(text)
    without_limit = replace(stage, limits_only={ClockId.SUPPLEMENT: never}).under(text)
    for found, wanted in ((without_command, (False, True)), (without_limit, (True, False))):
        given, limited = command_and_limit
        assert (given in found.commands, limited in found.limits) == wanted
        assert (limited in found.expiry, limited in found.may_start) == (wanted[1], wanted[1])


def test_a_filing_arrives_in_no_undeclared_stage_and_starts_no_undeclared_clock() -> None:
    def arrives(stage: Stage, clock: ClockId) -> Procedure[Any]:
        def begin(decision: Decision[Any], digests: Mapping[str, str]) -> None:
            SHARE_REQUEST.begin(decision, digests)
            decision.stage = stage
            decision.start(clock)

        return replace(SHARE_REQUEST, begin=begin)

    with pytest.raises(UndeclaredStep, match="a filing leads to delivery"):
        request_under(arrives(Stage.DELIVERY, ClockId.PROVIDER_ANSWER))
    for clock in (ClockId.RENEWAL_WINDOW, ClockId.DISPUTE_WINDOW):
        with pytest.raises(UndeclaredStep, match=f"the clock {clock.value} starts in completeness_check"):
            request_under(arrives(Stage.COMPLETENESS_CHECK, clock))
    assert request_under(arrives(Stage.COMPLETENESS_CHECK, ClockId.COMPLETENESS_CHECK)).events


def closes(decision: Decision[Any], _: Clock) -> None:
    decision.close(Outcome.REFUSED)


def starts_another(decision: Decision[Any], _: Clock) -> None:
    decision.start(ClockId.RENEWAL_WINDOW)


@pytest.mark.parametrize(
    ("on_breach", "said"),
    [
        (closes, "completeness_check leads from completeness_check to closed"),
        (starts_another, "the clock renewal_window starts in completeness_check, which is not declared"),
    ],
)
def test_the_end_of_a_limit_does_nothing_undeclared(on_breach: Callable[..., None], said: str) -> None:
    """Silence at the completeness check decides nothing: a rule that closes the case then is a fault."""
    paper = request_under(replace(SHARE_REQUEST, on_breach=on_breach))
    paper.wait(paper.clock(ClockId.COMPLETENESS_CHECK).due_at - timedelta(seconds=1))
    before = len(paper.events)
    with pytest.raises(UndeclaredStep, match=said):
        paper.lapse(ClockId.COMPLETENESS_CHECK)
    assert len(paper.events) == before


def test_a_command_after_a_limit_meets_the_same_fault() -> None:
    paper = request_under(replace(SHARE_REQUEST, on_breach=closes))
    late: datetime = paper.clock(ClockId.COMPLETENESS_CHECK).due_at + timedelta(days=1)
    with pytest.raises(UndeclaredStep):
        decide(paper.procedure, paper.case, command("accept", Role.BUREAU), late)


def test_the_platform_by_itself_does_nothing_undeclared() -> None:
    process = SHARE_REQUEST.process
    check = Stage.COMPLETENESS_CHECK
    text = get_statute(NANTONG)
    process.refuse_undeclared(check, None, check, text)
    with pytest.raises(UndeclaredStep, match="the platform leads from completeness_check to closed"):
        process.refuse_undeclared(check, None, Stage.CLOSED, text)
    closed = stage_with(process, check, by_itself=(Stage.CLOSED,))
    closed.refuse_undeclared(check, None, Stage.CLOSED, text)


# When the program starts


CHECKS = Stage.COMPLETENESS_CHECK


def changed(stage: Stage = CHECKS, **changes: Any) -> Callable[[Process], Process]:
    """The process with one stage declared otherwise."""
    return lambda process: stage_with(process, stage, **changes)


def with_commands(stage: Stage, more: Mapping[CommandName, Sequence[Stage]]) -> Callable[[Process], Process]:
    """The process with further commands in a stage."""
    return lambda process: stage_with(process, stage, commands={**process[stage].commands, **more})


def twice(process: Process) -> Process:
    """The process with its first stage once more."""
    return replace(process, stages=[*process.stages, process.stages[0]])


def with_an_island(process: Process) -> Process:
    """The process with a stage to which nothing leads."""
    island = DeclaredStage(Stage.DUTY, "", (Role.BUREAU,), {CommandName.URGE: STAYS})
    return replace(process, stages=[*process.stages, island])


def with_two_islands(process: Process) -> Process:
    """The process with two stages that lead to one another alone."""
    there = DeclaredStage(Stage.DUTY, "", (Role.BUREAU,), {CommandName.URGE: (Stage.PUSH,)})
    back = DeclaredStage(Stage.PUSH, "", (Role.BUREAU,), {CommandName.URGE: (Stage.DUTY,)})
    return replace(process, stages=[*process.stages, there, back])


def without_decline(process: Process) -> Process:
    """The process without a command that there is a rule for."""
    return process.without(lambda command: command is CommandName.DECLINE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_commands(CHECKS, {CommandName.FULFIL: STAYS}), "the command fulfil has no rule"),
        (without_decline, "the command decline is open in no stage"),
        (with_commands(CHECKS, {CommandName.ACCEPT: (Stage.DUTY,)}), "the stage duty is not declared"),
        (changed(by_itself=(Stage.EXPIRED,)), "the stage expired is not declared"),
        (changed(expiry={ClockId.COMPLETENESS_CHECK: (Stage.PUSH,)}), "the stage push is not declared"),
        (lambda it: replace(it, opens=[*it.opens, Stage.IN_USE]), "the stage in_use is not declared"),
        (with_an_island, "nothing leads to the stage duty"),
        (with_two_islands, "nothing leads to the stage duty; nothing leads to the stage push"),
        (twice, "a stage is declared twice"),
        (
            changed(expiry={ClockId.RENEWAL_WINDOW: (Stage.CLOSED,)}),
            "completeness_check says where the end of renewal_window leads, which is not among its limits",
        ),
        (
            changed(Stage.DELIVERY, expiry={ClockId.PROVIDER_ANSWER: (Stage.CLOSED,)}),
            "delivery says where the end of provider_answer leads, which is not among its limits",
        ),
        (
            lambda it: replace(it, opens_only={**it.opens_only, Stage.DELIVERY: lambda _: True}),
            "no filing arrives in delivery, which some texts alone could have",
        ),
        (changed(Stage.DELIVERY, commands={CommandName.URGE: STAYS}), "no way leads on from delivery"),
        (
            changed(Stage.DELIVERY, waits_for=(Role.PROVIDER, Role.GOVERNMENT)),
            "delivery waits for government, who may carry nothing on there",
        ),
        (
            changed(commands_only={CommandName.FULFIL: lambda _: True}),
            "completeness_check has no fulfil that some texts alone could have",
        ),
        (
            changed(commands_only={(CommandName.ACCEPT, Stage.REFUSED): lambda _: True}),
            "completeness_check has no way of accept to refused that some texts alone could have",
        ),
        (
            changed(Stage.SUPPLEMENT, limits_only={(ClockId.SUPPLEMENT, Stage.PROVIDER_ANSWER): lambda _: True}),
            "supplement has no way of supplement to provider_answer that some texts alone could have",
        ),
        (
            changed(Stage.DELIVERY, limits_only={ClockId.PROVIDER_ANSWER: lambda _: True}),
            "delivery has no provider_answer that some texts alone could have",
        ),
        (
            changed(Stage.DELIVERY, also_starts=(ClockId.DELIVERY,)),
            "delivery also starts delivery, which is among its limits",
        ),
        (
            changed(Stage.DELIVERY, also_starts=(ClockId.DUTY,)),
            "delivery also starts duty, which is measured in no stage",
        ),
    ],
)
def test_a_process_that_contradicts_itself_or_the_rules_is_refused(
    change: Callable[[Process], Process], said: str
) -> None:
    """One sentence with the file and the procedure; nothing can be opened by it."""
    with pytest.raises(InvalidProcess) as refused:
        replace(SHARE_REQUEST, process=change(SHARE_REQUEST.process))
    sentence = str(refused.value)
    assert sentence.startswith("procedures/share_request/process.py (share_request): ")
    assert sentence.endswith(".")
    assert said in sentence


def test_everything_that_is_wrong_is_told_at_once() -> None:
    process = twice(without_decline(SHARE_REQUEST.process))
    with pytest.raises(InvalidProcess, match="a stage is declared twice; the command decline is open in no stage"):
        replace(SHARE_REQUEST, process=process)


@pytest.mark.parametrize(
    ("procedures", "said"),
    [
        (ALL[1:], "share_request stands in ALL 0 times, not once"),
        ([*ALL, ALL[3]], "data_correction stands in ALL 2 times, not once"),
    ],
)
def test_every_procedure_is_listed_once(procedures: Sequence[Procedure[Any]], said: str) -> None:
    with pytest.raises(InvalidProcess, match=f"^procedures/registry.py: {said}.$"):
        by_name(procedures)


def test_a_command_is_ruled_once() -> None:
    book: RuleBook[Any] = RuleBook()
    book.command(CommandName.URGE, by=(Role.BUREAU,), says=Nothing)(moves_to(Stage.CLOSED))
    first = book[CommandName.URGE]
    with pytest.raises(ValueError, match=r"^tests\.domain\.engine\.test_process: urge is ruled twice"):
        book.command(CommandName.URGE, by=(Role.PROVIDER,), says=Nothing)(moves_to(Stage.DELIVERY))
    assert book == {CommandName.URGE: first}


@pytest.mark.parametrize("procedure", ALL, ids=lambda it: it.name)
@pytest.mark.parametrize("statute", sorted(packaged_statutes()))
def test_under_every_text_a_case_goes_on_and_whoever_is_waited_for_can_act(
    procedure: Procedure[Any], statute: str
) -> None:
    text = get_statute(statute)
    for declared in procedure.process.under(text).stages:
        givers = {role for name in declared.commands if name not in SUPERVISES for role in procedure.rules[name].by}
        assert declared.leads_to, declared.stage
        for provincial in (False, True):
            assert declared.by_itself or {*declared.assignees(text, provincial)} <= givers, declared.stage


def test_every_rule_knows_its_stages_from_the_process() -> None:
    for procedure in ALL:
        for name, rule in procedure.rules.items():
            assert tuple(rule.stages) == procedure.process.stages_of(name)
            assert rule.stages


@pytest.mark.parametrize("procedure", ALL, ids=lambda it: it.name)
def test_stages_stand_in_the_order_of_the_articles(procedure: Procedure[Any]) -> None:
    """Nantong's provider answers by art. 22, its platform authorises by art. 23: so they stand in the process."""
    for text in packaged_statutes().values():
        if "+" in text.id:
            continue  # two texts at once have two orders
        clauses = {limit.clock: int(limit.clause.article) for limit in text.limits}
        articles = [clauses[clock] for it in procedure.process.stages for clock in it.limits if clock in clauses]
        first_in_stage = list(dict.fromkeys(articles))
        assert first_in_stage == sorted(first_in_stage), text.id


def test_a_stage_that_is_not_there_has_nobody_to_wait_for() -> None:
    text = get_statute(NANTONG)
    assert SHARE_REQUEST.process.assignees(Stage.CLOSED, text) == ()
    with pytest.raises(KeyError):
        SHARE_REQUEST.process[Stage.CLOSED]
    assert Stage.CLOSED not in SHARE_REQUEST.process
