"""Production mode behind a proxy that ends TLS, with a real mail server: somebody signs up, gets a mail, and is let in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.free_port import free_port
from tests.support.house import CALLBACK, PASSWORD, House, Tenant, house
from tests.support.oauth_app import challenge_of
from tests.support.smtp import SmtpServer
from tests.support.visitor import Visitor

HOST = "login.example.com"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST, "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def production(smtp_server: SmtpServer, tmp_path: Path) -> Iterator[House]:
    env = {
        "POOLHOUSE_DEV": "0",
        "POOLHOUSE_PUBLIC_URL": f"https://{HOST}",
        "POOLHOUSE_TRUSTED_PROXIES": "127.0.0.1",
        "POOLHOUSE_SMTP_URL": smtp_server.url,
        "POOLHOUSE_MAIL_FROM": f"no-reply@{HOST}",
    }
    with house(tmp_path, env, port=free_port()) as found:
        yield found


@pytest.fixture
def tenant(production: House) -> Tenant:
    return production.tenant("mail")


def authorize_url(tenant: Tenant) -> str:
    return (
        f"/oauth2/authorize?response_type=code&client_id={tenant.public.client_id}&redirect_uri={CALLBACK}"
        f"&scope=openid+email&code_challenge={challenge_of('v' * 43)}&code_challenge_method=S256"
    )


def test_a_sign_up_is_confirmed_by_the_code_in_a_real_mail(production: House, tenant: Tenant, smtp_server: SmtpServer):
    with Visitor(production.url, headers=FORWARDED) as visitor:
        page = visitor.open(authorize_url(tenant))
        page = visitor.open(page.url.replace("/login?", "/signup?"))
        page = visitor.submit(page, "sign_up", username="grace@example.com", password=PASSWORD)
        assert page.path == "/confirm"

        mail = smtp_server.next_message(20)
        assert mail.to == ("grace@example.com",)
        assert mail.sender == f"no-reply@{HOST}"
        [code] = re.findall(r"^(\d{6})$", mail.text, re.MULTILINE)
        assert f"@{HOST} #{code}" in mail.text, "phones offer to fill it in"
        assert code in mail.html

        wrong = visitor.submit(page, "confirm", code=f"{(int(code) + 1) % 1_000_000:06d}")
        assert wrong.status == 400
        assert wrong.alert
        landed = visitor.submit(wrong, "confirm", code=code)
        assert landed.url.startswith(f"{CALLBACK}?")
        assert landed.query["iss"] == f"https://{HOST}/{tenant.pool.pool_id}"

        cookies = list(visitor.http.cookies)
        assert cookies
        for cookie in cookies:
            assert cookie.name.startswith("__Host-")
            assert cookie.secure
            assert cookie.has_nonstandard_attr("HttpOnly")


def test_who_has_an_account_gets_a_mail_that_says_so_and_the_page_says_nothing(
    production: House, tenant: Tenant, smtp_server: SmtpServer
):
    with Visitor(production.url, headers=FORWARDED) as visitor:
        page = visitor.open(authorize_url(tenant).replace("/oauth2/authorize", "/signup"))
        page = visitor.submit(page, "sign_up", username=tenant.username, password=PASSWORD)
        assert page.path == "/confirm"
        mail = smtp_server.next_message(20)
        assert mail.to == (tenant.username,)
        assert not re.search(r"^\d{6}$", mail.text, re.MULTILINE), "no code for a stranger's registration"


def test_a_forgotten_password_is_replaced_by_the_code_in_a_mail(
    production: House, tenant: Tenant, smtp_server: SmtpServer
):
    fresh = "Another-horse-8-battery"
    with Visitor(production.url, headers=FORWARDED) as visitor:
        page = visitor.open(authorize_url(tenant).replace("/oauth2/authorize", "/forgotPassword"))
        page = visitor.submit(page, "send_code", username=tenant.username)
        [code] = re.findall(r"^(\d{6})$", smtp_server.next_message(20).text, re.MULTILINE)
        page = visitor.submit(page, "reset_password", code=code, new_password=fresh, confirm_password=fresh)
        assert page.path == "/login"
        assert visitor.sign_in(page, tenant.username, PASSWORD).status == 400
        assert not visitor.sign_in(page, tenant.username, fresh).opened


@pytest.mark.parametrize("path", ["/dev/outbox", "/dev/outbox.json", "/dev/clock"])
def test_production_has_no_development_paths(production: House, path):
    with Visitor(production.url, headers=FORWARDED) as visitor:
        assert visitor.open(path).status == 404


def test_a_mail_server_that_refuses_is_told_kindly_and_the_code_can_be_sent_again(
    production: House, tenant: Tenant, smtp_server: SmtpServer
):
    with Visitor(production.url, headers=FORWARDED) as visitor:
        smtp_server.refusal = "451 4.3.0 later"
        page = visitor.open(authorize_url(tenant).replace("/oauth2/authorize", "/signup"))
        refused = visitor.submit(page, "sign_up", username="late@example.com", password=PASSWORD)
        assert refused.status in {200, 503}
        assert "451" not in refused.text
        smtp_server.refusal = None
        page = visitor.open(authorize_url(tenant).replace("/oauth2/authorize", "/resendcode"))
        page = visitor.submit(page, "resend", username="late@example.com")
        assert page.path == "/confirm"
        [code] = re.findall(r"^(\d{6})$", smtp_server.next_message(20).text, re.MULTILINE)
        done = visitor.submit(page, "confirm", code=code)
        assert done.status in {200, 302}
