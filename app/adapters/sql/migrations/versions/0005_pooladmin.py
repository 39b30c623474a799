"""Names of client secrets, settings of domains, and classic branding

Revision ID: 0005_pooladmin
Revises: 0005_principals
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005_pooladmin"
down_revision = "0005_principals"
branch_labels = None
depends_on = None

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("domains", sa.Column("settings", _DOCUMENT, nullable=True))
    op.add_column("client_secrets", sa.Column("public_id", sa.String(length=160), nullable=True))
    _name_secrets()
    with op.batch_alter_table("client_secrets") as batch:
        batch.alter_column("public_id", existing_type=sa.String(length=160), nullable=False)
    op.create_table(
        "ui_customizations",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("css", sa.Text(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=True),
        sa.Column("image_type", sa.String(length=32), nullable=True),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.pool_id"], name=op.f("fk_ui_customizations_pool_id_pools"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "client_id", name=op.f("pk_ui_customizations")),
    )


def _name_secrets() -> None:
    """Secrets that exist get the names they would have now; two of one second get two different ones."""
    secrets = sa.table(
        "client_secrets",
        sa.column("secret_id", sa.String),
        sa.column("client_id", sa.String),
        sa.column("created_at", sa.BigInteger),
        sa.column("position", sa.Integer),
        sa.column("public_id", sa.String),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(secrets).order_by(secrets.c.client_id, secrets.c.position.desc())).all()
    taken: set[str] = set()
    for row in rows:
        at = row.created_at
        while (name := f"{row.client_id}--{at}") in taken:
            at += 1
        taken.add(name)
        connection.execute(secrets.update().where(secrets.c.secret_id == row.secret_id).values(public_id=name))


def downgrade() -> None:
    op.drop_table("ui_customizations")
    with op.batch_alter_table("client_secrets") as batch:
        batch.drop_column("public_id")
    op.drop_column("domains", "settings")
