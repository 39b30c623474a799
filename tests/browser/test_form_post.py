"""`response_mode=form_post` in a real browser: the answer travels by itself, or by a button where there is no JavaScript."""

from contextlib import ExitStack, contextmanager
from threading import Thread
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from tests.support.client import Application
from tests.support.oauth_app import CHALLENGE

STATE = "\"'><b>ä & %22"


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def serving(application):
    with make_server("127.0.0.1", 0, application, handler_class=QuietHandler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Receiver:
    """The application's callback: keeps every form that was posted to it."""

    def __init__(self):
        self.posted = []

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)).decode()
            self.posted.append({name: values[0] for name, values in parse_qs(body).items()})
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [b"<!doctype html><title>Received</title>"]


@pytest.fixture
def authorize(tmp_path):
    """The address of an authorize request that is answered at once, and the receiver of its answer."""
    receiver = Receiver()
    with ExitStack() as stack:
        callback = stack.enter_context(serving(receiver)) + "/callback"
        application = Application(tmp_path)
        stack.callback(application.close)
        given = {
            "CallbackURLs": [callback],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "SupportedIdentityProviders": ["COGNITO"],
        }
        client = application.services.clients.create(application.a_pool(), "Tidewater", given)
        query = {
            "response_type": "code",
            "response_mode": "form_post",
            "client_id": client.client_id,
            "redirect_uri": callback,
            "state": STATE,
            "prompt": "none",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        yield f"{stack.enter_context(serving(application.app))}/oauth2/authorize?{urlencode(query)}", receiver


def test_the_answer_posts_itself_once(browsing, authorize):
    url, receiver = authorize
    page = browsing.page(javascript=True)
    page.goto(url)
    page.wait_for_url("**/callback")
    assert [(one["error"], one["state"]) for one in receiver.posted] == [("login_required", STATE)]


def test_without_javascript_nothing_happens_before_the_button(browsing, authorize):
    url, receiver = authorize
    page = browsing.page(javascript=False)
    page.goto(url)
    assert receiver.posted == []
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/callback")
    assert [(one["error"], one["state"]) for one in receiver.posted] == [("login_required", STATE)]
    assert receiver.posted[0].keys() == {"error", "error_description", "state", "iss"}
