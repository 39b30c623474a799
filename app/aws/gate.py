"""Who calls a signed operation, and may they? Development mode's exception is here and nowhere else (contract, section 3)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.aws.errors import AwsError
from app.aws.sigv4 import Authorization, Request, check_signature, read_authorization
from app.core.policy import Asked, because, explain
from app.core.principals.authority import Authority
from app.core.principals.model import AccessKey, Principal, TemporaryKey
from app.core.principals.temporary import SessionTokenExpired, SessionTokenInvalid

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}", re.ASCII)
_KEY_IDS = re.compile(r"(?=(A[KS]IA[A-Z2-7]{16}))", re.ASCII)
"""Wherever they stand: what cannot be read may have been meant as anything."""
_UNRECOGNIZED = "The security token included in the request is invalid."


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The caller of a signed operation and the region they signed for."""

    principal: Principal
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``was_issued`` tells whether a key id was ever this server's own: such a key is verified in every mode.

    ``real_time`` gives Unix seconds of the machine: signatures are others' timestamps, so the injected clock has no say in them.

    ``is_local`` tells, in development mode, whether the request at hand comes from this machine and no foreign page; outside
    development mode it is always False.
    """

    find_key: Callable[[str], AccessKey | None]
    was_issued: Callable[[str], bool]
    real_time: Callable[[], int]
    is_local: Callable[[], bool]
    open_temporary: Callable[[str, str], TemporaryKey]
    authority: Authority
    context_of: Callable[[str], Mapping[str, tuple[str, ...]]]
    """Condition keys of the request at hand, which was signed for this region."""
    account_id: str
    region: str
    record_refused: Callable[[str, str, str], None] = lambda _code, _access_key_id, _service: None
    """Told the code, the key id that was named, and the service, of every signature that does not count."""

    def admit(self, request: Request, *, service: str) -> Admitted:
        """Raises AWS's own refusals: missing, malformed, unknown, wrong or expired signatures."""
        header = request.headers.get("authorization", "")
        if not header:
            if self.is_local():
                return Admitted(principal=self._developer(), region=self.region)
            raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token")
        try:
            given = read_authorization(header)
        except AwsError:
            if self.is_local() and not any(map(self.was_issued, _KEY_IDS.findall(header))):
                return Admitted(principal=self._developer(), region=self.region)
            raise
        try:
            return self._admitted(request, given, service)
        except AwsError as error:
            self.record_refused(error.code, given.access_key_id, service)
            raise

    def _admitted(self, request: Request, given: Authorization, service: str) -> Admitted:
        region = given.region if _REGION.fullmatch(given.region) else self.region
        token = request.headers.get("x-amz-security-token") or None
        if token is not None and given.access_key_id.startswith("ASIA") and self.was_issued(given.access_key_id):
            return Admitted(principal=self._of_session(request, given, token, service), region=region)
        key = self.find_key(given.access_key_id) if given.access_key_id.isascii() else None
        if key is None:
            # A key that was taken back must not become an administrator.
            if self.is_local() and not self.was_issued(given.access_key_id):
                return Admitted(principal=self._developer(), region=region)
            raise AwsError("UnrecognizedClientException", _UNRECOGNIZED)
        if token is not None:
            # Only temporary keys come with a token, and this is none.
            raise AwsError("UnrecognizedClientException", _UNRECOGNIZED)
        check_signature(request, given, key.secret, service=service, now=self.real_time())
        principal = Principal(
            arn=f"arn:aws:iam::{key.account_id}:user/{key.name}",
            account_id=key.account_id,
            access_key_id=key.access_key_id,
            policy=key.policy,
        )
        return Admitted(principal=principal, region=region)

    def _of_session(self, request: Request, given: Authorization, token: str, service: str) -> Principal:
        """Who holds temporary credentials of this server. The token must be among what was signed."""
        try:
            key = self.open_temporary(given.access_key_id, token)
        except SessionTokenExpired as expired:
            raise AwsError("ExpiredTokenException", expired.text) from expired
        except SessionTokenInvalid as invalid:
            raise AwsError("UnrecognizedClientException", _UNRECOGNIZED) from invalid
        check_signature(request, given, key.secret, service=service, now=self.real_time(), session_token=True)
        return Principal(
            arn=key.session.arn,
            account_id=key.session.account_id,
            access_key_id=key.access_key_id,
            session=key.session,
        )

    def check_allowed(
        self, admitted: Admitted, action: str, resource: str, *, also: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Raises ``AccessDeniedException``, naming why, where the principal's policies do not allow it.

        ``also`` are condition keys of this action.
        """
        principal = admitted.principal
        context = {**self.context_of(admitted.region), **(also or {})}
        asked = Asked(action=action, resource=resource, context=context)
        decision = self.authority.decide(principal, asked)
        if decision.allowed:
            return
        said = because(decision, action)
        if decision.statement is not None or decision.near:
            said += f". {explain(decision, self.authority.completed(principal, asked))}"
        raise AwsError(
            "AccessDeniedException",
            f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource} {said}",
        )

    def _developer(self) -> Principal:
        return Principal(
            arn=f"arn:aws:iam::{self.account_id}:user/development", account_id=self.account_id, access_key_id=None
        )
