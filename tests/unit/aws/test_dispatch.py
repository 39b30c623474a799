"""What becomes of an answer, a refusal and a mistake on the way back to an AWS client."""

import json
import logging

import pytest
from flask import Flask

from app.aws.call import Call
from app.aws.dispatch import Api, Dispatch
from app.aws.errors import AwsError
from app.aws.gate import Gate
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Fact, PoolNotFound, Unavailable
from app.core.kernel.sealing import Sealer
from app.core.principals.authority import Authority
from app.core.principals.temporary import SessionTokenInvalid
from tests.support.world import MASTER_KEY

NOW = 1_900_000_000


def open_none(access_key_id, token):
    raise SessionTokenInvalid


def ask(handler=None, *, operation="ListUserPools", body=b'{"MaxResults": 1}', local=True):
    """The answer to one call that reaches this handler."""
    gate = Gate(
        find_key=lambda _: None,
        was_issued=lambda _: False,
        real_time=lambda: NOW,
        is_local=lambda: local,
        open_temporary=open_none,
        authority=Authority(find_role=lambda arn: None, sealer=Sealer((MASTER_KEY,))),
        context_of=lambda region: {"aws:requestedregion": (region,)},
        account_id="123456789012",
        region="us-east-1",
    )
    api = Api(
        service="cognito-idp",
        handlers={} if handler is None else {operation: handler},
        not_yet={operation: "OperationNotEnabledException"},
        translate=lambda _, fact: AwsError("ResourceNotFoundException", fact.text),
        resource_of=lambda *_: "*",
    )
    application = Flask("dispatch")
    dispatch = Dispatch(
        apis={"AWSCognitoIdentityProviderService": api},
        gate=gate,
        caller=lambda: Caller(address="127.0.0.1", user_agent=None, request_id="the-id"),
    )
    application.register_blueprint(dispatch.blueprint())
    headers = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}"}
    return application.test_client().post("/", data=body, headers=headers)


def raising(error):
    def handler(_: Call):
        raise error

    return handler


def told(answer):
    content = json.loads(answer.data)
    return answer.status_code, content["__type"], content["message"]


def test_an_answer_is_what_the_model_says():
    answer = ask(lambda call: {"UserPools": [{"Name": str(call.input["MaxResults"]), "Id": None}]})
    assert (answer.status_code, json.loads(answer.data)) == (200, {"UserPools": [{"Name": "1"}]})
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert answer.headers["x-amzn-RequestId"] == "the-id"
    assert "x-amzn-ErrorType" in answer.headers["Access-Control-Expose-Headers"]


def test_a_mistake_of_ours_tells_nothing_but_its_number(caplog):
    with caplog.at_level(logging.CRITICAL):
        answer = ask(raising(RuntimeError("the password is hunter2")))
    assert told(answer) == (500, "InternalErrorException", "An internal error occurred.")
    assert answer.headers["x-amzn-RequestId"] == "the-id"
    assert "hunter2" not in str(answer.headers)


def test_an_answer_that_the_model_lacks_is_a_mistake_of_ours():
    assert told(ask(lambda _: {"Surprise": 1}))[:2] == (500, "InternalErrorException")


@pytest.mark.parametrize("error", [Unavailable("db"), Unavailable()])
def test_a_database_that_is_away_is_told_as_such(error):
    assert told(ask(raising(error))) == (503, "ServiceUnavailableException", "The service is temporarily unavailable.")


def test_a_fact_of_the_core_is_translated():
    assert told(ask(raising(PoolNotFound("No such pool.")))) == (400, "ResourceNotFoundException", "No such pool.")
    assert issubclass(PoolNotFound, Fact)


def test_a_refusal_may_have_a_reason_code():
    answer = ask(raising(AwsError("InvalidParameterException", "No.", reason_code="WHY")))
    assert json.loads(answer.data) == {"__type": "InvalidParameterException", "message": "No.", "reasonCode": "WHY"}


def test_an_operation_without_a_handler_says_that_it_is_not_there_yet():
    assert told(ask()) == (400, "OperationNotEnabledException", "ListUserPools is not available on this server yet.")


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "SerializationException"), (b'{"MaxResults": 99}', "InvalidParameterException")],
)
def test_even_then_the_input_is_read_and_checked_first(body, code):
    assert told(ask(body=body))[1] == code


def test_who_calls_is_asked_before_what_they_say():
    assert told(ask(body=b"{", local=False))[1] == "MissingAuthenticationTokenException"


def test_a_handler_is_never_called_without_a_caller():
    called = []
    answer = ask(lambda call: called.append(call) or {}, local=False)
    assert (told(answer)[1], called) == ("MissingAuthenticationTokenException", [])
