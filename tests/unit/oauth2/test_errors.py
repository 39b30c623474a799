import pytest

from app.blueprints.oauth2.errors import FACTS, bearer_challenge, refusal, refusal_of
from app.core.kernel.errors import GrantInvalid, RefreshTokenReuse, UserNotFound
from app.core.tokens import errors as of_tokens

OWN = [kind for kind in vars(of_tokens).values() if isinstance(kind, type) and kind.__module__ == of_tokens.__name__]
RAISED = [GrantInvalid, RefreshTokenReuse, *OWN]


@pytest.mark.parametrize("kind", [*FACTS, *RAISED], ids=lambda kind: kind.__name__)
def test_every_fact_of_these_rooms_has_its_place_in_the_protocol(kind):
    error = refusal_of(kind())
    assert error.error
    assert error.get_error_description()


def test_a_fact_of_another_room_stays_what_it_is():
    with pytest.raises(UserNotFound):
        refusal_of(UserNotFound())


@pytest.mark.spec("RFC 6749 §5.2")
@pytest.mark.parametrize("text", ['a"b', "a\\b", "é", "\u0000", "\r\nX: y"])
def test_no_description_says_what_may_not_be_said(text):
    error = refusal("invalid_request", text)
    assert "?" in error.get_error_description()
    assert not set('"\\\r\n\x00é') & set(error.get_error_description())
    assert "\n" not in bearer_challenge(text, error)
