"""A statute as a page for people and as JSON for programs."""

from collections.abc import Iterator
from typing import Any

import typer

from cli.output import print_table
from cli.overlay_page import show_overlay
from cli.statute_sections import sections
from domain.messages import label, words
from domain.policy import Policy
from domain.statutes.loader import digest, packaged_overlays, regulation_title
from domain.statutes.model import Clause, Coordination, Limit, Name, Overall, Refusal, Route, Statute
from domain.statutes.sections import Duty
from domain.words import Role, SharingClass, Unit
from starter.overlaid import overlay_json

Row = tuple[str, str, str]

COLUMNS = ("事项 Item", "条款 Art.", "原文 Quote")
OPENS = {
    "granted": ("登记后直接获取", "granted on filing"),
    "refused": ("不予共享", "refused at filing"),
}
FIELDS = {
    "purpose": ("用途", "purpose"),
    "scope": ("共享范围", "scope"),
    "item_count": ("信息项数", "item count"),
}

EVERY: dict[str, tuple[str, str]] = {
    "year": ("每年", "every year"),
    "half_year": ("每半年", "every half-year"),
    "quarter": ("每季度", "every quarter"),
}


def as_json(statute: Statute, policy: Policy) -> dict[str, Any]:
    """The whole statute; its limits are law, the operator's stand apart and say so."""
    data = statute.model_dump(mode="json")
    data["limits"] = [{**limit, "basis": "statute"} for limit in data["limits"]]
    data["policy_limits"] = [
        {"clock": clock.value, **limit.model_dump(mode="json"), "basis": "policy"}
        for clock, limit in policy.limits.items()
    ]
    overlaid = packaged_overlays().get(statute.id)
    return data | ({"overlay": overlay_json(overlaid)} if overlaid else {}) | {"digest": digest(statute)}


def show(statute: Statute, policy: Policy) -> None:
    """Print the page."""
    typer.echo(f"{statute.title.zh}\n{statute.title.en}\n")
    about = [statute.id, statute.document or "", _name(statute.jurisdiction), statute.status.replace("_", " ")]
    if statute.in_force_from:
        about.append(f"施行 in force from {statute.in_force_from.isoformat()}")
    elif statute.taken_from:
        about.append(f"采用 taken from {statute.taken_from.day.isoformat()}")
    typer.echo(" · ".join(part for part in about if part))
    typer.echo(f"SM3 {digest(statute)}\n")
    overlaid = packaged_overlays().get(statute.id)
    if overlaid:
        show_overlay(overlaid)
    for title, rows in (
        ("时限 Limits (法定 statute)", _limits(statute)),
        ("办理路径 Routes", _routes(statute)),
        ("争议处理 Instances after a refusal", _instances(statute)),
        ("机构 Bodies", _bodies(statute)),
        ("共享类型 Sharing classes", _classes(statute)),
        ("申请 Filing", _filing(statute)),
        ("职责 Duties", _duties(statute)),
        ("定期工作 Periodic duties", _periodic(statute, policy)),
    ):
        print_table(title, COLUMNS, rows)
    for title, named in sections(statute):
        print_table(title, COLUMNS, (_row(zh, en, clause) for zh, en, clause in named))
    print_table(
        "内部时限 The operator's own limits (内部规程 policy, not law)", ("事项 Item", "时限 Limit"), _policy(policy)
    )


def _row(zh: str, en: str, clause: Clause) -> Row:
    paragraph = f"第{clause.paragraph}款" if clause.paragraph else ""
    title = regulation_title(clause.statute) if clause.statute else None
    above = f"《{title.zh}》\n" if title else ""
    return f"{zh}\n{en}", f"{above}第{clause.article}条{paragraph}", clause.quote


def _name(name: Name) -> str:
    return f"{name.zh} {name.en}"


def _class(statute: Statute, which: SharingClass) -> Name:
    return statute.classes[which].name


def _amount(limit: Limit | Overall) -> tuple[str, str]:
    return _length(limit.amount, limit.unit)


def _length(amount: int, unit: str) -> tuple[str, str]:
    """10个工作日, 10 working days."""
    said = words("limit_length")[unit]
    return said["zh"].format(number=amount), said["en"].format(number=amount)


