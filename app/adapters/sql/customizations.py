import hashlib
from typing import Any

from sqlalchemy import Row, delete, insert, select

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import ui_customizations
from app.core.branding.classic_css import classic_stylesheet
from app.core.branding.customization import Customization
from app.core.branding.model import Logo
from app.core.kernel.ids import PoolId


class SqlCustomizations:
    """The ``CustomizationStore``. What the stylesheet becomes is not stored: it follows the theme that serves it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, pool_id: PoolId, client_id: str) -> Customization:
        found = select(ui_customizations).filter_by(pool_id=pool_id, client_id=client_id)
        with self._database.connection() as connection:
            row = connection.execute(found).one_or_none()
        return _customization(row) if row else Customization(pool_id=pool_id, client_id=client_id)

    def put(self, customization: Customization) -> None:
        with self._database.writing() as connection:
            self.remove(customization.pool_id, customization.client_id)
            connection.execute(insert(ui_customizations).values(_columns(customization)))
            touch_configuration(connection)

    def remove(self, pool_id: PoolId, client_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(ui_customizations).filter_by(pool_id=pool_id, client_id=client_id))
            touch_configuration(connection)


def _customization(row: Row[Any]) -> Customization:
    image = None
    if row.image is not None:
        content = bytes(row.image)
        image = Logo(media_type=row.image_type, content=content, digest=hashlib.sha256(content).hexdigest()[:12])
    return Customization(
        pool_id=PoolId(row.pool_id),
        client_id=row.client_id,
        css=row.css,
        stylesheet=classic_stylesheet(row.css, has_logo=image is not None),
        image=image,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _columns(customization: Customization) -> dict[str, Any]:
    image = customization.image
    return {
        "pool_id": customization.pool_id,
        "client_id": customization.client_id,
        "css": customization.css,
        "image": image.content if image else None,
        "image_type": image.media_type if image else None,
        "version": customization.version,
        "created_at": customization.created_at,
        "updated_at": customization.updated_at,
    }
