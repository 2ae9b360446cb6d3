"""What holds something up, in words: codes that are known, and what follows them as it is."""

import pytest

from domain.stuck_words import told_of_error, told_of_point, told_of_reason, told_of_subject


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("overdue:provider_answer", "人员超期未办：答复时限"),
        ("other_case_unavailable: workflow_without_case", "另一事项办不成：另一事项的流程在运行，但没有立案"),
        ("other_case_unavailable:not_your_turn", "另一事项办不成：此事项不由您办理"),
        ("other_case_unavailable: application_incomplete: a: b", "另一事项办不成：申请内容不完整：a: b"),
        ("workflow_task_failing:Broken:0af1", "流程代码出错：Broken:0af1"),
        ("provider_answer due 2026-09-30", "答复时限，2026年9月30日已到期"),
        ("something else", "something else"),
    ],
)
def test_codes_are_told_in_words(reason: str, said: str) -> None:
    assert told_of_reason(reason, "zh") == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("workflow_without_case: Workflow execution already started", "另一事项的流程在运行，但没有立案"),
        ("http://127.0.0.1:9 gone", "接收方以 410 答复，不再接收"),
        ("https://a.example 500 exhausted", "投递屡次失败，重试安排已用尽"),
        ("Broken: nobody knows", None),
        ("3 workflows wait", "3 件流程在等待"),
        (
            "not_answered_in_time: Not enough time to retry\ncaused by: ledger_unavailable: x\n\n  File y",
            "没有及时得到应答：台账不应答",
        ),
    ],
)
def test_what_is_known_of_an_error_is_told_in_words_alone(error: str, said: str | None) -> None:
    assert told_of_error(error, "zh") == said


def test_what_is_stuck_is_told_by_its_kind_where_it_is_no_case() -> None:
    subjects = ("webhook:wh_1", "queue:shareflow", "YIMA-O34QRJLGCRDQ4L43", "webhook:", "new_kind:1")
    assert [told_of_subject(each, "zh") for each in subjects] == [
        *("推送订阅 wh_1", "任务队列 shareflow"),
        *subjects[2:],
    ]


def test_points_are_told_in_words() -> None:
    assert [told_of_point(each, "zh") for each in ("first", "before:suspend", "last")] == [
        "最初一步",
        "“暂停共享”之前",
        "最近一步",
    ]
