"""What a picture says itself, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.messages import Language
from starter.diagram.picture import Kind


@dataclass(frozen=True)
class Wording:
    """The words of a picture in one language.

    ``kinds`` explain the lines, ``alone`` say in a sentence what moves a case when nobody's command does. ``between``
    parts several names of one line.
    """

    start: str
    waits_for: str
    limit: str
    here: str
    between: str
    kinds: Mapping[Kind, str]
    alone: Mapping[Kind, str]
    leads: str
    ends: str
    stop: str
    colon: str
    joins: str

    def listed(self, names: Sequence[str]) -> str:
        """Several names as one text."""
        return self.between.join(names)


WORDING: Mapping[Language, Wording] = {
    "zh": Wording(
        start="开始",
        waits_for="办理主体：",
        limit="时限：",
        here="本阶段可办：",
        between="、",
        kinds={"command": "办理动作", "time": "时限届满（不需任何人办理）", "platform": "平台自动办理"},
        alone={"time": "不需任何人办理", "platform": "平台自动办理"},
        leads="转入",
        ends="结果：",
        stop="。",
        colon="：",
        joins="圆点处各线汇合；相交而无圆点的线互不相连。",
    ),
    "en": Wording(
        start="start",
        waits_for="Whose move: ",
        limit="Limit: ",
        here="Also here: ",
        between=", ",
        kinds={
            "command": "somebody's act",
            "time": "a limit ends (nobody acts)",
            "platform": "carried out by the platform",
        },
        alone={"time": "nobody acts", "platform": "by the platform"},
        leads="leads to",
        ends="Endings: ",
        stop=". ",
        colon=": ",
        joins="Lines join at dots; where they cross without a dot, they do not.",
    ),
}
