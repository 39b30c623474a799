"""The tables of roles, identity pools and identities; what holds for ``tables.py`` holds here."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.sql.db import db

_Document = JSON().with_variant(JSONB(), "postgresql")
_Seconds = BigInteger

roles = db.Table(
    "roles",
    Column("account_id", String(12), primary_key=True),
    Column("folded", String(64), primary_key=True),
    Column("arn", String(640), nullable=False),
    Column("name", String(64), nullable=False),
    Column("role_id", String(32), nullable=False),
    Column("path", String(512), nullable=False),
    Column("description", String(1000), nullable=False),
    Column("trust", _Document, nullable=False),
    Column("policies", _Document, nullable=False),
    Column("max_session_seconds", Integer, nullable=False),
    Column("tags", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Index("ix_roles_arn", "arn", unique=True),
)
"""``folded`` is the name in lower case: IAM tells roles apart by no more than that."""

credential_cutoffs = db.Table(
    "credential_cutoffs",
    Column("scope", String(16), primary_key=True),
    Column("name", String(640), primary_key=True),
    Column("before", _Seconds, nullable=False),
)
"""Sessions of an identity, role or identity pool that were issued at or before this time are over; those of what is gone are anyway."""

identity_pools = db.Table(
    "identity_pools",
    Column("identity_pool_id", String(64), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("region", String(32), nullable=False),
    Column("name", String(128), nullable=False),
    Column("settings", _Document, nullable=False),
    Column("roles", _Document, nullable=False),
    Column("role_mappings", _Document, nullable=False),
    Column("principal_tags", _Document, nullable=False),
    Column("tags", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
    Index("ix_identity_pools_account", "account_id", "region", "identity_pool_id"),
)

identities = db.Table(
    "identities",
    Column("identity_id", String(64), primary_key=True),
    Column(
        "identity_pool_id",
        String(64),
        ForeignKey("identity_pools.identity_pool_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("enabled", Boolean, nullable=False),
    Column("merged_into", String(64)),
    Column("was_authenticated", Boolean, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("modified_at", _Seconds, nullable=False),
    Index("ix_identities_pool", "identity_pool_id", "identity_id"),
)

identity_logins = db.Table(
    "identity_logins",
    Column("identity_pool_id", String(64), primary_key=True),
    Column("provider", String(256), primary_key=True),
    Column("subject", String(1024), primary_key=True),
    Column("identity_id", String(64), ForeignKey("identities.identity_id", ondelete="CASCADE"), nullable=False),
    Column("linked_at", _Seconds, nullable=False),
    Index("ix_identity_logins_identity", "identity_id", "provider", "subject"),
)
"""A login leads to one identity of a pool: the primary key says so, also to two requests at once."""
