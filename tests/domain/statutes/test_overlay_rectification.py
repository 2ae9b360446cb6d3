"""Rectification under two texts: the national grounds and steps join the local ones."""

import pytest

from domain.clocks import ClockId
from domain.statutes.loader import get_statute, packaged_statutes
from domain.statutes.merging import Merging
from domain.statutes.overlay_check import first_weakness
from tests.domain.statutes.test_overlay import GATE, LAST, WHY, overlay, refused


@pytest.mark.parametrize("statute_id", [name for name in packaged_statutes() if name.endswith("+809")])
def test_all_that_the_national_regulation_lets_be_ordered_can_be_ordered(statute_id: str) -> None:
    own, above = packaged_statutes()[statute_id].rectification, packaged_statutes()["cn-809-2025"].rectification
    assert own is not None
    assert above is not None
    for ground in above.grounds:
        here = own.ground(f"national_{ground.id}") or own.ground(ground.id)
        assert here is not None, ground.id
        assert own.orders(here) is above.orders(ground)
        possible = {(step.when, step.clause.quote) for step in own.steps_for(here)}
        assert possible >= {(step.when, step.clause.quote) for step in above.steps_for(ground)}, ground.id
        for clock in ground.clocks:
            assert own.ground_for(clock, "cn-809-2025"), clock


@pytest.mark.parametrize(
    "local", [name for name, text in packaged_statutes().items() if "+" not in name and text.rectification]
)
def test_the_local_steps_stay_with_the_grounds_of_their_text(local: str) -> None:
    before = packaged_statutes()[local].rectification
    after = (packaged_statutes().get(f"{local}+809") or packaged_statutes()[local]).rectification
    assert before is not None
    assert after is not None
    for ground in after.grounds:
        own = [step.id for step in after.steps_for(ground) if step.id in {x.id for x in before.steps}]
        listed = before.ground(ground.id)
        assert own == ([step.id for step in before.steps_for(listed)] if listed else [])


@pytest.mark.parametrize("local", ["changshu-2019", "changzhou-2018", "nantong-2020"])
@pytest.mark.parametrize("above", ["jiangsu", "809"])
def test_the_steps_of_the_province_follow_for_what_article_77_lists_alone(local: str, above: str) -> None:
    listed = {"sharing", "catalogue", "channel", "quality", "late_provision", "late_answer", "late_verification"}
    listed |= {"false_data"} if local == "nantong-2020" else {"duplicate_collection"}
    rules = get_statute(f"{local}+{above}").rectification
    assert rules is not None
    for name in ("government_circular", "provincial_sanction"):
        follows = {ground.id for ground in rules.grounds if name in {step.id for step in rules.steps_for(ground)}}
        assert follows == listed & {ground.id for ground in rules.grounds}


@pytest.mark.parametrize(
    ("grounds", "says"),
    [
        ("{gossip: other}", "grounds names “gossip”, which is no ground of the local text"),
        ("{late_provision: gossip}", "grounds names “gossip”, which is no ground of the text above"),
        ("{late_answer: other}", "grounds names “late_answer”, which the text above lists under the same name"),
        ("[late_answer]", "grounds must be"),
    ],
)
def test_grounds_that_do_not_exist_are_refused(grounds: str, says: str) -> None:
    sentence = refused(overlay(GATE + LAST).replace("changes:", f"grounds: {grounds}\nchanges:"))
    assert says in sentence


@pytest.mark.parametrize("local", ["changshu-2019", "changzhou-2018", "nantong-2020", "yima-2021"])
def test_other_breaches_of_the_local_text_are_none_of_the_regulation(local: str) -> None:
    rules = get_statute(f"{local}+809").rectification
    assert rules is not None
    own, national = rules.ground("other"), rules.ground("national_other")
    assert own is not None
    assert national is not None
    assert {step.clause.statute for step in rules.steps_for(own)} <= {None}
    assert {step.clause.statute for step in rules.steps_for(national)} == {"cn-809-2025"}
    assert (rules.ground_for(ClockId.DUTY, None), rules.ground_for(ClockId.DUTY, "cn-809-2025")) == (own, national)


def test_a_step_of_one_name_in_both_texts_stands_twice() -> None:
    rules = get_statute("nantong-2020+809").rectification
    assert rules is not None
    found = {step.id: (step.when, step.clause.article) for step in rules.steps}
    assert found["circular"] == ("not_rectified", "33")
    assert found["national_circular"] == ("any", "29")


def test_rectification_that_falls_short_of_the_regulation_above_is_a_weakness() -> None:
    merged, above = get_statute("yima-2021+809"), get_statute("cn-809-2025")
    assert merged.rectification is not None
    assert first_weakness(merged, above) is None
    grounds = tuple(ground for ground in merged.rectification.grounds if ground.id != "obstruction")
    fewer = merged.rectification.model_copy(update={"grounds": grounds})
    assert first_weakness(merged.model_copy(update={"rectification": fewer}), above) == (
        "rectification.grounds",
        "leave out obstruction",
    )
    steps = tuple(step for step in merged.rectification.steps if step.id != "sanction")
    without = merged.rectification.model_copy(update={"steps": steps})
    assert first_weakness(merged.model_copy(update={"rectification": without}), above) == (
        "rectification.steps",
        "leave out sanction for catalogue",
    )


def test_a_local_text_without_steps_gets_the_national_ones_once() -> None:
    local, upper = get_statute("changshu-2019"), get_statute("cn-809-2025")
    assert local.rectification is not None
    assert upper.rectification is not None
    bare = local.model_copy(update={"rectification": local.rectification.model_copy(update={"steps": ()})})
    merging = Merging(bare, upper.id, {"rectification": upper.rectification.model_dump(mode="json")})
    merging.apply_rules({})
    found = [step["id"] for step in merging.merged["rectification"]["steps"]]
    assert found == [step.id for step in upper.rectification.steps]


def test_a_file_that_replaces_the_steps_itself_is_not_joined() -> None:
    changes = f"  - part: rectification.steps\n    how: replaces\n{WHY}"
    sentence = refused(overlay(GATE + LAST + changes))
    assert "rectification a step is for a ground that is not listed" in sentence
