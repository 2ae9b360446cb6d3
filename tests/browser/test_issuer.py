"""Signing in at an OIDC issuer and out of it in a real browser, whose rules for cookies, forms and redirects hold."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from api.settings import ApiSettings
from console.app import add_console
from console.oidc import issuer_sign_in
from domain.messages import label
from tests.browser.chromium import Complaints, page_for
from tests.console.provider import CLIENT, SECRET, provider


async def test_a_browser_goes_to_the_issuer_and_back_and_out(
    browser: Browser, context: AppContext, tmp_path: Path
) -> None:
    secret, app = tmp_path / "secret", create_app(context)
    secret.write_text(SECRET, encoding="utf-8")
    async with provider() as issuer, serving(app, "127.0.0.1", 0) as address:
        issuer.person = {"sub": "zhang-san", "org": "ORG-9", "roles": ["bureau"], "jurisdiction": ["*"]}
        settings = ApiSettings(
            issuer=issuer.address, audience=CLIENT, client_id=CLIENT, client_secret=secret, public_url=address
        )
        async with issuer_sign_in(settings) as way_in:
            add_console(app, context, False, way_in)
            page = await page_for(browser, address, {})
            complaints = Complaints(page)
            await page.goto("/desk")
            await page.get_by_role("link", name=label("console", "sign_in_at_issuer", "zh")).click()
            await expect(page.get_by_role("heading", level=1)).to_have_text(label("console", "desk", "zh"))
            await expect(page.get_by_role("banner")).to_contain_text("ORG-9")
            await page.get_by_role("button", name=label("console", "sign_out", "zh")).click()
            await expect(page).to_have_url(re.compile("/sign-in([?]|$)"))
            assert issuer.ended == 1
            assert complaints.told == []
            await page.goto("/desk")
            await expect(page).to_have_url(re.compile("/sign-in$"))
            await page.context.close()
