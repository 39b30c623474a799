import base64

import pytest

from app.config import Settings, SettingsError

KEY = base64.b64encode(bytes(range(32))).decode()


def mistakes(**environ):
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({f"POOLHOUSE_{name}": value for name, value in environ.items()})
    return refused.value.mistakes


def read(**environ):
    return Settings.from_env({f"POOLHOUSE_{name}": value for name, value in environ.items()})


def test_without_a_setting_everything_has_its_default():
    settings = read()
    assert settings.public_url == "http://localhost:8000"
    assert settings.is_embedded
    assert not settings.dev


def test_every_mistake_is_reported_at_once():
    found = mistakes(PUBLIC_URL="login.example.com", ACCOUNT_ID="12", DEV="perhaps", REDIS_URL="http://x", NONSENSE="1")
    assert len(found) == 5
    assert found[0] == "POOLHOUSE_NONSENSE is not a setting of Poolhouse"


@pytest.mark.parametrize(
    "url",
    [
        "login.example.com",
        "ftp://login.example.com",
        "https://",
        "https://login.example.com/path",
        "https://login.example.com?a=1",
        "https://login.example.com#a",
        "https://user@login.example.com",
        "https://login.example.com:99999",
    ],
)
def test_a_public_url_is_an_origin(url):
    assert len(mistakes(PUBLIC_URL=url)) == 1


@pytest.mark.parametrize("key", ["", "x", "c2hvcnQ=", f"{KEY},c2hvcnQ="])
def test_a_master_key_is_32_bytes(key):
    if key:
        assert len(mistakes(MASTER_KEY=key)) == 1


def test_a_list_of_master_keys_rotates():
    other = base64.b64encode(bytes(32)).decode()
    assert read(MASTER_KEY=f"{KEY}, {other}").master_keys == (bytes(range(32)), bytes(32))


def test_a_master_key_comes_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    assert read(MASTER_KEY_FILE=str(file)).master_keys == (bytes(range(32)),)
    assert mistakes(MASTER_KEY_FILE=str(file), MASTER_KEY=KEY)
    assert mistakes(MASTER_KEY_FILE=str(tmp_path / "none"))


def test_postgresql_needs_a_master_key():
    assert "is required with PostgreSQL" in mistakes(DATABASE_URL="postgresql+psycopg://x@db/y")[0]


@pytest.mark.parametrize("url", ["https://login.example.com", "http://10.0.0.1:8000", "http://localhost.evil.example"])
def test_development_mode_refuses_a_public_origin(url):
    assert mistakes(DEV="1", PUBLIC_URL=url) == [
        "POOLHOUSE_DEV refuses to start unless POOLHOUSE_PUBLIC_URL is a loopback name"
    ]


def test_development_mode_refuses_trusted_proxies():
    assert mistakes(DEV="1", TRUSTED_PROXIES="10.0.0.0/8") == [
        "POOLHOUSE_DEV refuses to start with POOLHOUSE_TRUSTED_PROXIES"
    ]


def test_cheap_hashing_is_refused_outside_development():
    assert mistakes(PASSWORD_HASHING="test") == ["POOLHOUSE_PASSWORD_HASHING=test is for development mode only"]


def test_half_an_administrator_is_refused():
    assert mistakes(ROOT_ACCESS_KEY_ID="AKIAROOT")


def test_half_a_service_key_is_refused():
    assert mistakes(UPSTREAM_SECRET_ACCESS_KEY="secret")


@pytest.mark.parametrize("url", ["ftp://store", "http://store/path", "http://user@store", "store:9000"])
def test_a_store_behind_the_gateway_is_an_origin(url):
    assert mistakes(UPSTREAM_S3=url)
    assert mistakes(UPSTREAM_DYNAMODB=url)


def test_a_token_that_could_be_guessed_is_refused():
    assert mistakes(GATEWAY_TOKEN="short")


def test_no_secret_shows_in_the_settings_or_in_a_mistake():
    settings = read(MASTER_KEY=KEY, ROOT_ACCESS_KEY_ID="AKIA", ROOT_SECRET_ACCESS_KEY="hush1", METRICS_TOKEN="hush2",
                    UPSTREAM_ACCESS_KEY_ID="service", UPSTREAM_SECRET_ACCESS_KEY="hush6", GATEWAY_TOKEN="hush7-0123456789",
                    SMTP_URL="smtp://u:hush3@mail", DATABASE_URL="postgresql+psycopg://u:hush4@db/x")  # fmt: skip
    assert "hush" not in repr(settings)
    assert repr(bytes(range(32)))[2:8] not in repr(settings)
    assert "hush5" not in "".join(mistakes(MASTER_KEY="hush5"))


@pytest.mark.parametrize("url", ["smtp://", "http://mail.example.com", "mail.example.com:25", "smtp://mail:port"])
def test_a_mail_server_is_a_url_with_a_host(url):
    assert mistakes(SMTP_URL=url)[0].startswith("POOLHOUSE_SMTP_URL ")


@pytest.mark.parametrize("sender", ["nonsense", "a@b, c@d", "a b@c@d", "@example.com"])
def test_the_sender_is_one_address(sender):
    assert mistakes(MAIL_FROM=sender)[0].startswith("POOLHOUSE_MAIL_FROM ")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "10.0.0.0/8,::/0"])
def test_the_whole_internet_is_no_proxy(network):
    assert "the whole internet" in mistakes(TRUSTED_PROXIES=network)[0]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Login.example.com:443/", "https://login.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("https://login.example.com:8443", "https://login.example.com:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_issuer_has_no_default_port(given, kept):
    assert read(PUBLIC_URL=given).public_url == kept


def test_providers_may_be_asked_elsewhere():
    found = read(
        UPSTREAM_URLS="graph.facebook.com=https://proxy.example.com/fb/, Accounts.Google.com=http://localhost:9"
    )
    assert found.upstream_urls == (
        ("graph.facebook.com", "https://proxy.example.com/fb"),
        ("accounts.google.com", "http://localhost:9"),
    )


@pytest.mark.parametrize("value", ["graph.facebook.com", "=https://x", "graph.facebook.com=proxy", "a=ftp://x"])
def test_a_provider_needs_an_address(value):
    assert mistakes(UPSTREAM_URLS=value) == [
        "POOLHOUSE_UPSTREAM_URLS must look like graph.facebook.com=https://proxy.example.com"
    ]
