"""The words of the documents on permissions, in English and Chinese. The marks come from the rules."""

from collections.abc import Mapping
from typing import Final

from domain.messages import Language
from domain.words import CommandName, Stage

RECTIFICATION: Final[Mapping[Language, str]] = {
    "en": "once a limit of the text (no policy) was missed whose breach the text lists as a ground",
    "zh": "有法定时限（不含内部规程）超期，且属该法规所列整改情形",
}

CONDITIONS: Final[Mapping[tuple[CommandName, Stage], Mapping[Language, str]]] = {
    (CommandName.ORDER_RECTIFICATION, Stage.PROVIDER_ANSWER): RECTIFICATION,
    (CommandName.ORDER_RECTIFICATION, Stage.NEGOTIATION): RECTIFICATION,
    (CommandName.ORDER_RECTIFICATION, Stage.COORDINATION): RECTIFICATION,
    (CommandName.ORDER_RECTIFICATION, Stage.FINAL_INSTANCE): RECTIFICATION,
    (CommandName.ORDER_RECTIFICATION, Stage.DELIVERY): RECTIFICATION,
    (CommandName.RETURN_FOR_SUPPLEMENT, Stage.COMPLETENESS_CHECK): {"en": "once in a case", "zh": "一件一次"},
    (CommandName.RETURN_FOR_SUPPLEMENT, Stage.PROVIDER_ANSWER): {"en": "once in a case", "zh": "一件一次"},
    (CommandName.REQUEST_EXTENSION, Stage.PROVIDER_ANSWER): {
        "en": "conditional sharing alone; before the limit has passed, while no other request waits",
        "zh": "仅限有条件共享；时限未过，且没有待批的延期申请",
    },
    (CommandName.APPROVE_EXTENSION, Stage.PROVIDER_ANSWER): {
        "en": "when one is asked for and the limit has not passed",
        "zh": "已有延期申请，且时限未过",
    },
    (CommandName.DENY_EXTENSION, Stage.PROVIDER_ANSWER): {"en": "when one is asked for", "zh": "已有延期申请"},
    (CommandName.OPEN_NEGOTIATION, Stage.PROVIDER_ANSWER): {
        "en": "after the limit has passed without an answer",
        "zh": "时限已过而未答复",
    },
    (CommandName.REFER, Stage.PROVIDER_ANSWER): {
        "en": "after the limit has passed without an answer",
        "zh": "时限已过而未答复",
    },
    (CommandName.REFER, Stage.DELIVERY): {
        "en": "after the limit has passed and nothing was delivered",
        "zh": "时限已过而未提供",
    },
    (CommandName.AGREE, Stage.NEGOTIATION): {
        "en": "when somebody else's terms are on the table and you have not agreed to them yet",
        "zh": "他方方案待同意，且本方尚未同意",
    },
    (CommandName.DECLARE_IMPASSE, Stage.NEGOTIATION): {"en": "once", "zh": "一次"},
    (CommandName.REFER, Stage.NEGOTIATION): {
        "en": "after an impasse, or after the negotiation's limit has passed",
        "zh": "协商未果或协商时限已过",
    },
    (CommandName.CONCLUDE_COORDINATION, Stage.COORDINATION): {
        "en": "until it has ended without agreement",
        "zh": "尚未以未达成一致结束",
    },
    (CommandName.ADJUDICATE, Stage.COORDINATION): {
        "en": "after a coordination without agreement",
        "zh": "协调未达成一致之后",
    },
    (CommandName.REFER_FINAL, Stage.COORDINATION): {
        "en": "after a coordination without agreement",
        "zh": "协调未达成一致之后",
    },
}
"""What must have happened (or must not have) where stage and role alone do not decide."""

TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "procedures": {"en": "## In cases of the other procedures", "zh": "## 在其他程序的事项中"},
    "procedures_head": {
        "en": """Who may ever give a command, and in which stages; `docs/procedures` names the conditions. The platform
records uses and ends grants with a withdrawn resource; it decides nothing.""",
        "zh": """谁可以办理、在哪些阶段；条件见 `docs/procedures` 各页。
平台只记录使用，并在资源撤销时终止授权，不作任何决定。""",
    },
    "opened_by": {"en": "Opened by:", "zh": "立项："},
    "who": {"en": "by", "zh": "办理人"},
    "stages": {"en": "stages", "zh": "阶段"},
    "head": {
        "en": """# Permissions

Who may do what: in a case, and at the HTTP door. Made from the rules by `python -m tests.permission_matrix`; tests
hold this page to the rules, and try every cell of it over HTTP and straight at the workflow.

中文：[permissions.zh-CN.md](permissions.zh-CN.md)

## In a case

● whenever the case is in this stage, ○ on the condition that is named, empty: never. Brackets name the statutes to
which a mark applies. What no table names is refused with `wrong_stage` in that stage, for everybody; a role that never
gives a command is told `not_your_turn`. A department acts only in cases in which it is that party, an organ only in
cases of its places. Auditors, operators and the platform decide nothing.

Where a case across levels or regions, or an order to the bureau (809 art. 41), names `superior`, what coordinates,
decides or reviews it ({settling}) is for organs of that place alone, in every procedure; those of the case's own place
see it, do all else, and are told `not_your_turn` there.

A local text under the national regulation (`…+809`) follows the marks of `cn-809-2025`, Nantong's with its own
completeness check (without `decline`), platform authorization and three-party table. There the government may
`order_rectification` of the bureau, from the stage whose limit the bureau missed. Under `…+jiangsu` the marks are
the local text's own.
""",
        "zh": """# 权限

谁可以办理什么：在事项中，以及在 HTTP 接口上。本页由 `python -m tests.permission_matrix` 依规则生成，
并由测试逐格经 HTTP、直接对工作流核对。

English: [permissions.md](permissions.md)

## 在事项中

● 事项处于该阶段时均可；○ 须符合所列条件；空白：不可。括号内为该标记的适用法规。
表中未列的动作在该阶段对任何人均以 `wrong_stage` 拒绝；从不办理该动作的角色得到 `not_your_turn`。
部门只能办理本部门为当事方的事项，主管机构只能办理本辖区的事项。审计、运维和共享平台不作任何决定。

跨层级、跨地域的事项，以及对主管部门的责令（国家条例第41条）写明 `superior` 的，
协调、决定和验收（{settling}）只由该地机构办理，各程序相同；
本地机构仍可查看并办理其他动作，对上述动作则得到 `not_your_turn`。

在国家条例之下适用的本地办法（`…+809`）按 `cn-809-2025` 的标记；南通另有规范性审查（无 `decline`）、平台授权和三方协商。
主管部门错过时限的，自该阶段起政府可以 `order_rectification`。
`…+jiangsu` 按本地办法自己的标记。
""",
    },
    "command": {"en": "command", "zh": "动作"},
    "condition": {"en": "○ on condition", "zh": "○ 条件"},
    "but": {"en": "not {others}", "zh": "{others} 除外"},
    "unavailable": {"en": "## What some texts do not have", "zh": "## 部分办法没有的程序"},
    "unavailable_head": {
        "en": "Refused in every stage, to everybody who is a party or an organ of the case.",
        "zh": "在任何阶段，对事项的当事方和机构一律拒绝。",
    },
    "code": {"en": "refused with", "zh": "拒绝代码"},
    "statutes": {"en": "under", "zh": "办法"},
    "visibility": {
        "en": "## Which cases a role sees, and for whom it files",
        "zh": "## 各角色可见的事项与可代为提出的申请",
    },
    "visibility_head": {
        "en": "Cases that are not the caller's to see answer 404, as if they were not there.",
        "zh": "不属于调用方可见范围的事项一律答复 404，如同不存在。",
    },
    "role": {"en": "role", "zh": "角色"},
    "as_requester": {"en": "its organisation is the requester", "zh": "本机构为使用部门"},
    "as_provider": {"en": "its organisation is the provider", "zh": "本机构为提供部门"},
    "of_its_places": {"en": "of its places", "zh": "本辖区"},
    "of_its_superior": {"en": "names its place as superior", "zh": "写明其为上级"},
    "all_others": {"en": "all others", "zh": "其他"},
    "files_own": {"en": "files for itself", "zh": "为本部门提出"},
    "files_others": {"en": "files for departments of its places", "zh": "为本辖区部门提出"},
    "endpoints": {"en": "## At the HTTP door", "zh": "## HTTP 接口"},
    "endpoints_head": {
        "en": "● may call it; what comes back is limited to the cases above. Without a token: 401, except where "
        "anybody may. With a token that names no role, and in an empty cell: 403.",
        "zh": "● 可调用，所得以上表可见的事项为限。无令牌：401（“任何人”除外）。令牌未载明角色或空白格：403。",
    },
    "endpoint": {"en": "endpoint", "zh": "接口"},
    "anybody": {"en": "anybody", "zh": "任何人"},
}
