"""The glossary document, made from the catalogue of messages: ``python -m tests.glossary`` writes it."""

from pathlib import Path

from domain.clocks import ClockId
from domain.messages import words

KINDS = {
    "role": "Roles 角色",
    "stage": "Stages 阶段",
    "outcome": "Outcomes 结果",
    "clock": "Clocks 时限",
    "clock_state": "States of a clock 时限状态",
    "basis": "Basis of a limit 时限依据",
    "event": "Events of the ledger 台账事件",
    "command": "Commands 办理动作",
    "refusal": "Refusal codes 不予办理代码",
    "problem": "Further codes of the HTTP API 接口的其他代码",
    "sharing_class": "Sharing classes 共享类型",
}

HEAD = """# Glossary 术语

The identifiers that programs use, and what people read. Made from the catalogue of messages.

| term 术语 | meaning 含义 |
|---|---|
| working day 工作日 | a day on which State organs work, by the yearly notice: make-up days count, days off do not |
| make-up day 调休上班日 | a Saturday or Sunday on which the notice orders work |
| compensation 补假 | a day off in place of a festival that falls on a weekend |
| edition 通知版本 | one notice of the State Council's General Office, known from its publication |
| provisional 暂定 | worked out for a year whose notice is not yet published |
| statute 法规 | one regulation as data, with article and quote for every rule |
| overlay 上位法叠加 | a local text as it applies under a regulation above it, merged from both |
| policy 内部规程 | a limit that no text sets; the operator's, never shown as law |
| ledger 台账 | the append-only, chained record of events |
| supervision ladder 督办 | what follows a breach: notice, yellow, red |
"""

NUMBERS = """The number of a clock comes from the `statute` alone; from `policy`, where no text sets it; or from the
`decision` of whoever the text empowers, in the case itself. A `duty` that is missed climbs the supervision ladder; a
`window` in which somebody may act, and a `term` that ends or must pass, urge nobody."""


def glossary() -> str:
    """The whole document."""
    parts = [HEAD]
    for kind, title in KINDS.items():
        rows = "\n".join(f"| `{word}` | {said['zh']} | {said['en']} |" for word, said in words(kind).items())
        parts.append(f"\n## {title}\n\n| identifier | 中文 | English |\n|---|---|---|\n{rows}\n")
        parts.append(measures() if kind == "clock" else "")
    return "".join(parts)


def measures() -> str:
    """What each clock measures, where its number comes from, and whether its end is a breach."""
    rows = "\n".join(
        f"| `{row.word}` | {row.measures} | {row.number} | {row.kind} |" for row in (it.declared for it in ClockId)
    )
    head = "| clock | what it measures | number from | kind |\n|---|---|---|---|"
    return f"\n{NUMBERS}\n\n{head}\n{rows}\n"


if __name__ == "__main__":
    Path("docs/glossary.md").write_text(glossary(), encoding="utf-8")
