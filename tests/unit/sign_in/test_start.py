import threading
from dataclasses import replace

import pytest

from app.adapters.system.argon2 import Argon2Hasher
from app.core.kernel.errors import (
    IncorrectCredentials,
    LockedOut,
    PasswordResetRequired,
    TemporaryPasswordExpired,
    TooManyRequests,
    UserDisabled,
    UserNotConfirmed,
    UserNotFound,
)
from app.core.kernel.secret import Secret
from app.core.sign_in.first_steps import CODES_PER_HOUR
from app.core.sign_in.model import ChoiceAnswer, ChoiceProof, PasswordProof, SignedIn, SrpAnswer, SrpProof
from app.core.sign_in.progression import ADDRESS_WINDOW
from app.core.sign_in.srp_exchange import secret_block
from tests.support.directory import BROWSER, JANE, OTHER, PASSWORD, STRANGER, build
from tests.support.world import World, fresh_sqlite


class Kept:
    """An ``Ephemeral`` that knows the longest value it was given."""

    def __init__(self, inner):
        self.inner, self.longest = inner, 0

    def put(self, kind, key, value, **options):
        self.longest = max(self.longest, len(value))
        return self.inner.put(kind, key, value, **options)

    def __getattr__(self, name):
        return getattr(self.inner, name)


@pytest.fixture
def pool(house):
    return house.world.a_pool()


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


def test_the_right_password_signs_in(house, pool, client):
    user = house.a_user(pool)
    signed_in = house.enter(pool, client)
    assert isinstance(signed_in, SignedIn)
    assert (signed_in.user.sub, signed_in.amr, signed_in.auth_time) == (user.sub, ("pwd",), house.clock.now())
    assert house.last_audit() == ("sign_in.password", "ok")


@pytest.mark.parametrize("name", ["JANE@EXAMPLE.COM", " jane@example.com ", "jane@example.com", "sub"])
def test_any_form_of_the_name_signs_in(house, pool, client, name):
    user = house.a_user(pool)
    assert house.enter(pool, client, user.sub if name == "sub" else name).user.sub == user.sub


@pytest.mark.parametrize(
    "password",
    [
        "",
        "wrong",
        "correct-horse-9",
        "Correct-Horse-9 ",
        " Correct-Horse-9",
        "Correct-Horse-9\x00",
        "\ud800",
        "x" * 100_000,
    ],
)
def test_any_other_password_is_refused(house, pool, client, password):
    house.a_user(pool)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, password=Secret(password))
    assert house.last_audit() == ("sign_in.password", "IncorrectCredentials")


@pytest.mark.parametrize(
    "name", ["", "nobody@example.com", "\x00", "\ud800", "x" * 100_000, "' OR 1=1 --", "%", "jane"]
)
def test_an_absurd_name_is_refused_like_a_wrong_password(house, pool, client, name):
    house.a_user(pool)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, name)


def test_another_pools_user_is_unknown_here(house, pool):
    house.a_user(pool)
    other = house.world.a_pool()
    with pytest.raises(IncorrectCredentials):
        house.enter(other, house.world.a_client(other))


@pytest.mark.spec("Cognito: PreventUserExistenceErrors")
def test_unknown_wrong_and_disabled_answer_and_cost_alike(house, pool, client):
    house.a_user(pool)
    house.a_user(pool, "off@example.com")
    house.directory.disable(pool, "off@example.com")
    house.directory.create(pool, "temp@example.com", {}, temporary_password=PASSWORD)
    wrong = house.cost(lambda: house.enter(pool, client, password=OTHER))
    unknown = house.cost(lambda: house.enter(pool, client, "nobody@example.com", OTHER))
    disabled = house.cost(lambda: house.enter(pool, client, "off@example.com"))
    temporary = house.cost(lambda: house.enter(pool, client, "temp@example.com", OTHER))
    assert wrong == unknown == disabled == temporary
    assert wrong[1]["hash"] == 1


def test_an_unconfirmed_user_is_told_so_only_after_the_right_password(house, pool, client):
    house.sign_up.register(pool, client, house.registration(), BROWSER)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, password=OTHER)
    with pytest.raises(UserNotConfirmed):
        house.enter(pool, client)


def test_a_required_reset_is_told_only_after_the_right_password(house, pool, client):
    house.a_user(pool)
    house.directory.require_reset(pool, JANE)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, password=OTHER)
    with pytest.raises(PasswordResetRequired):
        house.enter(pool, client)


