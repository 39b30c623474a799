"""From a POST to an operation's handler and back. One for all JSON 1.1 APIs."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, Response
from flask import request as http_request
from werkzeug.exceptions import HTTPException

from app.aws import codec, forms
from app.aws.call import Call
from app.aws.errors import CORS, AwsError, dressed, error_of_status, error_response, json_response
from app.aws.gate import Admitted, Gate
from app.aws.models import OperationModel, ServiceModel, load_model
from app.aws.operations import Handler
from app.aws.sigv4 import Request
from app.aws.validation import BotocoreSchema
from app.core.audit.operator import Operator, operated_by
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Fact, InvalidParameter, Unavailable
from app.core.policy import Asked

_log = logging.getLogger(__name__)

LARGEST_BODY = 3 * 1024 * 1024
"""The largest request AWS describes is one of 2 MB (CreateManagedLoginBranding); base64 makes it larger."""

_TOO_LARGE = "The request is too large."
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "authorization,cache-control,content-type,amz-sdk-invocation-id,amz-sdk-request,x-amz-content-sha256,x-amz-date,"
        "x-amz-security-token,x-amz-target,x-amz-user-agent"
    ),
    "Access-Control-Max-Age": "3600",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One service. ``not_yet`` names the modelled error of operations that have no handler; ``translate`` turns a fact of the core
    into the operation's own error; ``resource_of`` names what a call is about, for policies. ``always_allowed`` operations are
    refused by no policy; ``also_needed`` names further actions that the caller of an operation must be allowed. ``violation`` is what
    the service calls an input that does not fit its model.
    """

    service: str
    handlers: Mapping[str, Handler]
    not_yet: Mapping[str, str]
    translate: Callable[[OperationModel, Fact], AwsError]
    resource_of: Callable[[Mapping[str, object], str, str], str]
    always_allowed: frozenset[str] = frozenset()
    violation: str = "InvalidParameterException"
    also_needed: Callable[[str, Mapping[str, Any]], Iterable[Asked]] = lambda _operation, _document: ()

    @property
    def model(self) -> ServiceModel:
        return load_model(self.service)


