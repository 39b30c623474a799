"""Software tokens, passkeys, recovery codes and remembered devices

Revision ID: 0006_factor_tables
Revises: 0005_pooladmin
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006_factor_tables"
down_revision = "0005_pooladmin"
branch_labels = None
depends_on = None

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name=f"fk_{table}_user"
    )


def upgrade() -> None:
    op.create_table(
        "totp_secrets",
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("sub", sa.String(length=36), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("friendly_name", sa.String(length=256), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_totp_secrets")),
        sa.UniqueConstraint("pool_id", "sub", "confirmed", name="uq_totp_secrets_user"),
        _user("totp_secrets"),
    )
    op.create_table(
        "passkeys",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("sub", sa.String(length=36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", _DOCUMENT, nullable=False),
        sa.Column("attachment", sa.String(length=32), nullable=True),
        sa.Column("user_verified", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("friendly_name", sa.String(length=256), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.Column("rp_id", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "credential_id", name=op.f("pk_passkeys")),
        _user("passkeys"),
    )
    op.create_index("ix_passkeys_user", "passkeys", ["pool_id", "sub"])
    op.create_table(
        "recovery_codes",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("sub", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "sub", "code_hash", name=op.f("pk_recovery_codes")),
        _user("recovery_codes"),
    )
    op.create_table(
        "devices",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("device_key", sa.String(length=64), nullable=False),
        sa.Column("sub", sa.String(length=36), nullable=False),
        sa.Column("group_key", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=1024), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("verifier", sa.Text(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("last_address", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "device_key", name=op.f("pk_devices")),
        _user("devices"),
    )
    op.create_index("ix_devices_user", "devices", ["pool_id", "sub"])


def downgrade() -> None:
    for table in ("devices", "recovery_codes", "passkeys", "totp_secrets"):
        op.drop_table(table)
