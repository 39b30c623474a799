"""The tables of second factors, passkeys and devices; what holds for ``tables.py`` holds here."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.sql.db import db

_Document = JSON().with_variant(JSONB(), "postgresql")
_Seconds = BigInteger


def _of_user(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name=f"fk_{table}_user"
    )


totp_secrets = db.Table(
    "totp_secrets",
    Column("token_id", String(36), primary_key=True),
    Column("pool_id", String(64), nullable=False),
    Column("sub", String(36), nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("friendly_name", String(256)),
    Column("created_at", _Seconds, nullable=False),
    UniqueConstraint("pool_id", "sub", "confirmed", name="uq_totp_secrets_user"),
    _of_user("totp_secrets"),
)
"""A user has one software token that counts and one that waits to be confirmed."""

passkeys = db.Table(
    "passkeys",
    Column("pool_id", String(64), primary_key=True),
    Column("credential_id", String(1400), primary_key=True),
    Column("sub", String(36), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", _Document, nullable=False),
    Column("attachment", String(32)),
    Column("user_verified", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("friendly_name", String(256), nullable=False),
    Column("aaguid", String(36), nullable=False),
    Column("rp_id", String(255), nullable=False),
    Column("created_at", _Seconds, nullable=False),
    _of_user("passkeys"),
    Index("ix_passkeys_user", "pool_id", "sub"),
)

recovery_codes = db.Table(
    "recovery_codes",
    Column("pool_id", String(64), primary_key=True),
    Column("sub", String(36), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
    Column("created_at", _Seconds, nullable=False),
    _of_user("recovery_codes"),
)

devices = db.Table(
    "devices",
    Column("pool_id", String(64), primary_key=True),
    Column("device_key", String(64), primary_key=True),
    Column("sub", String(36), nullable=False),
    Column("group_key", String(16), nullable=False),
    Column("name", String(1024)),
    Column("salt", Text),
    Column("verifier", Text),
    Column("confirmed", Boolean, nullable=False),
    Column("remembered", Boolean, nullable=False),
    Column("last_address", String(64)),
    Column("created_at", _Seconds, nullable=False),
    Column("modified_at", _Seconds, nullable=False),
    Column("last_used_at", _Seconds, nullable=False),
    _of_user("devices"),
    Index("ix_devices_user", "pool_id", "sub"),
)
"""Salt and verifier are the device's own (SRP): nobody signs in with them."""
