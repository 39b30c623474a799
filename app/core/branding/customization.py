"""Classic branding as the API has it: a stylesheet and a logo, for one client or for all that have none of their own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from app.core.branding.classic_css import classic_stylesheet
from app.core.branding.model import Logo
from app.core.branding.parse import media_type_of
from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.ids import PoolId
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Domain

ALL_CLIENTS = "ALL"
_LARGEST_IMAGE = 100 * 1024
_LARGEST_CSS = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class Customization:
    """``css`` is as it was sent; ``stylesheet`` what becomes of it. ``client_id`` may be ``ALL``. Both parts may be empty."""

    pool_id: PoolId
    client_id: str
    css: str = ""
    stylesheet: str = ""
    image: Logo | None = None
    version: str = ""
    created_at: int = 0
    updated_at: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.css and self.image is None


class CustomizationStore(Protocol):
    def get(self, pool_id: PoolId, client_id: str) -> Customization:
        """An empty one where none is stored."""

    def put(self, customization: Customization) -> None: ...

    def remove(self, pool_id: PoolId, client_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Customizations:
    """``read`` is a lookup that may be a quarter of a second old."""

    store: CustomizationStore
    read: Callable[[tuple[PoolId, str]], Customization | None]
    domains_of: Callable[[PoolId], list[Domain]]
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)

    def set(self, pool_id: PoolId, client_id: str, *, css: str = "", image: bytes = b"") -> Customization:
        """Replaces stylesheet and logo together; neither of them restores the theme's look (Cognito: SetUICustomization).

        Raises ``InvalidParameter`` also where the pool has no domain.
        """
        if not self.domains_of(pool_id):
            raise InvalidParameter("There has to be an existing domain associated with this user pool")
        if len(css) > _LARGEST_CSS:
            raise InvalidParameter("CSS is too large.")
        logo = read_image(image) if image else None
        stylesheet = classic_stylesheet(css, has_logo=logo is not None)
        now = self.clock.now()
        with self.transactions.transaction():
            before = self.store.get(pool_id, client_id)
            customization = Customization(
                pool_id=pool_id,
                client_id=client_id,
                css=css,
                stylesheet=stylesheet,
                image=logo,
                version=str(now),
                created_at=now if before.is_empty else before.created_at,
                updated_at=now,
            )
            if customization.is_empty:
                self.store.remove(pool_id, client_id)
            else:
                self.store.put(customization)
            self.recorder.record("pool.set_customization", pool_id, client=client_id)
        return customization

    def find_shown(self, pool_id: PoolId, client_id: str) -> Customization | None:
        """The client's own, else that of all clients, else None: one replaces the other as a whole."""
        for name in dict.fromkeys((client_id, ALL_CLIENTS)):
            found = self.read((pool_id, name))
            if found is not None and not found.is_empty:
                return found
        return None


def read_image(content: bytes) -> Logo:
    """A PNG or a JPEG by its first bytes; an SVG can carry script. Raises ``InvalidParameter``."""
    if len(content) > _LARGEST_IMAGE:
        raise InvalidParameter(f"ImageFile is larger than {_LARGEST_IMAGE // 1024} KB.")
    found = media_type_of(content)
    if found not in {"image/png", "image/jpeg"}:
        raise InvalidParameter("ImageFile must be a PNG or JPEG picture.")
    return Logo(media_type=found, content=content, digest=hashlib.sha256(content).hexdigest()[:12])
