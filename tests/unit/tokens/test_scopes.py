import pytest

from app.core.clients.model import READABLE_BY_DEFAULT, Client, ClientExtensions, ClientSettings
from app.core.kernel.errors import GrantInvalid
from app.core.kernel.ids import ClientId, PoolId
from app.core.tokens.scopes import check_readable, choose_attributes, choose_scope, narrow_scope

ATTRIBUTES = {
    "email": "e", "email_verified": "true", "phone_number": "p", "phone_number_verified": "true", "name": "n",
    "updated_at": "1", "address": "a", "custom:team": "c", "dev:x": "d",
}  # fmt: skip
STANDARD = set(ATTRIBUTES) - {"custom:team", "dev:x"}
ALLOWED = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"]


def a_client(**document):
    return Client(
        client_id=ClientId("c"),
        pool_id=PoolId("p"),
        name="c",
        settings=ClientSettings.read({"AllowedOAuthScopes": ALLOWED, **document}),
        extensions=ClientExtensions.read({}),
        secrets=(),
        created_at=0,
        updated_at=0,
    )


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("openid", STANDARD),
        ("openid aws.cognito.signin.user.admin", STANDARD),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        ("openid profile", {"name", "updated_at"}),
        ("openid email phone", {"email", "email_verified", "phone_number", "phone_number_verified"}),
        ("email profile", set()),
        ("aws.cognito.signin.user.admin", set()),
    ],
)
def test_scopes_show_the_attributes_of_the_table(scope, shown):
    assert choose_attributes(a_client(), tuple(scope.split()), ATTRIBUTES).keys() == shown


@pytest.mark.spec("Cognito: ReadAttributes")
@pytest.mark.parametrize("scope", ["openid", "openid profile"])
def test_custom_and_developer_attributes_are_shown_only_where_they_are_listed(scope):
    listed = a_client(ReadAttributes=[*ATTRIBUTES, *sorted(READABLE_BY_DEFAULT)])
    shown = choose_attributes(listed, tuple(scope.split()), ATTRIBUTES).keys()
    assert {"custom:team", "dev:x"} <= shown
    assert not {"custom:team", "dev:x"} & choose_attributes(a_client(), tuple(scope.split()), ATTRIBUTES).keys()


@pytest.mark.parametrize("scope", ["openid", "openid email profile"])
def test_what_the_client_may_not_read_is_never_shown(scope):
    client = a_client(ReadAttributes=["name"])
    assert choose_attributes(client, tuple(scope.split()), ATTRIBUTES).keys() <= {"name"}


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        (None, tuple(ALLOWED)),
        ("", tuple(ALLOWED)),
        ("openid", ("openid",)),
        ("email openid email", ("email", "openid")),
        (" openid  email ", ("openid", "email")),
        ("openid offline_access", ("openid",)),
        ("offline_access", None),
        (" ", None),
        ("openid bogus", None),
        ("Openid", None),
        ("openid\temail", None),
        ("openid,email", None),
    ],
)
def test_a_request_is_granted_whole_or_not_at_all(requested, granted):
    assert choose_scope(a_client(), requested) == granted


def test_a_client_without_scopes_is_granted_none():
    assert choose_scope(a_client(AllowedOAuthScopes=[]), None) is None


@pytest.mark.parametrize(
    ("requested", "continued"),
    [
        (None, ("openid", "email")),
        ("email", ("email",)),
        ("email openid", ("openid", "email")),
        ("openid offline_access", ("openid",)),
        ("openid profile", None),
        ("offline_access", None),
    ],
)
def test_a_refresh_never_widens(requested, continued):
    assert narrow_scope(("openid", "email"), requested) == continued


def test_a_scope_with_an_unreadable_attribute_is_refused():
    client = a_client(ReadAttributes=["email"])
    check_readable(client, ("openid",))
    with pytest.raises(GrantInvalid):
        check_readable(client, ("openid", "email"))
    check_readable(a_client(ReadAttributes=["email", "email_verified"]), ("openid", "email"))
