"""A share request filed by its form."""

import re
from datetime import timedelta

import httpx
import pytest

from api.context import AppContext
from console.forms import fields_of
from domain.calendar import day_of
from domain.messages import label
from domain.messages.days import day_text
from domain.words import Role
from procedures.share_request.application import Application
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import Enter, Person
from tests.console.test_case_forms import leaves, typed_in
from tests.engine.cases import PROVIDER, REQUESTER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


async def form_of(person: Person) -> dict[str, str]:
    """The hidden fields of the form, and the statute under which these tests file."""
    text = (await person.get("/file")).text.partition('id="file-form"')[2]
    return {**dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)), "statute": "nantong-2020"}


FILLED = {
    "requester.code": REQUESTER,
    "requester.name": "南通市民政局",
    "provider.code": PROVIDER,
    "provider.name": "南通市公安局",
    "resource.code": "NT-GA-0001",
    "resource.name": "常住人口<b>",
    "resource.sharing_class": "conditional",
    "purpose": "低保资格核验",
    "scope": "姓名",
    "item_count": "3",
    "justification": "因履行职责确需使用",
    "documents.0.name": "申请表.pdf",
    "documents.0.sealed": "true",
}


def test_all_that_an_application_states_has_a_field() -> None:
    assert {leaf for field in fields_of(Application) for leaf in typed_in(field)} == set(leaves(Application))


