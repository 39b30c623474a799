import email.utils
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from app.adapters.messaging.smtp import SmtpSender
from app.core.kernel.errors import CodeDeliveryFailed
from app.core.messages.model import Channel, Message
from tests.support.free_port import free_port
from tests.support.smtp import SmtpServer
from tests.support.world import NOON, MovedClock

MAIL = Message(
    channel=Channel.EMAIL,
    to="ada@example.org",
    subject="Ihr Bestätigungscode",
    text="Grüße, hier ist er:\n\n418207\n\n@login.example.com #418207\n",
    html="<p>Grüße &amp; <b>418207</b></p>" + "x" * 2000,
    code="418207",
)


def a_sender(url: str, sender: str = "Shop <no-reply@login.example.com>") -> SmtpSender:
    return SmtpSender(url, sender, MovedClock(), seconds=20)


def test_both_parts_arrive_whole(smtp_server: SmtpServer):
    a_sender(smtp_server.url).send(MAIL)

    received = smtp_server.next_message()
    assert (received.sender, received.to) == ("no-reply@login.example.com", ("ada@example.org",))
    assert received.message.get_content_type() == "multipart/alternative"
    assert received.message["Subject"] == MAIL.subject
    assert received.text.replace("\r\n", "\n") == MAIL.text
    assert received.html.strip() == MAIL.html
    assert [part.get_content_type() for part in received.message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.spec("RFC 5322 §3.6")
def test_the_headers_say_who_when_and_which(smtp_server: SmtpServer):
    a_sender(smtp_server.url).send(MAIL)
    a_sender(smtp_server.url).send(MAIL)

    first, second = smtp_server.next_message().message, smtp_server.next_message().message
    assert str(first["From"]) == "Shop <no-reply@login.example.com>"
    assert str(first["To"]) == "ada@example.org"
    assert email.utils.parsedate_to_datetime(first["Date"]).timestamp() == NOON
    assert re.fullmatch(r"<[0-9a-f-]{36}@login\.example\.com>", first["Message-ID"])
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.spec("RFC 3834 §5")
def test_no_absence_notice_answers(smtp_server: SmtpServer):
    a_sender(smtp_server.url).send(MAIL)

    assert smtp_server.next_message().message["Auto-Submitted"] == "auto-generated"


def test_a_mail_without_html_is_plain(smtp_server: SmtpServer):
    a_sender(smtp_server.url).send(replace(MAIL, html=None))

    assert smtp_server.next_message().message.get_content_type() == "text/plain"


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user 418207", "451 4.3.0 later", "421 closing"])
def test_a_server_that_refuses_is_a_failed_delivery_and_its_words_are_not_logged(smtp_server, answer, caplog):
    smtp_server.refusal = answer

    with pytest.raises(CodeDeliveryFailed) as failure:
        a_sender(smtp_server.url).send(MAIL)

    assert failure.value.text == CodeDeliveryFailed.message
    assert "418207" not in repr([record.__dict__ for record in caplog.records])


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "ada@example.org\r\nBcc: all@example.org"},
        {"to": "ada@example.org, eve@example.org"},
        {"to": "ada@example.org>\r\nRCPT TO:<eve@example.org"},
        {"subject": "Hi\r\nBcc: all@example.org"},
        {"subject": "Hi\nthere"},
    ],
)
def test_a_header_of_somebody_elses_making_is_refused(smtp_server: SmtpServer, changes):
    with pytest.raises(CodeDeliveryFailed):
        a_sender(smtp_server.url).send(replace(MAIL, **changes))

    assert smtp_server.messages == []


def test_a_server_that_is_not_there_is_a_failed_delivery():
    with pytest.raises(CodeDeliveryFailed):
        a_sender(f"smtp://127.0.0.1:{free_port()}").send(MAIL)


def test_a_server_that_says_nothing_is_waited_for_only_so_long():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = SmtpSender(f"smtp://127.0.0.1:{silent.getsockname()[1]}", "a@example.com", MovedClock(), seconds=0.2)
        with pytest.raises(CodeDeliveryFailed):
            sender.send(MAIL)


def test_a_server_that_talks_nonsense_is_a_failed_delivery():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = Thread(target=babble)
        thread.start()
        with pytest.raises(CodeDeliveryFailed):
            a_sender(f"smtp://127.0.0.1:{listener.getsockname()[1]}").send(MAIL)
        thread.join()


def test_without_starttls_on_offer_no_mail_goes_in_clear_text(smtp_server: SmtpServer):
    with pytest.raises(CodeDeliveryFailed):
        a_sender(smtp_server.url.replace("smtp://", "smtp+starttls://")).send(MAIL)

    assert smtp_server.messages == []


def test_smtps_does_not_fall_back_to_clear_text(smtp_server: SmtpServer):
    with pytest.raises(CodeDeliveryFailed):
        a_sender(smtp_server.url.replace("smtp://", "smtps://")).send(MAIL)

    assert smtp_server.messages == []


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.example, c@d.example\r\n", "a@b.example\r\nBcc: x@y.example"])
def test_a_sender_address_that_is_none_is_refused_at_once(sender):
    with pytest.raises(ValueError, match="sender's address"):
        a_sender("smtp://127.0.0.1", sender)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "smtp://", "smtp:", "127.0.0.1:25"])
def test_what_is_not_a_mail_servers_url_is_refused_at_once(url):
    with pytest.raises(ValueError, match="mail server"):
        a_sender(url)


class KnowsOnePassword(SmtpServer):
    """A server that lets one user in."""

    def check(self, server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        # Not handled: the server itself is to say 535.
        return AuthResult(success=(data.login, data.password) == (b"shop@example.com", b"p:/@ss"), handled=False)


class WithAuth(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, authenticator=self.handler.check, auth_required=True, auth_require_tls=False)


@pytest.fixture
def guarded() -> Iterator[KnowsOnePassword]:
    handler = KnowsOnePassword(free_port())
    controller = WithAuth(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


# The library warns, rightly, of what this test server does on loopback.
_NO_TLS = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")


def with_login(server: SmtpServer, login: str) -> str:
    return server.url.replace("smtp://", f"smtp://{login}@")


@_NO_TLS
def test_user_and_password_of_the_url_are_decoded_and_used(guarded: KnowsOnePassword):
    a_sender(with_login(guarded, "shop%40example.com:p%3A%2F%40ss")).send(MAIL)

    assert guarded.next_message().to == ("ada@example.org",)


@_NO_TLS
@pytest.mark.parametrize("login", ["shop%40example.com:wrong", "shop%40example.com", "other:p%3A%2F%40ss"])
def test_a_wrong_password_is_a_failed_delivery(guarded: KnowsOnePassword, login):
    with pytest.raises(CodeDeliveryFailed):
        a_sender(with_login(guarded, login)).send(MAIL)

    assert guarded.messages == []