def test_an_imported_user_without_a_password_is_refused_like_a_wrong_one(house, pool, client):
    user = house.a_user(pool)
    house.world.users.save(replace(house.directory.require_reset(pool, JANE), password=None))
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client)
    with pytest.raises(PasswordResetRequired):
        house.enter(pool, client, conceal=False)
    assert user.sub


def test_where_nothing_is_concealed_the_api_says_what_it_is(house, pool, client):
    house.a_user(pool)
    house.directory.disable(pool, JANE)
    with pytest.raises(UserNotFound):
        house.enter(pool, client, "nobody@example.com", conceal=False)
    with pytest.raises(UserDisabled):
        house.enter(pool, client, conceal=False)


def test_a_temporary_password_expires(house, pool, client):
    house.directory.create(pool, JANE, {}, temporary_password=PASSWORD)
    house.clock.advance(days=7)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, password=OTHER)
    with pytest.raises(TemporaryPasswordExpired):
        house.enter(pool, client)


def test_five_wrong_guesses_lock_and_the_right_password_waits(house, pool, client):
    house.a_user(pool)
    for _ in range(5):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, password=OTHER)
    with pytest.raises(LockedOut):
        house.enter(pool, client)
    house.clock.advance(seconds=1)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_an_unknown_name_locks_exactly_as_a_known_one(house, pool, client):
    house.a_user(pool)

    def outcomes(name):
        seen = []
        for pause in (0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2):
            house.clock.advance(seconds=pause)
            seen.append(house.cost(lambda: house.enter(pool, client, name, OTHER)))
        return seen

    known = outcomes(JANE)
    assert known == outcomes("nobody@example.com")
    assert ("LockedOut", "Password attempts exceeded") in [outcome for outcome, _ in known]


def test_every_name_of_one_user_counts_for_the_same_lock(house, pool, client):
    user = house.a_user(pool)
    for name in (JANE, "JANE@example.com", user.sub, " jane@example.com", JANE):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, name, OTHER)
    with pytest.raises(LockedOut):
        house.enter(pool, client, user.sub)


def test_a_lock_verifies_nothing(house, pool, client):
    house.a_user(pool)
    for _ in range(5):
        house.cost(lambda: house.enter(pool, client, password=OTHER))
    outcome, cost = house.cost(lambda: house.enter(pool, client))
    assert outcome[0] == "LockedOut"
    assert cost["hash"] == 0


def test_one_user_locked_from_one_address_does_not_lock_another_user(house, pool, client):
    house.a_user(pool)
    house.a_user(pool, "joe@example.com")
    for _ in range(5):
        house.cost(lambda: house.enter(pool, client, password=OTHER))
    assert isinstance(house.enter(pool, client, "joe@example.com"), SignedIn)


def test_a_lock_holds_from_every_address(house, pool, client):
    house.a_user(pool)
    for _ in range(5):
        house.cost(lambda: house.enter(pool, client, password=OTHER))
    with pytest.raises(LockedOut):
        house.enter(pool, client, caller=STRANGER)


def test_an_address_that_sprays_is_slowed_down_and_locks_nobody(house, pool, client):
    house.a_user(pool)
    for _ in range(98):
        house.rates.count_failure("sign_in", pool.pool_id, BROWSER.address, ADDRESS_WINDOW)
    for number in range(2):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, f"user{number}@example.com", OTHER)
    with pytest.raises(TooManyRequests):
        house.enter(pool, client)
    assert isinstance(house.enter(pool, client, caller=STRANGER), SignedIn)
    house.clock.advance(minutes=15)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_the_address_behind_an_administrators_call_is_not_counted(house, pool, client):
    house.a_user(pool)
    for _ in range(99):
        house.rates.count_failure("sign_in", pool.pool_id, BROWSER.address, ADDRESS_WINDOW)
    for number in range(3):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, f"user{number}@example.com", OTHER, door="admin")
    assert isinstance(house.enter(pool, client), SignedIn)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, "user@example.com", OTHER)
    with pytest.raises(TooManyRequests):
        house.enter(pool, client)
    assert isinstance(house.enter(pool, client, door="admin"), SignedIn)


def test_an_address_has_codes_sent_to_twenty_users_worth_of_names(house):
    policy = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}}
    pool = house.world.a_pool(policy)
    client = house.world.a_client(pool)
    house.a_user(pool)

    def ask(name=JANE, caller=BROWSER, door="api"):
        proof = ChoiceProof(username=name, preferred="EMAIL_OTP")
        return house.sign_in.start(pool, client, proof, caller, door=door)

    for _ in range(298):
        house.rates.check_address("sign_in_code", pool.pool_id, BROWSER.address, CODES_PER_HOUR)
    for number in range(2):
        ask(f"user{number}@example.com")
    for name in (JANE, "user301@example.com"):
        with pytest.raises(TooManyRequests):
            ask(name)
    assert ask(caller=STRANGER).step == ask(door="admin").step == "EMAIL_OTP"
    house.clock.advance(hours=1)
    assert ask().step == "EMAIL_OTP"