def _limits(statute: Statute) -> Iterator[Row]:
    for limit in statute.limits:
        zh, en = _amount(limit)
        only = _class(statute, limit.sharing_class) if limit.sharing_class else None
        for_zh, for_en = (f"（{only.zh}）", f" ({only.en})") if only else ("", "")
        name_zh, name_en = label("clock", limit.clock, "zh"), label("clock", limit.clock, "en")
        since_zh, since_en = ("，自申请之日起", ", from the filing") if limit.from_filing else ("", "")
        yield _row(f"{name_zh}{for_zh}：{zh}{since_zh}", f"{name_en}{for_en}: {en}{since_en}", limit.clause)
        if limit.overall:
            zh, en = _amount(limit.overall)
            yield _row(
                f"{name_zh}{for_zh}：{zh}，自申请之日起，先到者为准",
                f"{name_en}{for_en}: {en}, from the filing; whichever ends first",
                limit.overall.clause,
            )


def _routes(statute: Statute) -> Iterator[Row]:
    for route in statute.routes:
        name = _class(statute, route.sharing_class)
        by_zh = by_en = ""
        if route.authorization:
            by_zh = f"，{label('role', route.authorization, 'zh')}授权"
            by_en = f", authorized by the {route.authorization.value}"
        zh, en = _steps(route)
        yield _row(f"{name.zh}{by_zh}：{zh}", f"{name.en}{by_en}: {en}", route.clause)


def _steps(route: Route) -> tuple[str, str]:
    stages = [route.opens, *([route.then] if route.then else [])]
    pairs = [OPENS.get(stage) or (label("stage", stage, "zh"), label("stage", stage, "en")) for stage in stages]
    return " → ".join(zh for zh, _ in pairs), ", then ".join(en for _, en in pairs)


def _instances(statute: Statute) -> Iterator[Row]:
    negotiation = statute.negotiation
    parties_zh = "、".join(label("role", role, "zh") for role in negotiation.parties)
    parties_en = ", ".join(label("role", role, "en") for role in negotiation.parties)
    yield _row(f"协商：{parties_zh}", f"negotiation: {parties_en}", negotiation.clause)
    if negotiation.granted_conditions:
        yield _row(
            "协商：共享条件争议", "negotiation: a dispute over granted conditions", negotiation.granted_conditions
        )
    if statute.coordination:
        yield from _coordination(statute, statute.coordination)
    if statute.last:
        last = statute.last
        step_zh, step_en = ("评判", "adjudication") if last.step == "adjudication" else ("决定", "last instance")
        need_zh, need_en = ("（应说明必要性）", " (the necessity must be stated)") if last.necessity else ("", "")
        zh, en = _by(statute, last.by)
        yield _row(f"{step_zh}：{zh}{need_zh}", f"{step_en}: {en}{need_en}", last.clause)


def _coordination(statute: Statute, coordination: Coordination) -> Iterator[Row]:
    zh, en = _by(statute, coordination.by)
    skip_zh, skip_en = (
        ("", "") if coordination.negotiation_first else ("（可不经协商）", " (negotiation may be skipped)")
    )
    yield _row(f"协调：{zh}{skip_zh}", f"coordination: {en}{skip_en}", coordination.clause)
    if coordination.cross_level:
        body = coordination.cross_level
        yield _row(f"跨层级、跨地域协调：{body.name.zh}", f"coordination across levels: {body.name.en}", body.clause)
    if coordination.provincial:
        zh, en = _by(statute, coordination.provincial.by)
        yield _row(
            f"涉及省有关部门：{zh}", f"where a provincial department is involved: {en}", coordination.provincial.clause
        )


def _by(statute: Statute, role: Role) -> tuple[str, str]:
    """The body that acts in a role, by its name where the text gives one."""
    body = statute.bodies.get(role)
    return (body.name.zh, body.name.en) if body else (label("role", role, "zh"), label("role", role, "en"))


def _bodies(statute: Statute) -> Iterator[Row]:
    for role, body in statute.bodies.items():
        zh, en = label("role", role, "zh"), label("role", role, "en")
        yield _row(f"{zh}：{body.name.zh}", f"{en}: {body.name.en}", body.clause)


def _classes(statute: Statute) -> Iterator[Row]:
    for word, rule in statute.classes.items():
        yield _row(rule.name.zh, f"{rule.name.en} ({word.value})", rule.clause)