class FormApis(Protocol):
    def find_answer(self) -> Response | None:
        """The answer to a form that calls an operation; None for a form that does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """``caller`` gives the request's caller. Every refusal is an answer of AWS's own form."""

    apis: Mapping[str, Api]
    """By target prefix."""
    gate: Gate
    caller: Callable[[], Caller]
    forms: FormApis | None = None
    """Who answers forms: requests that name no target."""

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("aws", __name__)
        blueprint.add_url_rule("/", "json", self._answer, methods=["POST"], provide_automatic_options=False)
        blueprint.add_url_rule("/", "preflight", self._preflight, methods=["OPTIONS"], provide_automatic_options=False)
        return blueprint

    def _preflight(self) -> Response:
        return Response(status=204, headers={**CORS, **_PREFLIGHT})

    def _answer(self) -> Response:
        if self.forms is not None and "X-Amz-Target" not in http_request.headers:
            answer = self.forms.find_answer()
            if answer is not None:
                return answer
        try:
            response = json_response(self._call())
        except AwsError as error:
            response = error_response(error)
        except Unavailable as error:
            _log.error("request.unavailable", exc_info=error.__cause__ or error)  # noqa: TRY400 - the exception is given
            response = error_response(error_of_status(503, "The service is temporarily unavailable."))
        except HTTPException as error:
            response = error_response(error_of_status(error.code or 400, error.description or ""))
        except Exception as error:  # noqa: BLE001 - a client of AWS understands no other answer
            _log.error("request.failed", exc_info=error)  # noqa: TRY400 - the exception is given
            response = error_response(error_of_status(500, "An internal error occurred."))
        return dressed(response, self.caller().request_id)

    def _call(self) -> Mapping[str, object]:
        api, operation = self._find(http_request.headers.get("X-Amz-Target", ""))
        body = read_http_body()
        admitted = None if operation.unsigned else self.gate.admit(as_signed(body), service=api.model.signing_name)
        document = codec.read(api.model, operation.input, codec.read_body(body))
        answer = carry_out(api, operation, document, admitted, gate=self.gate, caller=self.caller)
        return codec.write(api.model, operation.output, answer)

    def _find(self, target: str) -> tuple[Api, OperationModel]:
        prefix, _, name = target.partition(".")
        api = self.apis.get(prefix)
        operation = api.model.operations.get(name) if api else None
        if api is None or operation is None:
            said = "The requested operation is not known to this service."
            if prefix.startswith("DynamoDB_"):
                said += " DynamoDB is not served at this address: send the request to the gateway (poolhouse gateway)."
            raise AwsError("UnknownOperationException", said)
        return api, operation


def carry_out(
    api: Api,
    operation: OperationModel,
    document: Mapping[str, object],
    admitted: Admitted | None,
    *,
    gate: Gate,
    caller: Callable[[], Caller],
) -> Mapping[str, object]:
    """The handler's answer to what was read, whatever the protocol. Raises ``AwsError``, ``Unavailable``."""
    if admitted is not None and operation.name not in api.always_allowed:
        resource = api.resource_of(document, admitted.principal.account_id, admitted.region)
        gate.check_allowed(admitted, f"{api.service}:{operation.name}", resource)
        for asked in api.also_needed(operation.name, document):
            gate.check_allowed(admitted, asked.action, asked.resource, also=asked.context)
    try:
        BotocoreSchema(api.service).check(operation.name, document)
    except InvalidParameter as refused:
        raise AwsError(api.violation, refused.text) from refused
    handler = api.handlers.get(operation.name)
    if handler is None:
        raise AwsError(api.not_yet[operation.name], f"{operation.name} is not available on this server yet.")
    call = Call(
        operation=operation.name,
        input=document,
        caller=caller(),
        principal=admitted.principal if admitted else None,
        account_id=admitted.principal.account_id if admitted else gate.account_id,
        region=admitted.region if admitted else gate.region,
        headers={name.lower(): value for name, value in http_request.headers},
        host=http_request.host,
    )
    try:
        with operated_by(_operator(call)):
            return handler(call)
    except Fact as fact:
        if isinstance(fact, Unavailable):
            raise
        raise api.translate(operation, fact) from fact


def _operator(call: Call) -> Operator | None:
    if call.principal is None:
        return None
    return Operator(name=call.principal.arn, access_key_id=call.principal.access_key_id, caller=call.caller)


def refuse_by_status(status: int, sentence: str, request_id: str) -> Response:
    """For a call of an API that is refused before it gets here: a strange host, an address that is too long."""
    error = error_of_status(status, sentence)
    if "X-Amz-Target" not in http_request.headers:
        text = forms.write_error(forms.NO_SERVICE, error.code, sentence, is_ours=status >= 500, request_id=request_id)
        return dressed(Response(text, status, content_type=forms.CONTENT_TYPE), request_id)
    return dressed(error_response(error), request_id)


def read_http_body(*, keep: bool = False) -> bytes:
    """The request's body, at most ``LARGEST_BODY``; ``keep`` lets it be read again. Raises ``AwsError``."""
    length = http_request.content_length
    if length is not None and length > LARGEST_BODY:
        raise error_of_status(413, _TOO_LARGE)
    # Flask's own limit is for forms of the hosted pages. A body in chunks ends silently at the limit, so one byte more is read.
    http_request.max_content_length = LARGEST_BODY + 1
    body = http_request.get_data(cache=keep)
    if len(body) > LARGEST_BODY:
        raise error_of_status(413, _TOO_LARGE)
    return body


def as_signed(body: bytes) -> Request:
    """The request as signatures see it."""
    environ = http_request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or http_request.full_path
    return Request(
        method=http_request.method,
        path=target.partition("?")[0],
        query=http_request.query_string.decode("latin-1"),
        headers={name.lower(): value for name, value in http_request.headers},
        body=body,
    )
