"""Models are checked when they are used; whoever answers others has them all built before."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from domain.model import Fixed, complete


class _Sample(Fixed):
    day: int


def test_it_never_changes_and_refuses_unknown_keys() -> None:
    sample = _Sample(day=1)
    with pytest.raises(ValidationError):
        sample.day = 2
    with pytest.raises(ValidationError):
        _Sample.model_validate({"day": 1, "days": 2})


def test_a_worker_has_built_all_that_it_can_be_sent() -> None:
    class Late(Fixed):
        day: int

    assert not Late.__pydantic_complete__
    complete()
    assert Late.__pydantic_complete__
    assert Late(day=3).day == 3


def test_every_model_of_a_worker_can_be_built() -> None:
    """In a process of its own, where nothing has been used before."""
    program = """
import worker.running
from domain.model import Fixed, complete

def beneath(model):
    return [x for inner in model.__subclasses__() for x in (inner, *beneath(inner))]

before = [x for x in beneath(Fixed) if not x.__pydantic_complete__]
complete()
after = [x.__qualname__ for x in beneath(Fixed) if not x.__pydantic_complete__]
print(len(before) > 100, after)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"


def test_objects_that_are_kept_in_little_room_share_the_names_of_their_fields() -> None:
    class Kept(Fixed):
        day: int
        hour: int = 0
        parts: tuple["Kept", ...] = ()

    here, there = Kept(day=1).in_little_room(), Kept(day=2, hour=3).in_little_room()
    assert here.model_fields_set is there.model_fields_set
    whole = Kept(day=1, parts=(Kept(day=2),)).in_little_room()
    assert whole.parts[0].model_fields_set is here.model_fields_set
    later = here.model_copy(update={"hour": 4})
    assert (here, later) == (Kept(day=1), Kept(day=1, hour=4))
    assert here.model_dump(exclude_defaults=True) == {"day": 1}
    assert later.model_fields_set is not there.model_fields_set