def test_successes_of_an_address_do_not_count_against_it(house, pool, client):
    house.a_user(pool)
    for _ in range(99):
        house.rates.count_failure("sign_in", pool.pool_id, BROWSER.address, ADDRESS_WINDOW)
    for _ in range(3):
        assert isinstance(house.enter(pool, client), SignedIn)


def test_twenty_parallel_guesses_verify_at_most_five(tmp_path):
    world = World(fresh_sqlite(tmp_path))
    house = build(world)
    pool = world.a_pool()
    client = world.a_client(pool)
    house.a_user(pool)
    house.counts.clear()
    start = threading.Barrier(20)
    outcomes: list[str] = []

    def guess(number: int) -> None:
        start.wait()
        try:
            house.enter(pool, client, password=Secret(f"Wrong-Guess-{number}"))
        except (IncorrectCredentials, LockedOut) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.close()
    assert len(outcomes) == 20
    assert outcomes.count("IncorrectCredentials") == 5
    assert house.counts["hash"] == 5


def test_a_full_hashing_queue_does_not_count_as_a_wrong_guess(tmp_path):
    world = World(fresh_sqlite(tmp_path))
    hasher = Argon2Hasher("test", width=1, waiting=0)
    house = build(world, hasher)
    pool = world.a_pool()
    client = world.a_client(pool)
    house.a_user(pool)
    with hasher._slot():
        for _ in range(6):
            with pytest.raises(TooManyRequests):
                house.enter(pool, client)
    assert isinstance(house.enter(pool, client), SignedIn)
    world.close()


def test_signing_in_renews_a_hash_of_an_older_profile(house, pool, client):
    user = house.a_user(pool)
    house.passwords.hasher.inner = Argon2Hasher("owasp")
    house.enter(pool, client)
    renewed = house.world.users.find(pool.pool_id, user.sub)
    assert "m=19456,t=2,p=1" in renewed.password.encoded.reveal()
    assert renewed.password.set_at == user.password.set_at
    assert isinstance(house.enter(pool, client), SignedIn)


def test_a_wrong_password_renews_nothing(house, pool, client):
    user = house.a_user(pool)
    house.passwords.hasher.inner = Argon2Hasher("owasp")
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client, password=OTHER)
    assert house.world.users.find(pool.pool_id, user.sub) == user


def test_a_session_that_begins_in_the_second_of_a_sign_out_begins_after_it(house, pool, client):
    house.a_user(pool)
    house.directory.sign_out(pool, JANE)
    assert house.enter(pool, client).auth_time == house.clock.now() + 1


def test_guesses_at_a_locked_name_count_for_the_address(house, pool, client):
    house.a_user(pool)
    for name in (JANE, "nobody@example.com"):
        for _ in range(5):
            with pytest.raises(IncorrectCredentials):
                house.enter(pool, client, name, OTHER)
        for _ in range(45):
            with pytest.raises(LockedOut):
                house.enter(pool, client, name)
    with pytest.raises(TooManyRequests):
        house.enter(pool, client, "somebody@example.com")


@pytest.mark.parametrize(
    ("one", "other"), [("{0}@example.com", "{1}@Example.COM"), ("{0}@example.com", " {0}@example.com")]
)
@pytest.mark.parametrize("settings", [{}, {"UsernameAttributes": None, "AliasAttributes": ["email"]}])
@pytest.mark.parametrize("case_matters", [True, False])
def test_a_lock_does_not_tell_by_spellings_who_exists(  # noqa: PLR0917
    house, settings, case_matters, one, other
):
    pool = house.world.a_pool({**settings, "UsernameConfiguration": {"CaseSensitive": case_matters}})
    client = house.world.a_client(pool)
    known = {"email": "jane@example.com"} if settings else {}
    house.a_user(pool, "jane" if settings else JANE, email_verified="true", **known)

    def outcomes(*spellings):
        first, second = (text.format(*spellings) for text in (one, other))
        found = []
        for name in [first] * 3 + [second] * 3:
            with pytest.raises((IncorrectCredentials, LockedOut)) as caught:
                house.enter(pool, client, name, OTHER)
            found.append(caught.type)
        return found

    assert outcomes("jane", "Jane") == outcomes("ghost", "Ghost") == [IncorrectCredentials] * 5 + [LockedOut]


