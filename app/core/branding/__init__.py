"""How a pool's pages look: colours, logo, words and the choice of theme.

A pool or a client keeps a `branding` document among its extensions. `parse_branding` turns it into a `Branding`
and names every mistake at once; `layered` puts a client's branding over its pool's; `choose_theme` says which
theme draws the pages; `stylesheet` writes the few CSS custom properties that the theme's own stylesheet reads.
`choose_language` decides in which language a page speaks. Everything here is pure: the pages themselves are
rendered in `app.web.pages`, and the logo's bytes are served by a blueprint.
"""

from app.core.branding.colour import Colour, contrast, nearest_passing
from app.core.branding.language import choose_language
from app.core.branding.model import Branding, BrandingInvalid, BrandingProblem, Font, Logo
from app.core.branding.parse import parse_branding
from app.core.branding.stylesheet import stylesheet
from app.core.branding.theme_choice import choose_theme, layered

__all__ = [
    "Branding",
    "BrandingInvalid",
    "BrandingProblem",
    "Colour",
    "Font",
    "Logo",
    "choose_language",
    "choose_theme",
    "contrast",
    "layered",
    "nearest_passing",
    "parse_branding",
    "stylesheet",
]
