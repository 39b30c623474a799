"""Which names a pool's domain may have, and what goes with them (Cognito: CreateUserPoolDomain)."""

import re
from collections.abc import Mapping
from typing import Any

from app.core.kernel.errors import InvalidParameter
from app.core.pools.errors import FeatureUnavailableInTier
from app.core.pools.model import Pool

_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")
_RESERVED_WORDS = ("aws", "amazon", "cognito")
_HOSTED_UI, _MANAGED_LOGIN = 1, 2


def check_prefix(prefix: str) -> None:
    """Raises ``InvalidParameter``."""
    if not _PREFIX.fullmatch(prefix):
        raise InvalidParameter("A domain prefix is 1 to 63 of a-z, 0-9 and hyphens, with no hyphen at either end.")
    if any(word in prefix for word in _RESERVED_WORDS):
        raise InvalidParameter("A domain prefix may not hold the words aws, amazon or cognito.")


def check_custom_host(host: str, public_hostname: str) -> None:
    """Raises ``InvalidParameter`` for what is no host name, and for names that are this server's to give."""
    if not _HOST.fullmatch(host) or host == public_hostname:
        raise InvalidParameter("Domain is not a host name of your own.")
    if host.endswith("." + public_hostname) and ".auth." in host:
        raise InvalidParameter("Names below this server's own are given as prefixes.")


def check_domain_document(pool: Pool, document: Mapping[str, Any], *, custom: bool, creating: bool = False) -> None:
    """Raises ``InvalidParameter``, ``FeatureUnavailableInTier``."""
    if creating and custom and "CustomDomainConfig" not in document:
        raise InvalidParameter("CustomDomainConfig is required for a domain of your own.")
    if not custom and "CustomDomainConfig" in document:
        raise InvalidParameter("CustomDomainConfig belongs to domains of your own, not to prefixes.")
    version = document.get("ManagedLoginVersion", _HOSTED_UI)
    if version not in {_HOSTED_UI, _MANAGED_LOGIN}:
        raise InvalidParameter("ManagedLoginVersion must be 1 or 2.")
    if version == _MANAGED_LOGIN and pool.settings.document.get("UserPoolTier") == "LITE":
        raise FeatureUnavailableInTier("Managed login")
