"""The AWS query protocol (STS, IAM): a form with ``Action`` and ``Version`` in, XML out. It is dispatched beside the JSON APIs."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response
from flask import request as http_request
from werkzeug.exceptions import HTTPException

from app.aws import forms
from app.aws.dispatch import Api, as_signed, carry_out, read_http_body
from app.aws.errors import AwsError, dressed, error_of_status
from app.aws.gate import Admitted, Gate
from app.aws.models import OperationModel
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Unavailable

_log = logging.getLogger(__name__)

_AS_HERE: Mapping[str, tuple[str, int]] = {
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "AccessDeniedException": ("AccessDenied", 403),
    "SerializationException": ("MalformedInput", 400),
    "InvalidParameterException": ("ValidationError", 400),
    "InternalErrorException": ("InternalFailure", 500),
    "ServiceUnavailableException": ("ServiceUnavailable", 503),
    "RequestEntityTooLargeException": ("RequestEntityTooLarge", 413),
}
"""What the JSON protocol's refusals are called in this one (IAM: common errors). A service's own modelled errors go before these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryApis:
    """The ``FormApis`` of the dispatch. Every refusal is an answer of AWS's own form."""

    apis: Mapping[str, Api]
    """By the ``Version`` that their requests carry: that alone tells them apart."""
    gate: Gate
    caller: Callable[[], Caller]

    def find_answer(self) -> Response | None:
        """The answer to a form with ``Action``; None for every other request."""
        if http_request.mimetype != forms.FORM:
            return None
        api: Api | None = None
        try:
            body = read_http_body(keep=True)
            parameters = forms.read_form(body)
            if "Action" not in parameters:
                return None
            api = self.apis.get(parameters.get("Version", ""))
            return self._answered(self._call(api, parameters, body), 200)
        except AwsError as error:
            return self._refused(api, error)
        except Unavailable as error:
            _log.error("request.unavailable", exc_info=error.__cause__ or error)  # noqa: TRY400 - the exception is given
            return self._refused(api, error_of_status(503, "The service is temporarily unavailable."))
        except HTTPException as error:
            return self._refused(api, error_of_status(error.code or 400, error.description or ""))
        except Exception as error:  # noqa: BLE001 - a client of AWS understands no other answer
            _log.error("request.failed", exc_info=error)  # noqa: TRY400 - the exception is given
            return self._refused(api, error_of_status(500, "An internal error occurred."))

    def _call(self, api: Api | None, parameters: Mapping[str, str], body: bytes) -> str:
        name = parameters["Action"]
        operation = api.model.operations.get(name) if api is not None else None
        if api is None or operation is None or name not in api.handlers:
            if operation is not None:
                raise AwsError("InvalidAction", f"{name} is not available on this server.")
            version = parameters.get("Version") or "NO_VERSION_SPECIFIED"
            raise AwsError("InvalidAction", f"Could not find operation {name} for version {version}")
        admitted = None if operation.unsigned else self._admitted(api, body)
        document = forms.read(api.model, operation.input, _arguments(parameters))
        answer = carry_out(api, operation, document, admitted, gate=self.gate, caller=self.caller)
        return self._written(api, operation, answer)

    def _admitted(self, api: Api, body: bytes) -> Admitted:
        try:
            return self.gate.admit(as_signed(body), service=api.model.signing_name)
        except AwsError as error:
            # What STS models under the same name is about tokens that are given to it, not about who calls.
            code, status = _AS_HERE.get(error.code, (error.code, error.status))
            raise AwsError(code, error.message, status=status) from error

    def _written(self, api: Api, operation: OperationModel, answer: Mapping[str, object]) -> str:
        return forms.write(api.model, operation.name, operation.output, answer, self.caller().request_id)

    def _refused(self, api: Api | None, error: AwsError) -> Response:
        code, status = _as_here(api, error)
        namespace = forms.NO_SERVICE if api is None else api.model.xml_namespace
        text = forms.write_error(
            namespace, code, error.message, is_ours=status >= 500, request_id=self.caller().request_id
        )
        return self._answered(text, status)

    def _answered(self, text: str, status: int) -> Response:
        return dressed(Response(text, status, content_type=forms.CONTENT_TYPE), self.caller().request_id)


def _arguments(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name not in {"Action", "Version"}}


def _as_here(api: Api | None, error: AwsError) -> tuple[str, int]:
    """Code and status: the model's where the service models the error, else the protocol's."""
    modelled = None if api is None else api.model.shapes.get(error.code, {}).get("error")
    if modelled is not None:
        return modelled["code"], modelled["httpStatusCode"]
    return _AS_HERE.get(error.code, (error.code, error.status))
