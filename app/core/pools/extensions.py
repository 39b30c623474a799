"""The settings of a pool that are ours: what may be set with ``poolhouse pool set``."""

from app.core.kernel.extensions import Extension, a_flag, a_language, one_of, whole_number

SIGNING_ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""What a user pool may sign with; RS512 is the identity pools' alone."""


def _inside_branding(_value: object) -> object:
    raise ValueError("is a place inside branding")


POOL_EXTENSIONS = (
    Extension(name="enabled", type="true or false", default="true", read=a_flag,
              help="Whether the pool answers at all; switched off, nobody signs in and no token is issued."),
    Extension(name="refuse_common_passwords", type="true or false",
              default="false; true in pools made by `poolhouse pool create`", read=a_flag,
              help="Refuses new passwords that stand on the list of common ones."),
    Extension(name="password_expires_days", type="whole number, 1 to 3650", default="never", read=whole_number(1, 3650),
              help="After so many days a password must be changed at the next sign-in."),
    Extension(name="default_language", type="language tag", default="en", read=a_language,
              help="The language of pages and messages where neither the person nor the browser asks for one."),
    Extension(name="signing_algorithm", type="RS256, ES256 or EdDSA", default="RS256", read=one_of(*SIGNING_ALGORITHMS),
              help="What new signing keys sign tokens with; the pool's keys change at the next `poolhouse key rotate`."),
    Extension(name="theme", type="name of an installed theme", default="default", read=_inside_branding,
              help="The theme that draws the hosted pages; short for `branding.theme`."),
    Extension(name="branding.*", type="see the guide to branding", default="as the theme has it", read=_inside_branding,
              help="Name, colours, logo, links and texts of the hosted pages, such as `branding.accent=#0b57d0`."),
)  # fmt: skip
