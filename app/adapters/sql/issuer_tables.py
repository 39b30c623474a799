"""Keys of issuers that are no user pool: the one of ``GetOpenIdToken``."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.sql.db import db

_Document = JSON().with_variant(JSONB(), "postgresql")

issuer_keys = db.Table(
    "issuer_keys",
    Column("kid", String(64), primary_key=True),
    Column("pool_id", String(64), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("sealed_pem", Text, nullable=False),
    Column("public_jwk", _Document, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("signs_from", BigInteger, nullable=False),
    Column("published_until", BigInteger),
    Index("ix_issuer_keys_pool_id", "pool_id"),
)
"""As ``signing_keys``; the issuer's name stands where a pool's id would."""
