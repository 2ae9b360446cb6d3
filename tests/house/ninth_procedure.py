"""A procedure that no text has, for the test that adds one: what data means is asked (业务咨询)."""

from typing import Final

from tests.house.copies import Copy

FOLDER: Final = "procedures/consultation"

RULES: Final = '''"""Consultation (业务咨询): what data means, asked of whoever has it."""

from dataclasses import dataclass
from typing import Any, ClassVar

from domain.engine.decision import Decision
from domain.engine.filed import Filed, Party
from domain.engine.procedure import Digests
from domain.engine.records import Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.engine.rules import RuleBook
from domain.field_types import Text
from domain.statutes.sections import ConsultationRules
from domain.words import CommandName, EventType, Outcome, ProcedureName, Role, Stage
from procedures.common.filing import code_and_name, refuse_unless_given
from procedures.common.parties import BetweenTwo
from procedures.common.supervision import may_be_urged, may_be_withdrawn


class Consultation(Filed):
    """What is asked (咨询事项), and of whom."""

    requester: Party = Party()
    provider: Party = Party()
    question: Text | None = None


@dataclass(frozen=True)
class ConsultationCase(BetweenTwo, RuledCase[ConsultationRules]):
    """One consultation."""

    procedure: ClassVar[ProcedureName] = ProcedureName.CONSULTATION

    application: Consultation

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:  # noqa: ARG002 - nothing beyond its stage
        """Nothing that happens is asked for later."""
        return {}


RULES: RuleBook[ConsultationCase] = RuleBook()


def begin(decision: Decision[ConsultationCase], digests: Digests) -> None:
    """提出咨询."""
    rules, said = decision.case.rules, decision.case.application
    named = code_and_name(requester=said.requester, provider=said.provider)
    refuse_unless_given({**named, "question": said.question}, rules.clause)
    decision.stage = Stage.CONSULTED
    decision.file(rules.clause, digests, provider=said.provider.code)


class Answering(Filed):
    """The answer (答复)."""

    answer: Text


@RULES.command(CommandName.ADVISE, by=[Role.PROVIDER], says=Answering)
def advise(decision: Decision[ConsultationCase], said: Answering) -> None:
    """答复咨询."""
    rules = decision.case.rules
    decision.note(EventType.ADVISED, rules.clause, answer=said.answer)
    decision.close(Outcome.GRANTED)


may_be_withdrawn(RULES)
may_be_urged(RULES)
'''

PROCESS: Final = '''"""The consultation (业务咨询) as a procedure: one stage, in which the provider answers."""

from typing import Final

from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, DeclaredStage, Process
from domain.words import CommandName, Role, Stage
from procedures.consultation.rules import RULES, Consultation, ConsultationCase, begin

PROCESS: Final = Process(
    opens=(Stage.CONSULTED,),
    stages=(
        DeclaredStage(
            Stage.CONSULTED,
            "咨询: the provider answers",
            waits_for=(Role.PROVIDER,),
            commands={CommandName.ADVISE: CLOSES, CommandName.WITHDRAW: CLOSES, CommandName.URGE: STAYS},
        ),
    ),
)

CONSULTATION: Final = Procedure(
    case=ConsultationCase,
    matter=Consultation,
    opened_by=(Role.REQUESTER,),
    begin=begin,
    process=PROCESS,
    rules=RULES,
)
'''

SECTION: Final = '''class ConsultationRules(Part):
    """A question about another department's data (业务咨询)."""

    clause: Clause


class Duty(Part):
'''


def add_it(copy: Copy, leads_to: str = "CLOSES") -> Copy:
    """The steps of docs/howto/add-a-procedure.md; ``leads_to``: where the answer leads, as it is declared."""
    # 1. The words, with their labels.
    words, labels = "domain/words.py", "domain/messages/catalogue.yaml"
    copy.change(
        words, '    DEMAND = "demand", ', '    CONSULTATION = "consultation", "ADVICE"\n    DEMAND = "demand", '
    )
    copy.change(words, '    DEMAND_REVIEW = "', '    CONSULTED = "consulted"\n    DEMAND_REVIEW = "')
    copy.change(words, '    DISCLAIM = "', '    ADVISE = "advise"\n    DISCLAIM = "')
    copy.change(words, '    DISCLAIMED = "', '    ADVISED = "advised"\n    DISCLAIMED = "')
    copy.change(
        labels,
        "\n  demand: {zh: 需求申请,",
        "\n  consultation: {zh: 业务咨询, en: consultation}\n  demand: {zh: 需求申请,",
    )
    copy.change(labels, "\n  demand_review:", "\n  consulted: {zh: 待答复咨询, en: asked}\n  demand_review:")
    copy.change(labels, "\n  disclaim: {", "\n  advise: {zh: 答复咨询, en: answer}\n  disclaim: {")
    copy.change(labels, "\n  disclaimed: {", "\n  advised: {zh: 答复咨询, en: answered}\n  disclaimed: {")
    # 2. The section that a text may have.
    sections, model = "domain/statutes/sections.py", "domain/statutes/model.py"
    copy.change(sections, "class Duty(Part):\n", SECTION)
    copy.change(
        model,
        "    demand: Section[DemandRules]",
        "    consultation: Section[ConsultationRules] = None\n    demand: Section[DemandRules]",
    )
    copy.change(model, "    CatalogueRules,\n", "    CatalogueRules,\n    ConsultationRules,\n")
    text = "domain/statutes/data/nantong-2020.yaml"
    clause = '{article: "24", quote: 可通过市政务数据共享交换平台向该资源相关部门提交需求申请}'
    copy.change(text, "\ndemand:\n", f"\nconsultation:\n  clause: {clause}\n\ndemand:\n")
    copy.change(
        "domain/statutes/data/coverage/nantong-2020.yaml", "[demand.clause]", "[demand.clause, consultation.clause]"
    )
    # 3. The procedure itself, and its place among all.
    copy.write(f"{FOLDER}/__init__.py", "")
    copy.write(f"{FOLDER}/rules.py", RULES)
    copy.write(f"{FOLDER}/process.py", PROCESS.replace("ADVISE: CLOSES", f"ADVISE: {leads_to}"))
    registry = "procedures/registry.py"
    was = "from procedures.data_correction.process"
    copy.change(registry, was, f"from procedures.consultation.process import CONSULTATION\n{was}")
    copy.change(registry, "    DEMAND,\n", "    CONSULTATION,\n    DEMAND,\n")
    return copy
