from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.kernel.errors import CodeDeliveryFailed
from app.core.kernel.ids import ClientId
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel, Message, Notice, NoticeKind
from app.core.messages.ports import Transports
from app.core.messages.posting import Post
from app.core.messages.texts import fits_one_text
from app.web.letters import ThemedEnvelope
from app.web.pages import Pages, shipped_themes
from tests.support.world import World, fresh_sqlite


class Tray:
    """A sender that keeps what it is handed."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages([shipped_themes()])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(fresh_sqlite(tmp_path))
    yield world
    world.close()


@pytest.fixture
def post(pages: Pages) -> Post:
    return a_post(pages)


def a_post(pages: Pages, public_url: str = "https://login.example.com:8443") -> Post:
    tray = Tray()
    return Post(transports=Transports(email=tray, sms=tray), envelope=ThemedEnvelope(pages), public_url=public_url)


def a_notice(kind: NoticeKind = NoticeKind.SIGN_UP, **changes) -> Notice:
    values = {
        "channel": Channel.EMAIL,
        "address": "ada@example.org",
        "username": "ada@example.org",
        "code": Secret("418207"),
        "client_id": ClientId("client1"),
    }
    return Notice(kind=kind, **{**values, **changes})


def templates(**members: str) -> dict:
    return {"VerificationMessageTemplate": members}


BY_LINK = {"DefaultEmailOption": "CONFIRM_WITH_LINK"}
CODES = [NoticeKind.SIGN_UP, NoticeKind.RESEND_CODE, NoticeKind.FORGOT_PASSWORD, NoticeKind.VERIFY_ATTRIBUTE]


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("language", ["en", "de-AT", None, "tlh", "<script>"])
def test_the_code_stands_alone_on_a_line_and_the_last_line_binds_it_to_our_host(world, post, kind, language):
    message = post.write(world.a_pool(), a_notice(kind, language=language))

    lines = message.text.splitlines()
    assert "418207" in lines
    assert lines[-1] == "@login.example.com #418207"
    assert message.html is not None
    assert ">418207<" in message.html
    assert (message.code, message.link) == ("418207", None)


def test_the_words_follow_the_language_of_the_page(world, post):
    pool = world.a_pool()

    assert post.write(pool, a_notice(language="de-CH")).subject == "Ihr Bestätigungscode"
    assert post.write(pool, a_notice(language="fr")).subject == "Your confirmation code"


def test_what_is_sent_is_what_was_written_by_the_sender_of_its_channel(world, pages):
    mails, texts = Tray(), Tray()
    post = Post(
        transports=Transports(email=mails, sms=texts), envelope=ThemedEnvelope(pages), public_url="https://a.example"
    )

    post.send(world.a_pool(), a_notice(channel=Channel.SMS, address="+4366012345"))

    assert (len(mails.sent), len(texts.sent)) == (0, 1)


def test_a_name_that_is_markup_is_escaped_in_our_own_words(world, post):
    invitation = a_notice(NoticeKind.INVITATION, username="<img src=x>", code=Secret('a<b>&"c1'))

    message = post.write(world.a_pool(), invitation)

    assert message.html is not None
    assert "<img src=x>" not in message.html
    assert "a&lt;b&gt;&amp;&#34;c1" in message.html
    assert 'a<b>&"c1' in message.text.splitlines()


def test_a_temporary_password_is_never_bound_for_autofill(world, post):
    assert "@login.example.com" not in post.write(world.a_pool(), a_notice(NoticeKind.INVITATION)).text


def test_a_name_that_is_markup_is_escaped_in_the_pools_own_html(world, post):
    pool = world.a_pool(templates(EmailMessage="<p>Hi <b>{username}</b>, {####}</p>", EmailSubject="For {username}"))

    message = post.write(pool, a_notice(username="<script>{####}</script>"))

    assert message.html is not None
    assert "<b>&lt;script&gt;{####}&lt;/script&gt;</b>" in message.html
    assert "<script>" not in message.html
    assert message.subject == "For <script>{####}</script>"


def test_an_administrators_html_is_kept_and_its_text_part_has_its_words_without_tags(world, post):
    own = "<style>p{color:red}</style><h1>Welcome</h1><p>Code: <b>{####}</b> &amp; more</p><ul><li>one</li><li>two</li></ul>"
    message = post.write(world.a_pool(templates(EmailMessage=own)), a_notice())

    assert message.html is not None
    assert "<p>Code: <b>418207</b> &amp; more</p>" in message.html
    assert "color:red" not in message.text
    assert "Code: 418207 & more" in message.text.splitlines()
    assert {"Welcome", "one", "two", "418207"} <= set(message.text.splitlines())
    assert message.text.splitlines()[-1] == "@login.example.com #418207"


def test_a_template_without_markup_is_drawn_in_the_theme(world, post):
    message = post.write(world.a_pool(templates(EmailMessage="A < B & {####}\nBye")), a_notice())

    assert message.html is not None
    assert "A &lt; B &amp; 418207" in message.html
    assert 'class="card"' in message.html
    assert "valid for" not in message.text


def test_the_older_members_still_say_what_a_mail_says(world, post):
    pool = world.a_pool({"EmailVerificationMessage": "Old {####}", "EmailVerificationSubject": "Old subject"})

    message = post.write(pool, a_notice())

    assert message.subject == "Old subject"
    assert "Old 418207" in message.text


def test_a_link_leads_to_the_configured_origin_with_everything_encoded(world, post):
    message = post.write(world.a_pool(templates(**BY_LINK)), a_notice(username="a&b=c d@example.org"))

    assert message.link == (
        "https://login.example.com:8443/confirmUser"
        "?client_id=client1&user_name=a%26b%3Dc+d%40example.org&confirmation_code=418207"
    )
    assert message.link in message.text.splitlines()
    assert message.html is not None
    assert message.link.replace("&", "&amp;") in message.html
    assert message.code is None


def test_the_pools_words_name_the_link(world, post):
    own = templates(**BY_LINK, EmailMessageByLink="<p>Please {##<b>Verify</b> me##} now.</p>", EmailSubjectByLink="Go")
    message = post.write(world.a_pool(own), a_notice())

    assert message.subject == "Go"
    assert message.html is not None
    assert '<a href="https://login.example.com:8443/confirmUser?client_id=client1&amp;user_name=' in message.html
    assert "<b>Verify</b> me</a> now." in message.html
    assert message.link in message.text.splitlines()


@pytest.mark.parametrize("own", ["Please {##Verify me##}", "<p>There is no placeholder.</p>", "No placeholder."])
def test_a_link_is_there_whatever_the_pools_words(world, post, own):
    message = post.write(world.a_pool(templates(**BY_LINK, EmailMessageByLink=own)), a_notice())

    assert message.html is not None
    assert 'href="https://login.example.com:8443/confirmUser?' in message.html
    assert message.link in message.text.splitlines()
    assert "{##" not in message.html + message.text


@pytest.mark.parametrize("kind", [NoticeKind.FORGOT_PASSWORD, NoticeKind.VERIFY_ATTRIBUTE])
def test_only_a_sign_up_is_confirmed_by_link(world, post, kind):
    message = post.write(world.a_pool(templates(**BY_LINK)), a_notice(kind))

    assert message.link is None
    assert "418207" in message.text.splitlines()


def test_a_text_has_no_link(world, post):
    message = post.write(world.a_pool(templates(**BY_LINK)), a_notice(channel=Channel.SMS, address="+4366012345"))

    assert message.text.splitlines()[-1] == "@login.example.com #418207"


def test_who_owns_an_address_is_told_without_any_code(world, post):
    message = post.write(world.a_pool(), a_notice(NoticeKind.ACCOUNT_EXISTS, code=None))

    assert message.subject == "You already have an account"
    assert "@login.example.com" not in message.text
    assert message.code is None


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    "name", ["Shop", "The Royal Philharmonic Society for the Advancement of Everything" * 3, "日本"]
)
def test_a_code_fits_one_text_whatever_the_brand(world, pages, kind, language, name):
    from dataclasses import replace

    pool = replace(world.a_pool(), name=name)
    notice = a_notice(kind, channel=Channel.SMS, address="+4366012345", language=language)

    text = a_post(pages).write(pool, notice).text

    assert fits_one_text(text)
    assert "418207" in text
    assert text.splitlines()[-1] == "@login.example.com #418207"


def test_a_pools_own_text_is_sent_in_its_words(world, post):
    pool = world.a_pool(templates(SmsMessage="Ahoy: {####}"))

    text = post.write(pool, a_notice(channel=Channel.SMS, address="+4366012345")).text

    assert text == "Ahoy: 418207\n\n@login.example.com #418207"


def test_a_pools_own_text_that_fills_one_message_is_not_made_two(world, post):
    pool = world.a_pool(templates(SmsMessage="{####}" + "x" * 154))

    text = post.write(pool, a_notice(channel=Channel.SMS, address="+4366012345")).text

    assert text == "418207" + "x" * 154


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\r\nBcc: all@example.org",
        "ada@example.org\n",
        "ada@example.org, eve@example.org",
        "ada@example.org;eve@example.org",
        "Ada <ada@example.org>",
        '"ada@x"@example.org',
        "ada",
        "ada@",
        "@example.org",
        "ada@exa\u2028mple.org",
        "ada@exa mple.org",
        "ada\u202e@example.org",
        "a" * 65 + "@example.org",
        "",
    ],
)
def test_what_is_not_one_mailbox_gets_no_mail(world, post, address):
    with pytest.raises(CodeDeliveryFailed):
        post.write(world.a_pool(), a_notice(address=address))


@pytest.mark.parametrize("address", ["066012345", "+43 660", "+43660\n1", "+", "+1234567890123456", "ada@example.org"])
def test_what_is_not_one_number_gets_no_text(world, post, address):
    with pytest.raises(CodeDeliveryFailed):
        post.write(world.a_pool(), a_notice(channel=Channel.SMS, address=address))


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: all@example.org", "Hi\nthere", "Hi\x00", "Hi\u2028there"])
def test_a_subject_of_two_lines_is_refused(world, post, subject):
    with pytest.raises(CodeDeliveryFailed):
        post.write(world.a_pool(templates(EmailSubject=subject)), a_notice())


def test_a_name_cannot_pose_as_the_last_line(world, post):
    pool = world.a_pool(templates(EmailMessage="{####} for {username}"))

    message = post.write(pool, a_notice(username="x\n\n@evil.example #000000"))

    assert not any(line.startswith("@evil") for line in message.text.splitlines())