async def test_a_request_is_filed_once_however_often_the_button_is_pressed(people: People, enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    page = (await requester.get("/file")).text
    assert f'name="requester.code" value="{REQUESTER}"' in page
    form = await form_of(requester)
    answers = [await requester.send("/file", {**form, **FILLED}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303], answers[0].text
    (place,) = {answer.headers["location"] for answer in answers}
    assert 'name="requester.name" value="南通市民政局"' in (await requester.get("/file")).text
    told = label("console", "recorded_now", "zh").format(act=label("event", "filed", "zh"))
    assert told in (await requester.get(place)).text
    case = (await people.get("requester", f"/v1{place.partition('?')[0]}")).json()
    assert case["application"]["documents"][0]["name"] == "申请表.pdf"
    assert case["application"]["item_count"] == 3
    assert case["resource"]["name"] == "常住人口<b>"


async def test_a_refusal_is_told_above_the_form_and_what_was_typed_is_kept(enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    form = await form_of(requester)
    for wrong, status, said in (
        ({"item_count": "三"}, 422, label("application_field", "item_count", "zh")),
        ({"statute": "", "purpose": "用途"}, 422, label("input", "which_text", "zh")),
        ({"purpose": "", "scope": " \u200b"}, 422, "申请内容不完整：用途、共享范围（第20条）"),
        ({"resource.code": "苏教一"}, 422, "申请资源 代码：代码只能由字母、数字和 . _ : / - 组成"),
        ({"documents.0.sha256": "abc"}, 422, label("input", "letters_of_digests", "zh")),
        ({"requester.code": STRANGER}, 403, label("problem", "not_a_party", "zh")),
    ):
        answer = await requester.send("/file", {**form, **FILLED, **wrong})
        assert answer.status_code == status, answer.text
        assert said in answer.text.partition('role="alert"')[2].partition("</div>")[0]
        assert 'value="常住人口&lt;b&gt;"' in answer.text
    more = await requester.send("/file/form", {**form, **FILLED, "more": "documents"})
    assert 'name="documents.3.name"' in more.text
    assert 'value="申请表.pdf"' in more.text


async def test_what_the_check_would_find_lacking_is_told_before_it_is_filed(
    people: People, enter: Enter, context: AppContext
) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    form = {**await form_of(requester), **FILLED, "statute": "nantong-2020+809", "documents.0.sealed": ""}
    seen = await requester.send("/file/preview", form)
    lacking = [
        label("finding", each, "zh") for each in ("no_sealed_document", "no_office_head_consent", "no_use_until")
    ]
    assert (seen.status_code, [each for each in lacking if each not in seen.text]) == (200, [])
    assert label("stage", "completeness_check", "zh") in seen.text
    back = re.search(r'href="(/file[?]kept=[^"]+)"', seen.text)
    assert back is not None
    assert 'value="申请表.pdf"' in (await requester.get(back[1])).text
    whole = {**form, "documents.0.sealed": "true", "office_head_consent": "true"}
    whole["use_until"] = (day_of(context.known_on()) + timedelta(days=90)).isoformat()
    whole |= {"legal_basis": "社会救助暂行办法", "service_mode": "api"}
    seen = await requester.send("/file/preview", whole)
    assert label("console", "nothing_lacking", "zh") in seen.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', seen.text.partition("<dl")[2]))
    filed = await requester.send("/file", {**hidden, "resource.name": FILLED["resource.name"]})
    assert filed.status_code == 303, filed.text
    case = (await people.get("requester", f"/v1{filed.headers['location'].partition('?')[0]}")).json()
    assert case["application"]["service_mode"] == "api"
    wrong = await requester.send("/file/preview", {**whole, "purpose": ""})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)


async def test_who_is_bound_to_no_one_place_chooses_the_place_or_the_text(enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    text = (await requester.get("/file")).text
    for said in ("南通市现行法规", "（与江苏省数据条例、政务数据共享条例叠加）", label("console", "choose_text", "zh")):
        assert said in text
    assert '<select id="file-statute" name="statute" required>' in text
    assert len(re.findall(r'<input [^>]*name="(?:provider.code|resource.code)"[^>]* required>', text)) == 2
    form = text.partition('id="file-form"')[2].partition("</form>")[0]
    buttons = re.findall("<button(.*?)>([^<]+)</button>", form)
    assert [said for more, said in buttons if 'name="more"' not in more] == [label("console", "preview", "zh")] * 2
    assert ('formaction="/file/preview"' in buttons[0][0], 'aria-hidden="true"' in buttons[0][0]) == (True, True)
    assert 'name="scope" rows="3" required' in text
    assert 'name="legal_basis" rows="3" required' not in text
    assert '<option value="nantong-2020' not in text
    kept = await requester.send("/file/form", {**await form_of(requester), **FILLED})
    assert '<option value="nantong-2020" selected>' in kept.text
    filed = await requester.send("/file", {**await form_of(requester), **FILLED, "statute": "yima"})
    assert filed.status_code == 303, filed.text
    assert "义马市" in (await requester.get(filed.headers["location"])).text


async def test_only_those_who_file_find_the_form(enter: Enter) -> None:
    bureau, requester = await enter(Role.BUREAU, "bureau"), await enter(Role.REQUESTER, REQUESTER)
    assert (await bureau.get("/file")).status_code == 403
    assert 'href="/file"' not in (await bureau.get("/desk")).text
    assert 'href="/file"' in (await requester.get("/desk")).text


async def test_a_day_of_use_that_is_over_is_refused_in_one_sentence_and_today_is_not(
    enter: Enter, context: AppContext
) -> None:
    requester, today = await enter(Role.REQUESTER, REQUESTER), day_of(context.known_on())
    form = await form_of(requester)
    past = today - timedelta(days=1)
    refused = await requester.send("/file", {**form, **FILLED, "use_until": past.isoformat()})
    said = {"day": day_text(past, "zh"), "today": day_text(today, "zh")}
    assert refused.status_code == 422
    told = refused.text.partition('role="alert"')[2].partition("</div>")[0]
    assert label("console", "use_until_over", "zh").format(**said) in told
    assert f'value="{past.isoformat()}"' in refused.text
    late = await requester.send("/file", {**form, **FILLED, "use_until": "9999-12-31"})
    assert (late.status_code, "使用期限须在1949年10月1日至2090年12月31日之间" in late.text) == (422, True)
    assert (await requester.send("/file", {**form, **FILLED, "use_until": today.isoformat()})).status_code == 303


async def test_departments_and_resources_that_are_known_are_offered(people: People, enter: Enter) -> None:
    known = {"code": "113206000140000622", "name": "南通市档案馆"}  # as nobody else calls a department
    await people.file(provider=known)
    page = (await (await enter(Role.REQUESTER, REQUESTER)).get("/file")).text
    for field, directory, value in (
        ("provider.code", "department-codes", known["code"]),
        ("provider.name", "department-names", known["name"]),
        ("resource.code", "resource-codes", "NT-GA-0001"),
    ):
        listed = page.partition(f'<datalist id="known-{directory}">')[2].partition("</datalist>")[0]
        assert f'<option value="{value}" ' in listed, field
        assert re.search(f'name="{field}"[^>]* list="known-{directory}"', page), field


async def test_a_code_that_is_known_brings_the_name_that_was_left_empty(people: People, enter: Enter) -> None:
    provider = {"code": "113206000140000655", "name": "南通市地震局"}
    resource = {"code": "NT-DZ-0007", "name": "避难场所信息", "sharing_class": "conditional"}
    await people.file(provider=provider, resource=resource)
    requester = await enter(Role.REQUESTER, REQUESTER)
    coded = {"provider.code": provider["code"], "resource.code": resource["code"]}
    form = {**await form_of(requester), **FILLED, **coded, "provider.name": "", "resource.name": ""}
    seen = (await requester.send("/file/preview", form)).text
    told = dict(re.findall(r'<dt>(.*?)</dt><dd><div class="own"><bdi>(.*?)</bdi>', seen))
    assert told == told | {
        "提供部门 名称": "南通市地震局",
        "申请资源 名称": "避难场所信息",
        "材料 1 名称": "申请表.pdf",
    }
    unknown = await requester.send("/file/preview", {**form, "resource.code": "NT-DZ-0008"})
    assert (unknown.status_code, "申请资源 名称" in unknown.text.partition('role="alert"')[2]) == (422, True)
    assert 'value="南通市地震局"' in unknown.text
