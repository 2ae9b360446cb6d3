"""Papers are chosen in the form of a filing: which they are is shown, and too many are told before they are sent."""

from playwright.async_api import FilePayload, expect

from console.filing_papers import MOST
from domain.messages import label
from domain.words import Role
from tests.browser.chromium import faults
from tests.browser.conftest import Seat
from tests.engine.cases import REQUESTER


def papers(number: int) -> list[FilePayload]:
    return [FilePayload(name=f"{each}.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7") for each in range(number)]


async def test_what_is_chosen_is_listed_and_too_many_are_told_at_once(seat: Seat) -> None:
    page = await seat(Role.REQUESTER, REQUESTER)
    await page.goto("/file")
    chooser = page.get_by_label(label("console", "papers_sealed", "zh"))
    most = label("console", "papers_too_many", "zh").format(most=MOST)
    for number, said in ((2, ""), (MOST + 1, most), (1, "")):
        await chooser.set_input_files(papers(number))
        await expect(page.locator(".chosen li")).to_have_text([f"{each}.pdf (1 KB)" for each in range(number)])
        assert await chooser.evaluate("field => field.validationMessage") == said
    assert await faults(page) == []
