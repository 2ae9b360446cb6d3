"""推演: scenarios played on the real engine with skipped time, on servers of their own."""

from fastapi import Response

from api.dependencies import CallerIn, ContextIn, LanguageIn
from api.guarded import Guarded
from api.http.responses import answer
from api.simulations.playing import play_texts
from api.simulations.schemas import SimulationIn, SimulationList

router = Guarded("/v1/simulations", "simulations")


@router.post("", response_model=SimulationList, summary="Play scenarios")
async def play(body: SimulationIn, context: ContextIn, _: CallerIn, language: LanguageIn) -> Response:
    """Play one scenario, or two beside each other, with the production workflow code; nothing of it is kept.

    One order is played at a time (429, `Retry-After`), for at most a minute, its servers included; it takes some
    seconds. The answer is what `shareflow simulate --json` prints.
    """
    return answer(SimulationList(await play_texts(context, body.scenarios, language)), language)
