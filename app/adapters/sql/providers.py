from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.provider_tables import oidc_providers, saml_providers
from app.core.principals.model import OidcProvider, SamlProvider
from app.core.principals.providers import ProviderExists


class SqlOidcProviders:
    """The ``OidcProviderStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, arn: str) -> OidcProvider | None:
        row = _find(self._database, oidc_providers, arn)
        return None if row is None else _oidc_provider(row)

    def find_to_change(self, arn: str) -> OidcProvider | None:
        row = _find_to_change(self._database, oidc_providers, arn)
        return None if row is None else _oidc_provider(row)

    def add(self, provider: OidcProvider) -> None:
        _add(self._database, oidc_providers, _oidc_columns(provider), f"Provider with url {provider.url}")

    def save(self, provider: OidcProvider) -> None:
        _save(self._database, oidc_providers, _oidc_columns(provider))

    def remove(self, arn: str) -> None:
        _remove(self._database, oidc_providers, arn)

    def list_of(self, account_id: str) -> list[OidcProvider]:
        return [_oidc_provider(row) for row in _list_of(self._database, oidc_providers, account_id)]


class SqlSamlProviders:
    """The ``SamlProviderStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, arn: str) -> SamlProvider | None:
        row = _find(self._database, saml_providers, arn)
        return None if row is None else _saml_provider(row)

    def find_to_change(self, arn: str) -> SamlProvider | None:
        row = _find_to_change(self._database, saml_providers, arn)
        return None if row is None else _saml_provider(row)

    def add(self, provider: SamlProvider) -> None:
        _add(self._database, saml_providers, _saml_columns(provider), f"SAMLProvider with name {provider.name}")

    def save(self, provider: SamlProvider) -> None:
        _save(self._database, saml_providers, _saml_columns(provider))

    def remove(self, arn: str) -> None:
        _remove(self._database, saml_providers, arn)

    def list_of(self, account_id: str) -> list[SamlProvider]:
        return [_saml_provider(row) for row in _list_of(self._database, saml_providers, account_id)]


def _find(database: Database, table: Any, arn: str) -> Row[Any] | None:
    with database.connection() as connection:
        return connection.execute(select(table).where(table.c.arn == arn)).one_or_none()


def _find_to_change(database: Database, table: Any, arn: str) -> Row[Any] | None:
    # SQLite knows no row locks and needs none: it has one writer, whose transaction begins with its turn.
    with database.writing() as connection:
        return connection.execute(select(table).where(table.c.arn == arn).with_for_update()).one_or_none()


def _add(database: Database, table: Any, columns: dict[str, Any], named: str) -> None:
    try:
        with database.refusable() as connection:
            connection.execute(insert(table).values(columns))
            touch_configuration(connection)
    except IntegrityError as error:
        raise ProviderExists(f"{named} already exists.") from error


def _save(database: Database, table: Any, columns: dict[str, Any]) -> None:
    with database.writing() as connection:
        connection.execute(update(table).where(table.c.arn == columns["arn"]).values(columns))
        touch_configuration(connection)


def _remove(database: Database, table: Any, arn: str) -> None:
    with database.writing() as connection:
        connection.execute(delete(table).where(table.c.arn == arn))
        touch_configuration(connection)


def _list_of(database: Database, table: Any, account_id: str) -> list[Row[Any]]:
    with database.connection() as connection:
        return list(connection.execute(select(table).where(table.c.account_id == account_id).order_by(table.c.arn)))


def _oidc_provider(row: Row[Any]) -> OidcProvider:
    return OidcProvider(
        arn=row.arn,
        account_id=row.account_id,
        url=row.url,
        client_ids=tuple(row.client_ids),
        thumbprints=tuple(row.thumbprints),
        tags=row.tags,
        created_at=row.created_at,
    )


def _oidc_columns(provider: OidcProvider) -> dict[str, Any]:
    return {
        "arn": provider.arn,
        "account_id": provider.account_id,
        "url": provider.url,
        "client_ids": list(provider.client_ids),
        "thumbprints": list(provider.thumbprints),
        "tags": dict(provider.tags),
        "created_at": provider.created_at,
    }


def _saml_provider(row: Row[Any]) -> SamlProvider:
    return SamlProvider(
        arn=row.arn,
        account_id=row.account_id,
        name=row.name,
        provider_id=row.provider_id,
        metadata=row.metadata,
        tags=row.tags,
        created_at=row.created_at,
    )


def _saml_columns(provider: SamlProvider) -> dict[str, Any]:
    return {
        "arn": provider.arn,
        "account_id": provider.account_id,
        "name": provider.name,
        "provider_id": provider.provider_id,
        "metadata": provider.metadata,
        "tags": dict(provider.tags),
        "created_at": provider.created_at,
    }
