from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.factor_tables import devices
from app.adapters.sql.tables import token_sessions
from app.core.devices.model import Device
from app.core.kernel.errors import UserNotFound
from app.core.kernel.ids import PoolId, Sub

_C = devices.c


class SqlDevices:
    """The ``DeviceStore``. A device's secret is random, so its verifier tells nobody the secret."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, device: Device, *, waiting_since: int, waiting_most: int) -> None:
        waiting = and_(_C.pool_id == device.pool_id, _C.sub == device.sub, _C.confirmed.is_(False))
        newest = select(_C.device_key).where(waiting).order_by(_C.created_at.desc(), _C.device_key)
        kept = newest.limit(waiting_most - 1).scalar_subquery()
        forgotten = and_(waiting, or_(_C.created_at < waiting_since, _C.device_key.not_in(kept)))
        try:
            with self._database.refusable() as connection:
                connection.execute(delete(devices).where(forgotten))
                connection.execute(insert(devices).values(_columns(device)))
        except IntegrityError as error:  # the user was deleted meanwhile: keys never meet by chance
            raise UserNotFound from error

    def find(self, pool_id: PoolId, sub: Sub, device_key: str) -> Device | None:
        its = and_(_C.pool_id == pool_id, _C.device_key == device_key, _C.sub == sub)
        with self._database.connection() as connection:
            row = connection.execute(select(devices).where(its)).one_or_none()
        return None if row is None else _device(row)

    def list_page(self, pool_id: PoolId, sub: Sub, *, after: str, limit: int) -> list[Device]:
        mine = and_(_C.pool_id == pool_id, _C.sub == sub, _C.confirmed.is_(True), _C.device_key > after)
        with self._database.connection() as connection:
            rows = connection.execute(select(devices).where(mine).order_by(_C.device_key).limit(limit)).all()
        return [_device(row) for row in rows]

    def confirm(self, device: Device) -> bool:
        its = and_(_C.pool_id == device.pool_id, _C.device_key == device.device_key, _C.sub == device.sub)
        with self._database.connection() as connection:
            confirmed = connection.execute(
                update(devices).where(its, _C.confirmed.is_(False)).values(_columns(device)).returning(_C.device_key)
            ).one_or_none()
        return confirmed is not None

    def set_remembered(self, pool_id: PoolId, sub: Sub, device_key: str, *, remembered: bool, at: int) -> bool:
        its = and_(_C.pool_id == pool_id, _C.device_key == device_key, _C.sub == sub, _C.confirmed.is_(True))
        with self._database.connection() as connection:
            changed = connection.execute(
                update(devices).where(its).values(remembered=remembered, modified_at=at).returning(_C.device_key)
            ).one_or_none()
        return changed is not None

    def touch(self, pool_id: PoolId, device_key: str, *, address: str | None, at: int) -> None:
        its = and_(_C.pool_id == pool_id, _C.device_key == device_key)
        with self._database.connection() as connection:
            connection.execute(update(devices).where(its).values(last_used_at=at, last_address=address))

    def drop_surplus(self, device: Device, *, most: int, at: int) -> None:
        others = and_(
            _C.pool_id == device.pool_id,
            _C.sub == device.sub,
            _C.confirmed.is_(True),
            _C.device_key != device.device_key,
        )
        by_use = select(_C.device_key).where(others).order_by(_C.last_used_at.desc(), _C.device_key)
        with self._database.connection() as connection:
            surplus = connection.execute(by_use.offset(most - 1)).scalars().all()
        if surplus:
            self._remove(device.pool_id, device.sub, surplus, at=at)

    def remove(self, pool_id: PoolId, sub: Sub, device_key: str, *, at: int) -> bool:
        return self._remove(pool_id, sub, [device_key], at=at)

    def _remove(self, pool_id: PoolId, sub: Sub, device_keys: Sequence[str], *, at: int) -> bool:
        its = and_(_C.pool_id == pool_id, _C.device_key.in_(device_keys), _C.sub == sub)
        s = token_sessions.c
        signed_in_with_it = and_(
            s.pool_id == pool_id,
            s.sub == sub,
            s.revoked_at.is_(None),
            s.document["extra", "device_key"].as_string().in_(device_keys),
        )
        with self._database.writing() as connection:
            gone = connection.execute(delete(devices).where(its).returning(_C.device_key)).all()
            if gone:
                connection.execute(update(token_sessions).where(signed_in_with_it).values(revoked_at=at))
        return bool(gone)


def _columns(device: Device) -> dict[str, Any]:
    return {
        "pool_id": device.pool_id,
        "device_key": device.device_key,
        "sub": device.sub,
        "group_key": device.group_key,
        "name": device.name,
        "salt": b64encode(device.salt).decode(),
        "verifier": b64encode(device.verifier).decode(),
        "confirmed": device.confirmed,
        "remembered": device.remembered,
        "last_address": device.last_address,
        "created_at": device.created_at,
        "modified_at": device.modified_at,
        "last_used_at": device.last_used_at,
    }


def _device(row: Row[Any]) -> Device:
    return Device(
        pool_id=PoolId(row.pool_id),
        sub=Sub(row.sub),
        device_key=row.device_key,
        group_key=row.group_key,
        salt=b64decode(row.salt or ""),
        verifier=b64decode(row.verifier or ""),
        confirmed=row.confirmed,
        remembered=row.remembered,
        name=row.name,
        last_address=row.last_address,
        created_at=row.created_at,
        modified_at=row.modified_at,
        last_used_at=row.last_used_at,
    )
