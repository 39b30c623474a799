"""Credentials from an STS elsewhere: AWS's own, Ceph's object gateway, or another server that speaks the same protocol."""

import logging
from collections.abc import Mapping
from threading import Lock
from typing import Any

from app.core.identity_pools.model import VendRequest
from app.core.identity_pools.refusals import CredentialsRefused, DoesNotFit, ProviderUnavailable
from app.core.identity_pools.sessions.session_policy import Dialect, write_session_policy
from app.core.kernel.outbound import OutboundFailed, Places
from app.core.kernel.secret import Secret
from app.core.principals.model import Credentials

_log = logging.getLogger("poolhouse.sts")

_SHORTEST_SECONDS, _LONGEST_SECONDS = 900, 43_200
_MOST_TAGS = 50
_CONNECT_SECONDS, _READ_SECONDS = 3, 5


class AwsSts:
    """The connection: ``endpoint`` None means AWS's own of the region; without a key botocore's own search for one (a machine's role)."""

    def __init__(
        self,
        *,
        region: str,
        endpoint: str | None = None,
        access_key_id: str | None = None,
        secret: Secret | None = None,
        signs: bool = True,
        places: Places,
    ) -> None:
        self._region = region
        self._endpoint = endpoint
        self._access_key_id = access_key_id
        self._secret = secret
        self._signs = signs
        self._places = places
        self._lock = Lock()
        self._client: Any = None

    def ask(self, operation: str, parameters: Mapping[str, Any]) -> Credentials:
        """Raises ``CredentialsRefused`` for its refusal, ``ProviderUnavailable`` where it does not answer."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            with self._places.place():
                return _read(getattr(self._opened(), operation)(**parameters))
        except OutboundFailed:
            raise ProviderUnavailable from None
        except ClientError as error:
            # Its code, and never its message: that may repeat what was sent.
            _log.warning("sts.refused", extra={"operation": operation, "code": _code_of(error.response)})
            raise CredentialsRefused from None
        except (BotoCoreError, ResponseParserError, KeyError, ValueError) as error:
            # No answer, or something else that answers 200: a proxy's page, for one.
            _log.warning("sts.failed", extra={"operation": operation, "reason": type(error).__name__})
            raise ProviderUnavailable from None

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()

    def _opened(self) -> Any:
        """One client for all threads, made at the first use: loading it takes a moment that no other start should."""
        with self._lock:
            if self._client is None:
                self._client = self._open()
            return self._client

    def _open(self) -> Any:
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.session import Session

        config: dict[str, Any] = {
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _READ_SECONDS,
            "retries": {"total_max_attempts": 2, "mode": "standard"},
        }
        if not self._signs:
            config["signature_version"] = UNSIGNED
        return Session().create_client(
            "sts",
            region_name=self._region,
            endpoint_url=self._endpoint,
            aws_access_key_id=self._access_key_id,
            aws_secret_access_key=None if self._secret is None else self._secret.reveal(),
            config=Config(**config),
        )


def _read(answer: Mapping[str, Any]) -> Credentials:
    """Raises ``KeyError`` for an answer without credentials."""
    given = answer["Credentials"]
    return Credentials(
        access_key_id=given["AccessKeyId"],
        secret=Secret(given["SecretAccessKey"]),
        session_token=Secret(given["SessionToken"]),
        expires_at=int(given["Expiration"].timestamp()),
    )


class WebIdentityBroker:
    """The ``CredentialBroker`` for an STS that trusts our issuer: the identity's own OpenID token is the proof, tags are in it."""

    def __init__(self, sts: AwsSts, dialect: Dialect = Dialect.AWS) -> None:
        self._sts = sts
        self._dialect = dialect

    def vend(self, asked: VendRequest) -> Credentials:
        if asked.token is None:
            raise CredentialsRefused
        parameters = _parameters(asked, self._dialect)
        return self._sts.ask("assume_role_with_web_identity", {**parameters, "WebIdentityToken": asked.token.reveal()})


class AssumeRoleBroker:
    """The ``CredentialBroker`` for an STS that trusts a key of ours; nobody there need be able to reach this server."""

    def __init__(self, sts: AwsSts, dialect: Dialect = Dialect.AWS, *, external_id: str | None = None) -> None:
        self._sts = sts
        self._dialect = dialect
        self._external_id = external_id

    def vend(self, asked: VendRequest) -> Credentials:
        parameters = _parameters(asked, self._dialect)
        if asked.tags:
            parameters["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(asked.tags.items())]
        if self._external_id is not None:
            parameters["ExternalId"] = self._external_id
        return self._sts.ask("assume_role", parameters)


def _code_of(answer: Mapping[str, Any]) -> str:
    """The error's code; Ceph writes it without AWS's envelope around it."""
    return str(answer.get("Error", answer).get("Code", ""))


def _parameters(asked: VendRequest, dialect: Dialect) -> dict[str, Any]:
    """What both operations take. Raises ``CredentialsRefused`` for what no STS would."""
    if len(asked.tags) > _MOST_TAGS:
        raise CredentialsRefused
    try:
        policy = write_session_policy(
            asked.role, asked.context, asked.tags, within=asked.session_policies, dialect=dialect
        )
    except DoesNotFit as refused:
        _log.warning("sts.policy_does_not_fit", extra={"role": asked.role.arn, "reason": refused.text})
        raise CredentialsRefused from refused
    return {
        "RoleArn": asked.role.arn,
        "RoleSessionName": asked.session_name,
        "DurationSeconds": min(max(asked.seconds, _SHORTEST_SECONDS), _LONGEST_SECONDS, asked.role.max_session_seconds),
        "Policy": policy,
    }
