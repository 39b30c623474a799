"""How many requests one caller has under way in a worker, and what everybody else gets meanwhile."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.gateway.asgi import AsgiGateway
from app.gateway.places import Places
from app.gateway.refusal import Refusal
from tests.support.gateway_house import ADA, BOB
from tests.support.gateway_raw import Raw, code_of

ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "dynamodb:ListTables"], "Resource": "*"}],
}


class Sent:
    """A request whose body does not come before ``end``."""

    def __init__(self, gateway, scope):
        self.is_read, self._is_over, self._told = asyncio.Event(), asyncio.Event(), []
        self._done = asyncio.create_task(gateway(scope, self._receive, self._send))

    async def _receive(self):
        self.is_read.set()
        await self._is_over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self._told.append(message)

    async def answer(self):
        await self._done
        return self._told[0]["status"], b"".join(each["body"] for each in self._told[1:]).decode()

    async def end(self):
        self._is_over.set()
        return await self.answer()


class Worker:
    """A worker in which a caller has two places and an address four."""

    def __init__(self, house, threads):
        self._house = house
        self._gateway = AsgiGateway(
            gateway=replace(house.gateway, places=Places(per_caller=2, per_address=4)), threads=threads
        )
        self._role = house.role("crowded", ALL)

    def who(self, identity, **more):
        """Fresh credentials of this identity."""
        found = self._house.credentials(self._role, identity)
        return Raw(url=self._house.url, key_id=found.access_key_id, secret=found.secret.reveal(),
                   token=found.session_token.reveal(), **more)  # fmt: skip

    def send(self, who, method="PUT", target="/mybucket/slow", *, address="192.0.2.1", sign=True, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        given = who.signed(method, target, headers) if sign else headers
        if method != "GET":
            given["Content-Length"] = "100"
        scope = {
            "type": "http",
            "method": method,
            "raw_path": target.encode(),
            "query_string": b"",
            "scheme": "http",
            "client": (address, 1),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }
        return Sent(self._gateway, scope)

    async def held(self, count, *arguments, **options):
        """So many of these, each of which keeps its thread."""
        found = [self.send(*arguments, **options) for _ in range(count)]
        await asyncio.gather(*(each.is_read.wait() for each in found))
        return found

    async def get(self, who, target="/", **options):
        return await self.send(who, "GET", target, **options).answer()


@pytest.fixture
def worker(house):
    """Runs what is asked of a worker in a loop of its own, for a browser of other tests may have left one in this thread."""

    def run(asked):
        async def all_of_it(threads):
            await asked(Worker(house, threads))

        with ThreadPoolExecutor(8) as threads, ThreadPoolExecutor(1) as loops:
            loops.submit(lambda: asyncio.run(all_of_it(threads))).result()

    return run


def test_who_holds_all_their_places_is_told_to_slow_down_and_nobody_else_is(worker):
    async def asked(worker):
        held = await worker.held(1, worker.who(ADA)) + await worker.held(1, worker.who(ADA))
        refused = await worker.get(worker.who(ADA), address="192.0.2.2")
        assert (refused[0], code_of(refused)) == (503, "SlowDown")
        assert (await worker.get(worker.who(BOB)))[0] == 200
        assert code_of(await held.pop().end()) == "IncompleteBody"
        assert (await worker.get(worker.who(ADA)))[0] == 200
        await held.pop().end()

    worker(asked)


def test_dynamodb_says_it_in_its_own_form(worker):
    async def asked(worker):
        tables = worker.who(ADA, service="dynamodb")
        held = await worker.held(2, tables, "POST", "/", x_amz_target="DynamoDB_20120810.ListTables")
        sent = worker.send(tables, "POST", "/", x_amz_target="DynamoDB_20120810.ListTables")
        status, body = await sent.answer()
        assert (status, json.loads(body)["__type"]) == (400, "com.amazon.coral.availability#ThrottlingException")
        for each in held:
            await each.end()

    worker(asked)


def test_naming_somebodys_key_takes_none_of_their_places(worker):
    async def asked(worker):
        ada = worker.who(ADA, service="dynamodb")
        forged = replace(ada, secret="another")
        held = await worker.held(2, forged, "POST", "/", x_amz_target="DynamoDB_20120810.ListTables")
        assert (await worker.get(worker.who(ADA), address="192.0.2.2"))[0] == 200
        # Where they came from there is nothing more for strangers.
        assert code_of(await worker.get(worker.who(ADA))) == "SlowDown"
        for each in held:
            await each.end()
        assert (await worker.get(worker.who(ADA)))[0] == 200

    worker(asked)


def test_an_address_with_many_identities_leaves_places_to_other_addresses(worker):
    async def asked(worker):
        held = [*await worker.held(2, worker.who(ADA)), *await worker.held(2, worker.who(BOB))]
        guest = worker.who("us-east-1:cccccccc-3333-4333-8333-333333333333")
        assert code_of(await worker.get(guest)) == "SlowDown"
        assert (await worker.get(guest, address="192.0.2.2"))[0] == 200
        # Who watches over the gateway is answered always.
        assert (await worker.get(guest, "/_gateway/healthz", sign=False)) == (200, "ok\n")
        for each in held:
            await each.end()
        assert (await worker.get(guest))[0] == 200

    worker(asked)


def test_refused_requests_give_their_places_back(worker):
    async def asked(worker):
        for _ in range(10):
            assert code_of(await worker.get(replace(worker.who(ADA), secret="another"))) == "SignatureDoesNotMatch"
            assert code_of(await worker.get(worker.who(ADA), sign=False)) == "AccessDenied"
        assert (await worker.get(worker.who(ADA)))[0] == 200

    worker(asked)


def test_a_place_is_given_back_once():
    places = Places(per_caller=1, per_address=2)
    first = places.take("a")
    first.proven("ada")
    first.proven("ada")
    second = places.take("a")
    with pytest.raises(Refusal):
        second.proven("ada")
    first.close()
    first.close()
    second.proven("ada")
    third = places.take("a")
    with pytest.raises(Refusal):
        places.take("a")
    with pytest.raises(Refusal):
        third.proven("ada")
    third.proven("bob")