@pytest.mark.parametrize("name", ["x" * 131_072, "€" * 131_072, f"{'x' * 400}@example.com", f"jane{' ' * 500}"])
@pytest.mark.parametrize("kind", [PasswordProof, ChoiceProof, SrpProof])
def test_of_a_name_that_nobody_can_have_little_is_kept(house, name, kind):
    pool = house.world.a_pool({"UsernameAttributes": None})
    client = house.world.a_client(pool)
    house.a_user(pool, "jane")
    kept = Kept(house.attempts.ephemeral)
    sign_in = replace(house.sign_in, attempts=replace(house.attempts, ephemeral=kept))
    more = {PasswordProof: {"password": PASSWORD}, SrpProof: {"public": "abcdef12"}, ChoiceProof: {}}[kind]
    try:
        found = sign_in.start(pool, client, kind(username=name, **more), BROWSER, door="api")
    except IncorrectCredentials:
        assert kind is PasswordProof
    else:
        # Whoever answers with the name as typed answers for it.
        choice = ChoiceAnswer(choice="PASSWORD", password=PASSWORD)
        wrong = SrpAnswer(signature="x", secret_block=secret_block(found.session), timestamp="x")
        with pytest.raises(IncorrectCredentials):
            sign_in.answer(
                pool, client, found.session, choice if kind is ChoiceProof else wrong, BROWSER, username=name
            )
    assert kept.longest < 10_000


PLAIN = {"UsernameAttributes": None}
BY_PHONE = {"UsernameAttributes": ["phone_number"]}


@pytest.mark.parametrize(
    ("settings", "known", "nobodys", "spellings"),
    [
        (PLAIN, "jane", "june", [" {} ", "{}\t", "\uff2a{1}", "J{1}"]),
        ({**PLAIN, "UsernameConfiguration": {"CaseSensitive": True}}, "jane", "june", [" {} ", "\uff4a{1}"]),
        ({**PLAIN, "AliasAttributes": ["email"]}, "jane", "june", [" {} ", "J{1}"]),
        ({}, JANE, "june@example.com", [" {} ", "J{1}", "\uff2a{1}"]),
        (BY_PHONE, "+15550001212", "+15550001213", [" {} ", "+1 555 (000) {0[8]}{0[9]}{0[10]}{0[11]}"]),
    ],
)
def test_a_challenge_of_srp_does_not_tell_by_spellings_who_exists(  # noqa: PLR0917
    house, settings, known, nobodys, spellings
):
    pool = house.world.a_pool(settings)
    client = house.world.a_client(pool)
    house.directory.create(pool, known, {}, permanent_password=PASSWORD)

    def told(name):
        found = house.sign_in.start(pool, client, SrpProof(username=name, public="abcdef12"), BROWSER, door="api")
        names = ("USERNAME", "USER_ID_FOR_SRP", "SALT")
        return found.username, *(found.parameters[parameter] for parameter in names)

    for name in (known, nobodys):
        assert {told(spelling.format(name, name[1:])) for spelling in ["{}", *spellings]} == {told(name)}
    assert told(known)[3] != told(nobodys)[3]


def test_a_name_with_letters_that_fold_is_told_like_a_stored_one(house):
    pool = house.world.a_pool(PLAIN)
    client = house.world.a_client(pool)
    house.directory.create(pool, "Straße", {}, permanent_password=PASSWORD)
    told = [
        house.sign_in.start(pool, client, SrpProof(username=name, public="abcdef12"), BROWSER, door="api").username
        for name in ("Straße", "Maße")
    ]
    assert told == ["straße", "maße"]


class NoPasskeys:
    """Nobody has one; counts how often that is asked."""

    def __init__(self):
        self.asked = 0

    def has_any(self, *_):
        self.asked += 1
        return False


@pytest.mark.parametrize("door", ["api", "pages"])
@pytest.mark.parametrize("preferred", ["EMAIL_OTP", None])
def test_passkeys_are_looked_for_as_often_whether_there_is_such_a_user(house, door, preferred):
    policy = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}}
    pool = house.world.a_pool(policy)
    client = house.world.a_client(pool)
    house.a_user(pool)
    told = []
    for name in (JANE, "june@example.com"):
        passkeys = NoPasskeys()
        sign_in = replace(house.sign_in, passkeys=passkeys)
        found = sign_in.start(pool, client, ChoiceProof(username=name, preferred=preferred), BROWSER, door=door)
        if preferred is None:
            found = sign_in.answer(pool, client, found.session, ChoiceAnswer(choice="EMAIL_OTP"), BROWSER)
        told.append((found.step, passkeys.asked))
    assert told[0] == told[1]
