"""Why a day counts or does not, in Chinese and English (逐日说明)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from domain.calendar.regulation import Festival

DayCode = Literal["day_zero", "working", "make_up", "weekend", "festival", "lieu", "notice_off"]
"""What a row of an explanation says of its day.

``day_zero`` the day of the start event, never counted (起算当日); ``working`` an ordinary working day;
``make_up`` a weekend on which the notice orders work (调休上班); ``weekend`` 周休息日; ``festival`` a
statutory festival day (法定节日); ``lieu`` a day in lieu of a festival on a weekend, in a provisional
year (补假); ``notice_off`` any other day off by a notice (放假调休).
"""

_SATURDAY = 5
_WEEKDAYS_ZH: Final = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
_WEEKDAYS_EN: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Nature:
    """What kind of day a date is by itself, apart from any limit (当日性质).

    ``edition`` is the id of the edition that says so, None where only the weekday or the holiday
    regulation does. ``provisional`` marks a day of a year without a known notice.
    """

    working: bool
    code: DayCode
    text_zh: str
    text_en: str
    edition: str | None
    provisional: bool


@dataclass(frozen=True)
class DayReason:
    """One row of an explanation: a day, whether it counts and why.

    ``weekday`` is 1 for Monday to 7 for Sunday. ``number`` is the number counted on this day, None for
    a day that is not counted. ``working`` says whether it is a working day, counted or not.
    """

    day: date
    weekday: int
    number: int | None
    working: bool
    code: DayCode
    text_zh: str
    text_en: str
    edition: str | None
    provisional: bool


@dataclass(frozen=True)
class Span:
    """A limit being explained: its unit, its last day before rolling and after."""

    unit: str
    nominal: date
    last: date


def nature_of(day: date, working: bool, edition: str | None, festival: Festival | None, provisional: bool) -> Nature:
    """The nature of ``day`` from what the calendar knows of it."""
    zh, en = _WEEKDAYS_ZH[day.weekday()], _WEEKDAYS_EN[day.weekday()]
    nature = Nature(working, "weekend", f"{zh}，周休息日", f"{en}, weekly day of rest", edition, provisional)
    if working:
        if day.weekday() >= _SATURDAY:
            nature = replace(
                nature,
                code="make_up",
                text_zh=f"{zh}，通知安排上班（调休）",
                text_en=f"{en}, made a working day by the notice",
            )
        else:
            nature = replace(nature, code="working", text_zh=f"{zh}，工作日", text_en=f"{en}, working day")
    elif festival is not None and not festival.lieu:
        nature = replace(
            nature,
            code="festival",
            text_zh=f"{zh}，法定节日（{festival.name}）",
            text_en=f"{en}, public holiday ({festival.english})",
        )
    elif edition is not None:
        nature = replace(
            nature,
            code="notice_off",
            text_zh=f"{zh}，通知安排放假（调休）",
            text_en=f"{en}, day off by the notice",
        )
    elif festival is not None:
        nature = replace(
            nature,
            code="lieu",
            text_zh=f"{zh}，{festival.name}适逢周末的补假",
            text_en=f"{en}, in lieu of a holiday on a weekend ({festival.english})",
        )
    if not provisional:
        return nature
    return replace(
        nature,
        text_zh=f"{nature.text_zh}；{day.year}年放假通知未发布，暂按放假办法推定",
        text_en=f"{nature.text_en}; provisional, the notice for {day.year} is not known",
    )


def day_zero_reason(day: date, nature: Nature) -> DayReason:
    """The row of the day of the start event, which is never counted (民法典第二百零一条)."""
    return _row(
        day,
        replace(nature, code="day_zero"),
        None,
        f"起算当日（第0日），不计入（{nature.text_zh}）",
        f"day 0, the day of the start event, is not counted ({nature.text_en})",
    )


def reason_in_span(day: date, nature: Nature, number: int | None, span: Span) -> DayReason:
    """The row of a day after the start; ``number`` is None when it is not counted."""
    if number is None:
        zh, en = "不计入", "not counted"
        if span.unit != "working_day" and day == span.last:
            zh, en = "顺延后的期限最后一日", "the last day after rolling"
    elif span.unit == "working_day":
        zh, en = f"第{number}个工作日", f"working day {number}"
    else:
        zh, en = f"第{number}日（休息日不扣除）", f"day {number} (days off are not deducted)"
    if number is not None and day == span.nominal:
        if span.nominal == span.last:
            zh, en = f"{zh}，期限最后一日", f"{en}, the last day"
        else:
            zh = f"{zh}，期限届满日逢休息日，顺延至下一工作日"
            en = f"{en}, the limit would end on a day off and rolls to the next working day"
    return _row(day, nature, number, f"{nature.text_zh}：{zh}", f"{nature.text_en}: {en}")


def _row(day: date, nature: Nature, number: int | None, zh: str, en: str) -> DayReason:
    return DayReason(
        day=day,
        weekday=day.isoweekday(),
        number=number,
        working=nature.working,
        code=nature.code,
        text_zh=zh,
        text_en=en,
        edition=nature.edition,
        provisional=nature.provisional,
    )
