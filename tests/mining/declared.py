"""What a procedure declares of the ways from stage to stage, to hold logs and discovered models against."""

from collections.abc import Iterable
from itertools import pairwise

from audit.replay.case import RecordedCase
from domain.words import Stage

Ways = set[tuple[str, str]]
"""From which stage to which; the filing comes from the stage without a name."""


def declared_ways(case: RecordedCase) -> Ways:
    """Every way that the case's procedure has under its text; what is granted at once is closed by the filing."""
    process = case.procedure.process.under(case.statute)
    ways = {("", stage.value) for stage in (*process.opens, Stage.CLOSED)}
    return ways | {(each.stage.value, end.value) for each in process.stages for end in each.leads_to}


def ways_taken(stages: Iterable[str]) -> Ways:
    """Each change from one of these stages to the next, the filing among them."""
    return {(one, other) for one, other in pairwise(["", *stages]) if one != other}
