"""Pictures to draw: one that is plain, and any that may ever be asked for."""

from hypothesis import strategies as st

from starter.diagram import Arrow, Box, End, Opening, Picture

CHECK = Box("check", "规范性审查", "completeness check", "市大数据管理局", ["1 个工作日 · 第21条"], "第21条")
SUPPLEMENT = Box("supplement", "补正", "supplement", "使用部门")
ANSWER = Box("answer", "待答复", "awaiting the answer", "提供部门", ["10 个工作日 · 第22条"], "第22条", ["督办"])
PLAIN = Picture(
    title="共享申请流程图",
    subtitle="《南通市政务信息资源共享实施细则》",
    stages=[CHECK, SUPPLEMENT, ANSWER],
    ends=[End("end:granted", "同意共享", "granted"), End("end:withdrawn", "撤回", "withdrawn")],
    edges=[
        Arrow("check", "supplement", ["退回补正"]),
        Arrow("check", "answer", ["受理"]),
        Arrow("check", "end:withdrawn", ["撤回"]),
        Arrow("supplement", "check", ["补正"]),
        Arrow("supplement", "end:withdrawn", ["补正时限届满"], "time"),
        Arrow("answer", "end:granted", ["同意共享"]),
        Arrow("answer", "end:granted", ["同意方案"]),
        Arrow("answer", "answer", ["申请延期"]),
    ],
    opens=[Opening("check"), Opening("end:granted", ["无条件共享"])],
    language="zh",
    note="以条文为准。",
)

words = st.one_of(
    st.sampled_from(
        ["受理", "一次性告知补正材料", "refuse", "order the rectification of it", "10 个工作日 · 第二十三条"]
    ),
    st.text(max_size=60),
    st.text("协商未果提请协调，。（）《》 ab", max_size=90),
)
names = st.lists(words, max_size=4)
ids = st.one_of(st.text(min_size=1, max_size=8), st.sampled_from(['a"b', "<a>", "a&b", "end:x", "'"]))


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Any picture: however many stages, whatever is written, wherever the arrows lead."""
    places = draw(st.lists(ids, min_size=1, max_size=9, unique=True))
    number = draw(st.integers(1, len(places)))
    boxes = st.builds(
        Box, st.just(""), words, words, st.none() | words, st.lists(words, max_size=3), st.none() | words, names
    )
    stages = [Box(**{**vars(draw(boxes)), "id": name}) for name in places[:number]]
    kinds = st.sampled_from(["command", "command", "time", "platform"])
    arrow = st.builds(Arrow, st.sampled_from(places[:number]), st.sampled_from(places), names, kinds)
    return Picture(
        title=draw(words),
        subtitle=draw(words),
        stages=stages,
        ends=[End(name, draw(words), draw(words)) for name in places[number:]],
        edges=draw(st.lists(arrow, max_size=24)),
        opens=draw(st.lists(st.builds(Opening, st.sampled_from(places), names), max_size=4)),
        language=draw(st.sampled_from(["zh", "en"])),
        note=draw(st.none() | words),
    )
