"""Which played cases the papers are looked at of: under every text, every kind of notice that it can make."""

from collections.abc import Mapping, Sequence
from typing import Final

PLAYED: Final[Mapping[str, Sequence[str]]] = {
    "changshu-2019": (
        *("leading-group-grants", "leading-group-returns", "not-shared-negotiated", "refusal-accepted"),
        *("silence-climbs-the-ladder", "supplement-by-provider", "supplement-lapse", "withdrawn-in-coordination"),
        *("unconditional-granted-on-filing", "coordination-lapse-climbs-the-ladder"),
    ),
    "changzhou-2018": (
        *("coordination-agreed", "negotiation-agreed-after-the-limit", "provincial-leading-group-returns"),
        *("refusal-accepted", "spring-festival-2018-last-second", "supplement-lapse"),
        *("unconditional-granted-on-filing", "withdrawn-before-the-leading-group"),
    ),
    "cn-809-2025": (
        *("decline-not-allowed-then-supplement", "delivery-overdue", "extension-denied", "extension-in-two-parts"),
        *("government-grants", "government-returns", "negotiation-agreed-then-delivered", "supplement-lapse"),
        *("withdrawn-while-refused", "cross-level-common-superior", "provisional-delivery-into-2027"),
        "dispute-window-lapse",
    ),
    "nantong-2020": (
        *("conditional-authorized-by-platform-refused", "declined-with-reason", "granted-conditions-disputed"),
        *("platform-authorization-last-second", "refused-late-then-impasse", "supplement-lapse"),
        *("unsealed-returned-and-supplemented", "withdrawn-in-supplement", "three-parties-must-all-agree"),
        *("provider-answer-last-second", "silence-climbs-the-ladder", "withdrawn-in-provider-answer"),
    ),
    "yima-2021": (
        *("adjudicated-grant", "adjudication-late", "not-shared-negotiated", "refusal-needs-basis"),
        *("silence-then-requester-refers", "supplement-changes-item-count", "unconditional-granted-on-filing"),
        *("withdrawn-before-adjudication", "answer-last-second"),
    ),
    "zhejiang-2014": (
        *("government-grants", "impasse-then-refer", "negotiation-agreed", "negotiation-skipped"),
        *("silence-then-refer", "supplement-by-provider", "unrestricted-granted-on-filing"),
        *("withdrawn-in-final-instance", "answer-last-second"),
    ),
    "nantong-2020+809": (
        *("decline-not-allowed-then-supplement", "extension-then-delivery", "refused-with-basis-to-the-government"),
        *("unconditional-platform-last-second", "platform-refusal-needs-basis", "cross-level-common-superior"),
    ),
    "changzhou-2018+809": ("provincial-to-the-common-superior", "supplement-once-by-provider"),
    "zhejiang-2014+809": ("government-decides-last",),
}
"""The scenarios whose papers are looked at, by statute."""
