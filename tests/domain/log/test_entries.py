"""The entries of the log: what is written straight down is the same as canonical JSON of it."""

from hypothesis import given
from hypothesis import strategies as st

from domain.evidence import canonical_json
from domain.log.entries import entry_of_event

PLAIN = st.text("abcXYZ0189-", min_size=1)


@given(
    st.one_of(PLAIN, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
    st.integers(1, 10**6),
    st.one_of(PLAIN, st.text('a"\\\n\x7f')),
)
def test_an_entry_is_canonical_json(request_id: str, seq: int, digest: str) -> None:
    said = {"digest": digest, "kind": "event", "request_id": request_id, "seq": seq}
    assert entry_of_event(request_id, seq, digest) == canonical_json(said).encode()
