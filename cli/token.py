"""``shareflow token``."""

from typing import Annotated

import typer

from cli.errors import Failure


def register(app: typer.Typer) -> None:
    """Add ``token`` to the command line."""
    app.command()(token)


def token(
    role: Annotated[list[str], typer.Option(help="requester, provider, bureau …; may be given several times.")],
    org: Annotated[str | None, typer.Option(help="The organisation's code.")] = None,
    person: Annotated[str | None, typer.Option(help="Who bears it.")] = None,
    jurisdiction: Annotated[
        list[str] | None, typer.Option(help="Places of an organ, such as nantong; everywhere when left out.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=24 * 365, help="How long it holds.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a token of the embedded stack's own issuer, for trying out; production has an OIDC issuer."""
    from datetime import timedelta

    from annotated_types import MinLen

    from api.settings import api_settings
    from cli.options import option, several, word
    from cli.output import print_json
    from configuration.settings import Settings
    from domain.field_types import Code, ShortText
    from domain.words import Role
    from starter.tokens import embedded_issuer

    roles = [word(Role, each, "role") for each in several(role)]
    code = None if org is None else option("--org", Annotated[Code, MinLen(1)], org)
    bearer = None if person is None else option("--person", Annotated[ShortText, MinLen(1)], person)
    settings = Settings()
    if api_settings(settings).issuer:
        raise Failure("SHAREFLOW_OIDC_ISSUER is set: tokens come from there, not from the embedded issuer.")
    parties = [each for each in roles if each in (Role.REQUESTER, Role.PROVIDER)]
    places = several(jurisdiction or []) or None
    if parties and code is None:
        raise Failure(f"A {parties[0]} needs --org, its organisation's code.")
    made = embedded_issuer(settings.state).token(roles, code, bearer, places, timedelta(hours=hours))
    if as_json:
        print_json({"access_token": made, "token_type": "Bearer", "expires_in": hours * 3600})
    else:
        typer.echo(made)
