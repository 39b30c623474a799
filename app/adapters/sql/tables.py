"""Every table. Times are Unix seconds; documents are JSON; sealed columns hold ``kernel.sealing`` blobs, ``*_hash`` keyed hashes."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.sql.db import db

_Document = JSON().with_variant(JSONB(), "postgresql")
_Seconds = BigInteger


def _pool() -> Column[str]:
    return Column("pool_id", String(64), ForeignKey("pools.pool_id", ondelete="CASCADE"), nullable=False)


installation = db.Table(
    "installation",
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about this installation: the master key's check value, the sealed data key, the configuration version."""

pools = db.Table(
    "pools",
    Column("pool_id", String(64), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("region", String(32), nullable=False),
    Column("name", String(128), nullable=False),
    Column("settings", _Document, nullable=False),
    Column("extensions", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
    Index("ix_pools_account", "account_id", "region", "pool_id"),
)

domains = db.Table(
    "domains",
    Column("domain", String(255), primary_key=True),
    _pool(),
    Column("custom", Boolean, nullable=False),
    Column("settings", _Document),
    Column("created_at", _Seconds, nullable=False),
    Index("ix_domains_pool_id", "pool_id"),
)

clients = db.Table(
    "clients",
    Column("client_id", String(128), primary_key=True),
    _pool(),
    Column("name", String(128), nullable=False),
    Column("settings", _Document, nullable=False),
    Column("extensions", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
    Index("ix_clients_pool_id", "pool_id", "client_id"),
)

client_secrets = db.Table(
    "client_secrets",
    Column("secret_id", String(36), primary_key=True),
    Column("client_id", String(128), ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("position", Integer, nullable=False),
    Column("public_id", String(160), nullable=False),
    Index("ix_client_secrets_client_id", "client_id"),
)
"""``secret_id`` is what the value is sealed under; ``public_id`` is what the API calls it, ``<client id>--<epoch>``."""

users = db.Table(
    "users",
    Column("pool_id", String(64), ForeignKey("pools.pool_id", ondelete="CASCADE"), primary_key=True),
    Column("sub", String(36), primary_key=True),
    Column("username", String(128), nullable=False),
    Column("status", String(32), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("attributes", _Document, nullable=False),
    Column("password_hash", Text),
    Column("password_set_at", _Seconds),
    Column("srp", Text),
    Column("mfa", _Document),
    Column("pending", _Document),
    Column("sessions_valid_after", _Seconds, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
)

user_identifiers = db.Table(
    "user_identifiers",
    Column("pool_id", String(64), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("value", String(320), primary_key=True),
    Column("sub", String(36), nullable=False),
    ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name="fk_user_identifiers_user"
    ),
    Index("ix_user_identifiers_sub", "pool_id", "sub"),
)

user_search = db.Table(
    "user_search",
    Column("pool_id", String(64), primary_key=True),
    Column("name", String(32), primary_key=True),
    # Sorted by code points, so that a prefix is a range of the index.
    Column("value", String(128).with_variant(String(128, collation="C"), "postgresql"), primary_key=True),
    Column("sub", String(36).with_variant(String(36, collation="C"), "postgresql"), primary_key=True),
    ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name="fk_user_search_user"
    ),
    Index("ix_user_search_user", "pool_id", "sub"),
)
"""What ListUsers finds users by, in comparison form."""

password_history = db.Table(
    "password_history",
    Column("id", Integer().with_variant(BigInteger(), "postgresql"), primary_key=True, autoincrement=True),
    Column("pool_id", String(64), nullable=False),
    Column("sub", String(36), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name="fk_password_history_user"
    ),
    Index("ix_password_history_user", "pool_id", "sub", "id"),
)

groups = db.Table(
    "groups",
    Column("pool_id", String(64), ForeignKey("pools.pool_id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("description", String(2048)),
    Column("role_arn", String(2048)),
    Column("precedence", Integer),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
)

group_members = db.Table(
    "group_members",
    Column("pool_id", String(64), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("sub", String(36), primary_key=True),
    Column("created_at", _Seconds, nullable=False),
    ForeignKeyConstraint(
        ["pool_id", "name"], ["groups.pool_id", "groups.name"], ondelete="CASCADE", name="fk_group_members_group"
    ),
    ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name="fk_group_members_user"
    ),
    Index("ix_group_members_user", "pool_id", "sub"),
)

resource_servers = db.Table(
    "resource_servers",
    Column("pool_id", String(64), ForeignKey("pools.pool_id", ondelete="CASCADE"), primary_key=True),
    Column("identifier", String(256), primary_key=True),
    Column("name", String(256), nullable=False),
    Column("scopes", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
)

ui_customizations = db.Table(
    "ui_customizations",
    Column("pool_id", String(64), ForeignKey("pools.pool_id", ondelete="CASCADE"), primary_key=True),
    Column("client_id", String(128), primary_key=True),
    Column("css", Text, nullable=False),
    Column("image", LargeBinary),
    Column("image_type", String(32)),
    Column("version", String(32), nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("updated_at", _Seconds, nullable=False),
)
"""Classic branding of a client, or of all clients that have none of their own (``ALL``)."""

signing_keys = db.Table(
    "signing_keys",
    Column("kid", String(64), primary_key=True),
    _pool(),
    Column("purpose", String(16), nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("sealed_pem", Text, nullable=False),
    Column("public_jwk", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("signs_from", _Seconds, nullable=False),
    Column("published_until", _Seconds),
    Index("ix_signing_keys_pool_id", "pool_id"),
)

authorization_codes = db.Table(
    "authorization_codes",
    Column("code_hash", String(64), primary_key=True),
    _pool(),
    Column("client_id", String(128), nullable=False),
    Column("sub", String(36), nullable=False),
    Column("document", _Document, nullable=False),
    Column("origin_jti", String(36), nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("expires_at", _Seconds, nullable=False),
    Column("used_at", _Seconds),
    Index("ix_authorization_codes_expires_at", "expires_at"),
)

token_sessions = db.Table(
    "token_sessions",
    Column("origin_jti", String(36), primary_key=True),
    _pool(),
    Column("client_id", String(128), nullable=False),
    Column("sub", String(36), nullable=False),
    Column("sid", String(64)),
    Column("document", _Document, nullable=False),
    Column("auth_time", _Seconds, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("expires_at", _Seconds, nullable=False),
    Column("revoked_at", _Seconds),
    Column("active_at", _Seconds),
    Column("address", String(64)),
    Column("device", String(128)),
    Index("ix_token_sessions_user", "pool_id", "sub"),
    Index("ix_token_sessions_expires_at", "expires_at"),
)

refresh_tokens = db.Table(
    "refresh_tokens",
    Column("token_hash", String(64), primary_key=True),
    _pool(),
    Column("origin_jti", String(36), ForeignKey("token_sessions.origin_jti", ondelete="CASCADE"), nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("expires_at", _Seconds, nullable=False),
    Column("used_at", _Seconds),
    Index("ix_refresh_tokens_origin_jti", "origin_jti"),
)

consents = db.Table(
    "consents",
    Column("pool_id", String(64), primary_key=True),
    Column("sub", String(36), primary_key=True),
    Column(
        "client_id",
        String(128),
        ForeignKey("clients.client_id", ondelete="CASCADE", name="fk_consents_client"),
        primary_key=True,
    ),
    Column("scope", String(256), primary_key=True),
    Column("created_at", _Seconds, nullable=False),
    ForeignKeyConstraint(
        ["pool_id", "sub"], ["users.pool_id", "users.sub"], ondelete="CASCADE", name="fk_consents_user"
    ),
    Index("ix_consents_client_id", "client_id"),
)
"""What people have agreed to, a row for each scope."""

session_clients = db.Table(
    "session_clients",
    Column("pool_id", String(64), ForeignKey("pools.pool_id", ondelete="CASCADE"), primary_key=True),
    Column("sid", String(64), primary_key=True),
    Column("client_id", String(128), primary_key=True),
    Column("sub", String(36), nullable=False),
    Column("expires_at", _Seconds, nullable=False),
    Index("ix_session_clients_user", "pool_id", "sub"),
    Index("ix_session_clients_expires_at", "expires_at"),
)
"""Which clients must hear of the end of which browser session. A deleted user's rows stay until they have heard."""

access_keys = db.Table(
    "access_keys",
    Column("access_key_id", String(32), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("name", String(128), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("policy", _Document),
    Column("created_at", _Seconds, nullable=False),
)

ephemeral = db.Table(
    "ephemeral",
    Column("kind", String(32), primary_key=True),
    Column("key", String(320), primary_key=True),
    Column("value", Text),
    Column("count", BigInteger),
    Column("expires_at", _Seconds, nullable=False),
    Index("ix_ephemeral_expires_at", "expires_at"),
)

deliveries = db.Table(
    "deliveries",
    Column("id", String(36), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", _Seconds, nullable=False),
    Column("due_at", _Seconds, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("claimed_until", _Seconds),
    Index("ix_deliveries_due_at", "due_at"),
)

outbox = db.Table(
    "outbox",
    Column("id", Integer().with_variant(BigInteger(), "postgresql"), primary_key=True, autoincrement=True),
    Column("channel", String(8), nullable=False),
    Column("recipient", String(2048), nullable=False),
    Column("document", _Document, nullable=False),
    Column("created_at", _Seconds, nullable=False),
)
"""The development inbox: mails and texts that would have been sent."""

audit = db.Table(
    "audit",
    Column("id", String(36), primary_key=True),
    Column("at", _Seconds, nullable=False),
    Column("pool_id", String(64)),
    Column("event", String(64), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("sub", String(36)),
    Column("client_id", String(128)),
    Column("address", String(64)),
    Column("request_id", String(36)),
    Column("detail", _Document, nullable=False),
    Index("ix_audit_pool_id", "pool_id", "at"),
)
