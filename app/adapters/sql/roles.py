from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.identity_tables import credential_cutoffs, roles
from app.core.principals.model import Role
from app.core.principals.roles import RoleExists


class SqlRoles:
    """The ``RoleStore``. Every change raises the configuration version: workers drop what they remember of roles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, account_id: str, name: str) -> Role | None:
        with self._database.connection() as connection:
            row = connection.execute(select(roles).where(_named(account_id, name))).one_or_none()
        return None if row is None else _role(row)

    def find_to_change(self, account_id: str, name: str) -> Role | None:
        # SQLite knows no row locks and needs none: it has one writer, whose transaction begins with its turn.
        with self._database.writing() as connection:
            found = select(roles).where(_named(account_id, name)).with_for_update()
            row = connection.execute(found).one_or_none()
        return None if row is None else _role(row)

    def find_by_arn(self, arn: str) -> Role | None:
        with self._database.connection() as connection:
            row = connection.execute(select(roles).where(roles.c.arn == arn)).one_or_none()
        return None if row is None else _role(row)

    def add(self, role: Role) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(insert(roles).values(_columns(role)))
                touch_configuration(connection)
        except IntegrityError as error:
            raise RoleExists(f"Role with name {role.name} already exists.") from error

    def save(self, role: Role) -> None:
        with self._database.writing() as connection:
            connection.execute(update(roles).where(_named(role.account_id, role.name)).values(_columns(role)))
            touch_configuration(connection)

    def remove(self, account_id: str, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(roles).where(_named(account_id, name)))
            touch_configuration(connection)

    def list_of(self, account_id: str, path_prefix: str = "/") -> list[Role]:
        mine = and_(roles.c.account_id == account_id, roles.c.path.startswith(path_prefix, autoescape=True))
        with self._database.connection() as connection:
            rows = connection.execute(select(roles).where(mine).order_by(roles.c.folded)).all()
        return [_role(row) for row in rows]


class SqlCutoffs:
    """The ``CutoffStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, scope: str, names: Sequence[str], *, before: int, forget_before: int) -> None:
        insert_here = sqlite.insert if self._database.is_sqlite else postgresql.insert
        # Everywhere in one order, so that two transactions never wait for each other.
        rows = [{"scope": scope, "name": name, "before": before} for name in sorted(set(names))]
        written = insert_here(credential_cutoffs).values(rows)
        kept = credential_cutoffs.c.before
        latest = case((kept > written.excluded.before, kept), else_=written.excluded.before)
        with self._database.writing() as connection:
            connection.execute(written.on_conflict_do_update(index_elements=["scope", "name"], set_={"before": latest}))
            connection.execute(delete(credential_cutoffs).where(credential_cutoffs.c.before < forget_before))
            touch_configuration(connection)

    def list_all(self) -> dict[tuple[str, str], int]:
        with self._database.connection() as connection:
            rows = connection.execute(select(credential_cutoffs)).all()
        return {(row.scope, row.name): row.before for row in rows}


def _named(account_id: str, name: str) -> Any:
    return and_(roles.c.account_id == account_id, roles.c.folded == name.lower())


def _role(row: Row[Any]) -> Role:
    return Role(
        name=row.name,
        account_id=row.account_id,
        role_id=row.role_id,
        path=row.path,
        description=row.description,
        trust=row.trust,
        policies=row.policies,
        max_session_seconds=row.max_session_seconds,
        tags=row.tags,
        created_at=row.created_at,
    )


def _columns(role: Role) -> dict[str, Any]:
    return {
        "account_id": role.account_id,
        "folded": role.name.lower(),
        "arn": role.arn,
        "name": role.name,
        "role_id": role.role_id,
        "path": role.path,
        "description": role.description,
        "trust": dict(role.trust),
        "policies": dict(role.policies),
        "max_session_seconds": role.max_session_seconds,
        "tags": dict(role.tags),
        "created_at": role.created_at,
    }
