"""The tables of identity providers that are trusted; what holds for ``tables.py`` holds here."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.sql.db import db

_Document = JSON().with_variant(JSONB(), "postgresql")

oidc_providers = db.Table(
    "oidc_providers",
    Column("arn", String(320), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("url", String(256), nullable=False),
    Column("client_ids", _Document, nullable=False),
    Column("thumbprints", _Document, nullable=False),
    Column("tags", _Document, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_oidc_providers_account", "account_id", "arn"),
)

saml_providers = db.Table(
    "saml_providers",
    Column("arn", String(320), primary_key=True),
    Column("account_id", String(12), nullable=False),
    Column("name", String(128), nullable=False),
    Column("provider_id", String(36), nullable=False),
    Column("metadata", Text, nullable=False),
    Column("tags", _Document, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_saml_providers_account", "account_id", "arn"),
)