def _filing(statute: Statute) -> Iterator[Row]:
    for required in statute.filing.requires:
        zh, en = FIELDS[required.field]
        yield _row(f"应当写明：{zh}", f"must state: {en}", required.clause)
    for declared in statute.filing.declares:
        zh, en = label("application_field", declared.field, "zh"), label("application_field", declared.field, "en")
        yield _row(f"未写明的注明：{zh}", f"noted where it is not declared: {en}", declared.clause)
    yield _row("涉密信息除外", "secret data is excluded", statute.filing.secret_data_excluded)
    if statute.filing.sealed_document:
        yield _row("申请材料加盖印章", "a sealed document", statute.filing.sealed_document)


def _duties(statute: Statute) -> Iterator[Row]:
    decline, supplement, extension = statute.decline, statute.supplement, statute.extension
    if decline:
        zh, en = (
            ("可以不予受理", "may be turned away") if decline.allowed else ("不得直接拒绝", "may not be turned away")
        )
        yield _row(f"不予受理：{zh}", f"an application {en}", decline.clause)
    if statute.answer_consent:
        consent = "application_field", "office_head_consent"
        zh, en = label(*consent, "zh"), label(*consent, "en")
        yield _row(f"答复未写明的注明：{zh}", f"noted where no answer declares it: {en}", statute.answer_consent)
    needs_zh, needs_en = _must_give(statute.refusal)
    yield _row(f"不同意共享：应当说明{needs_zh}", f"a refusal must give {needs_en}", statute.refusal.clause)
    if statute.denial and statute.denial.legal_basis:
        yield _row(
            "决定不予共享：应当说明理由和依据", "a denial must give reason and legal basis", statute.denial.clause
        )
    if statute.platform_refusal:
        needs_zh, needs_en = _must_give(statute.platform_refusal)
        yield _row(
            f"平台不予授权：应当说明{needs_zh}",
            f"a refused platform authorization must give {needs_en}",
            statute.platform_refusal.clause,
        )
    if supplement.clause:
        who = supplement.by
        yield _row(
            f"一次性告知补正：{label('role', who, 'zh')}", f"supplement asked once by the {who}", supplement.clause
        )
    if extension:
        zh, en = _length(extension.at_most, extension.unit)
        yield _row(f"延长答复期限：不超过{zh}", f"extension: at most {en}", extension.clause)


def _must_give(rule: Refusal) -> tuple[str, str]:
    return ("理由和依据", "reason and legal basis") if rule.legal_basis else ("理由", "a reason")


def _periodic(statute: Statute, policy: Policy) -> Iterator[Row]:
    for duty in statute.duties or ():
        who_zh, who_en = ("各部门", "each department") if duty.by is Role.PROVIDER else ("", "")
        body = duty.body or (statute.bodies[duty.by].name if duty.by in statute.bodies else None)
        if body:
            who_zh, who_en = body.zh, body.en
        zh, en = _how_often(duty, policy)
        yield _row(f"{duty.name.zh}：{who_zh}，{zh}", f"{duty.id}: {duty.name.en}; {who_en}; {en}", duty.clause)
        if duty.publish:
            yield _row(f"{duty.name.zh}：应当公布", f"{duty.id}: made public", duty.publish)


def _how_often(duty: Duty, policy: Policy) -> tuple[str, str]:
    if duty.how_soon:
        zh, en = ("立即", "at once") if duty.how_soon == "at_once" else ("及时", "in time")
        days = policy.event_duties.at_once if duty.how_soon == "at_once" else policy.event_duties.in_time
        zh_days, en_days = _length(days, Unit.WORKING_DAY)
        return f"{zh}（内部规程：{zh_days}）", f"{en} (policy: {en_days}) after each event"
    if duty.every == "event" and duty.amount is not None:
        zh, en = _length(duty.amount, Unit.WORKING_DAY)
        return f"产生后{zh}内", f"within {en} of each event"
    zh, en = EVERY[duty.recurrence(policy.regular_duties) or "year"]
    if duty.due_month:
        zh, en = (
            f"{zh}，第{duty.due_month}个月{duty.due_day}日止",
            f"{en}, by day {duty.due_day} of month {duty.due_month}",
        )
    return (f"定期（内部规程：{zh}）", f"regularly (policy: {en})") if duty.every == "regular" else (zh, en)


def _policy(policy: Policy) -> Iterator[tuple[str, str]]:
    for clock, limit in policy.limits.items():
        name = f"{label('clock', clock, 'zh')} {label('clock', clock, 'en')}"
        yield name, " ".join(_length(limit.amount, limit.unit))
