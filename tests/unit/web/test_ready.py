"""What is answered from memory is what would have been answered, and never for longer or to others than it may."""

import ipaddress

import pytest

from app.core.kernel.errors import Unavailable
from app.web.context import Contexts
from app.web.ready import ReadyAnswers
from app.web.site import Site

PATH = "/pool/.well-known/jwks.json"


class Clock:
    second = 1000

    def now(self):
        return self.second

    real = now


class World:
    """An application that counts how often it is asked, behind the memory."""

    def __init__(self):
        self.asked = 0
        self.status = "200 OK"
        self.headers = [("Content-Type", "application/json"), ("X-Request-Id", "the first one's")]
        self.clock = Clock()
        self.generation = {}
        self.down = False
        site = Site(public_url="https://login.example.com", trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))
        self.ready = ReadyAnswers(
            self.application,
            ends=("/jwks.json",),
            remembered=self.remembered,
            contexts=Contexts(site),
            clock=self.clock,
        )

    def remembered(self):
        if self.down:
            raise Unavailable
        return self.generation

    def application(self, environ, start_response):
        self.asked += 1
        start_response(self.status, list(self.headers))
        return [b"keys", b" of ", environ["HTTP_HOST"].encode()]

    def get(self, path=PATH, **environ):
        begun = []
        given = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "a.example.com", "REMOTE_ADDR": "192.0.2.1"}
        body = b"".join(self.ready({**given, **environ}, lambda status, headers: begun.append((status, dict(headers)))))
        return begun[0][0], begun[0][1], body


@pytest.fixture
def world():
    return World()


def test_the_second_answer_is_the_first_one_with_an_id_of_its_own(world):
    first, second = world.get(), world.get()
    assert world.asked == 1
    assert (second[0], second[2]) == (first[0], first[2])
    assert second[1]["Content-Type"] == first[1]["Content-Type"]
    assert second[1]["X-Request-Id"] not in {"the first one's", world.get()[1]["X-Request-Id"]}


@pytest.mark.parametrize(
    "environ",
    [
        {"REQUEST_METHOD": "HEAD"},
        {"REQUEST_METHOD": "POST"},
        {"QUERY_STRING": "a=b"},
        {"HTTP_IF_NONE_MATCH": '"x"'},
        {"HTTP_IF_MODIFIED_SINCE": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"HTTP_RANGE": "bytes=0-1"},
        {"path": "/oauth2/token"},
        {"HTTP_HOST": "b.example.com"},
        {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_HOST": "b.example.com"},
    ],
)
def test_any_other_request_is_asked_anew(world, environ):
    world.get()
    world.get(**environ)
    assert world.asked == 2


def test_a_forwarded_host_of_a_stranger_changes_nothing(world):
    world.get()
    assert world.get(HTTP_X_FORWARDED_HOST="b.example.com")[2] == b"keys of a.example.com"
    assert world.asked == 1


def test_nothing_is_remembered_past_a_change_of_configuration(world):
    world.get()
    world.generation = {}
    world.get()
    assert world.asked == 2


def test_nothing_is_remembered_into_another_second(world):
    world.get()
    world.clock.second += 1
    world.get()
    assert world.asked == 2


@pytest.mark.parametrize("status", ["404 NOT FOUND", "421 MISDIRECTED REQUEST", "503 SERVICE UNAVAILABLE"])
def test_a_refusal_is_never_remembered(world, status):
    world.status = status
    world.get()
    assert world.generation == {}


def test_an_answer_with_a_cookie_is_never_remembered(world):
    world.headers.append(("Set-Cookie", "mine=1"))
    world.get()
    assert world.generation == {}


def test_without_a_database_the_application_is_asked_how_to_say_so(world):
    world.get()
    world.down, world.status = True, "503 SERVICE UNAVAILABLE"
    assert world.get()[0] == "503 SERVICE UNAVAILABLE"
