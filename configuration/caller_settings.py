"""What an operator sets about whoever calls the API: whose tokens are believed, what they say, how much one may."""

from configuration.setting import Setting
from configuration.values import as_issuer, as_networks, as_number, as_path_if_any, as_rate, as_text, as_word


class CallerSettings:
    """Those of the settings that are about callers."""

    oidc_issuer = Setting(
        "SHAREFLOW_OIDC_ISSUER",
        as_issuer,
        "address",
        "whose tokens are believed",
        "the API",
        shown="the embedded issuer",
    )
    oidc_audience = Setting(
        "SHAREFLOW_OIDC_AUDIENCE",
        as_text,
        "word",
        "for whom the tokens of `SHAREFLOW_OIDC_ISSUER` must be meant; needed with it",
        "the API",
        shown="none",
    )
    oidc_client_id = Setting(
        "SHAREFLOW_OIDC_CLIENT_ID",
        as_text,
        "word",
        "the console's client at `SHAREFLOW_OIDC_ISSUER`, through which people sign in ([console.md](console.md)); its "
        "redirect is `SHAREFLOW_PUBLIC_URL` and `/sign-in/return`",
        "the API",
        shown="none: nobody signs in at the console",
    )
    oidc_client_secret_file = Setting(
        "SHAREFLOW_OIDC_CLIENT_SECRET_FILE",
        as_path_if_any,
        "file",
        "the secret of that client",
        "the API",
        shown="none: a public client, with PKCE alone",
    )
    claim_org = Setting(
        "SHAREFLOW_CLAIM_ORG",
        as_word,
        "name",
        "the claim with the bearer's organisation; a dot leads into an object",
        "the API",
        usual="org",
    )
    claim_roles = Setting(
        "SHAREFLOW_CLAIM_ROLES", as_word, "name", "the claim with the bearer's roles", "the API", usual="roles"
    )
    claim_jurisdiction = Setting(
        "SHAREFLOW_CLAIM_JURISDICTION",
        as_word,
        "name",
        "the claim with the places for which an organ acts",
        "the API",
        usual="jurisdiction",
    )
    body_limit = Setting(
        "SHAREFLOW_BODY_LIMIT", as_number, "bytes", "the largest body of a call", "the API", usual=str(1024 * 1024)
    )
    rate_limit = Setting(
        "SHAREFLOW_RATE_LIMIT",
        as_rate("1000/second"),
        "rate",
        "how often one caller may ask, in one process",
        "the API",
        usual="1000/second",
    )
    failure_limit = Setting(
        "SHAREFLOW_FAILURE_LIMIT",
        as_rate("600/minute"),
        "rate",
        "how many bad tokens one address may bring to one process, or one network of 64 bits of IPv6, before they are "
        "answered 429; good ones that come from there are served all the same",
        "the API",
        usual="600/minute",
    )
    trusted_proxies = Setting(
        "SHAREFLOW_TRUSTED_PROXIES",
        as_networks,
        "networks, with commas between",
        "proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; of anybody else they are not. Without "
        "its proxy here all callers have one address, and share its limits",
        "the API",
        usual="127.0.0.1, ::1",
    )
