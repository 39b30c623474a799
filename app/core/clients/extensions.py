"""The settings of a client that are ours: what may be set with ``poolhouse client set``."""

from app.core.kernel.extensions import Extension, a_flag, a_host, one_of


def _inside_branding(_value: object) -> object:
    raise ValueError("is a place inside branding")


CLIENT_EXTENSIONS = (
    Extension(name="require_pkce", type="true or false", default="true for public clients, false for confidential ones",
              read=a_flag, help="Whether an authorization request must carry a PKCE challenge (RFC 7636, S256 only)."),
    Extension(name="string_booleans_at_userinfo", type="true or false", default="false", read=a_flag,
              help="userInfo answers email_verified and phone_number_verified as strings, as Cognito does."),
    Extension(name="access_token_format", type="cognito or rfc9068", default="cognito", read=one_of("cognito", "rfc9068"),
              help="rfc9068 gives access tokens the header `typ: at+jwt` and always `aud` and `jti` (RFC 9068)."),
    Extension(name="subject_type", type="public or pairwise", default="public", read=one_of("public", "pairwise"),
              help="pairwise gives this client's sector a `sub` of its own for every user (OpenID Connect Core §8)."),
    Extension(name="sector_identifier", type="host name",
              default="the host of the callback URLs; where they have several, the client by itself", read=a_host,
              help="Pairwise clients with the same sector see the same `sub`; changing it changes every `sub` the client knows."),
    Extension(name="theme", type="name of an installed theme", default="the pool's", read=_inside_branding,
              help="The theme that draws this client's hosted pages; short for `branding.theme`."),
    Extension(name="branding.*", type="see the guide to branding", default="the pool's", read=_inside_branding,
              help="Name, colours, logo, links and texts of the hosted pages, laid over the pool's."),
)  # fmt: skip
