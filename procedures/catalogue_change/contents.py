"""What the text asks an update of the catalogue to state (809 art. 13); whatever is left out becomes a finding.

Findings do not refuse the update: the reviewing bureau decides whether they matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.statutes.sections import CatalogueRules
from domain.words import SharingClass

NOT_OF_A_KEPT_ENTRY = ("service_mode",)
"""Fields that an entry that is not shared cannot state."""


class Declared(Protocol):
    """What an update says about prior assessments."""

    @property
    def secrecy_assessment(self) -> bool:
        """Whether the risk to secrets was assessed (保密风险评估)."""

    @property
    def privacy_assessment(self) -> bool:
        """Whether the effect on personal information was assessed (个人信息保护影响评估)."""

    @property
    def head_consent(self) -> bool:
        """Whether the head of the department consented (部门负责人审核同意)."""


@dataclass(frozen=True)
class Findings:
    """What is missing: ``update`` in the update itself, ``entries`` in each entry, by its code."""

    update: Sequence[str]
    entries: Mapping[str, Sequence[str]]

    def noted(self) -> dict[str, Any]:
        """The findings for an event: each once, and what each entry lacks."""
        found = dict.fromkeys([*self.update, *(each for entry in self.entries.values() for each in entry)])
        return {
            "findings": list(found) or None,
            "entry_findings": [{"entry": code, "findings": list(missing)} for code, missing in self.entries.items()]
            or None,
        }


def findings(said: Declared, entries: Sequence[Any], rules: CatalogueRules) -> Findings:
    """What an update leaves out of the assessments, consents and statements that the text asks for."""
    asked = ("secrecy_assessment", "privacy_assessment", "head_consent") if rules.assessment else ()
    of_each = {entry.code: _left_out(entry, rules) for entry in entries}
    return Findings(
        update=[f"no_{name}" for name in asked if not getattr(said, name)],
        entries={code: missing for code, missing in of_each.items() if missing},
    )


def _left_out(entry: Any, rules: CatalogueRules) -> list[str]:
    kept = entry.sharing_class is SharingClass.NOT_SHARED
    states = rules.contents.states if rules.contents else ()
    asked = [name for name in states if not (kept and name in NOT_OF_A_KEPT_ENTRY)]
    return [f"no_{name}" for name in asked if not getattr(entry, name)]
