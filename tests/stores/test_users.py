"""Users and groups, over SQLite and PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from app.adapters.sql.user_search import page_of
from app.core.groups.model import Group
from app.core.kernel.errors import Conflict, GroupExists, InvalidParameter
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.filter import UserFilter
from app.core.users.model import Identifier, IdentifierKind, PasswordRecord
from app.core.users.ports import IdentifierTaken
from tests.support.databases import EmptiedDatabase
from tests.support.parallel import at_once
from tests.support.records import names, stored_user, user_record
from tests.support.world import NOON, World


def _email(value: str) -> Identifier:
    return Identifier(kind=IdentifierKind.EMAIL, value=value)


def test_a_user_comes_back_as_stored(world: World) -> None:
    pool = world.a_pool()
    user = user_record(
        pool,
        attributes={"zoneinfo": "Europe/Berlin", "email": "anna@example.com", "custom:note": "naïve ☃ '\"%_"},
        password=PasswordRecord(encoded=Secret("$argon2id$x"), set_at=NOON),
        sessions_valid_after=NOON - 1,
        enabled=False,
    )
    world.users.add(user, names("anna"))
    assert world.users.find(pool.pool_id, user.sub) == user


def test_a_user_of_another_pool_is_not_found(world: World) -> None:
    pool, other = world.a_pool(), world.a_pool()
    user = stored_user(world, pool)
    assert world.users.find(other.pool_id, user.sub) is None
    assert world.users.find_by_identifiers(other.pool_id, names("anna")) is None


def test_the_same_name_may_be_used_in_two_pools(world: World) -> None:
    pool, other = world.a_pool(), world.a_pool()
    mine, theirs = stored_user(world, pool), stored_user(world, other)
    assert world.users.find_by_identifiers(pool.pool_id, names("anna")) == mine
    assert world.users.find_by_identifiers(other.pool_id, names("anna")) == theirs


def test_a_taken_name_is_refused_and_nothing_is_written(world: World) -> None:
    pool = world.a_pool()
    stored_user(world, pool, "anna", names("anna", email="shared@example.com"))
    late = user_record(pool, "berta")
    with pytest.raises(IdentifierTaken) as refusal:
        world.users.add(late, names("berta", email="shared@example.com"))
    assert refusal.value.identifier == _email("shared@example.com")
    assert world.users.find(pool.pool_id, late.sub) is None
    assert world.users.find_by_identifiers(pool.pool_id, names("berta")) is None


def test_after_a_taken_name_the_open_transaction_goes_on_without_it(world: World) -> None:
    pool = world.a_pool()
    stored_user(world, pool, "anna")
    late = user_record(pool, "anna")
    with world.database.transaction():
        before = stored_user(world, pool, "before")
        with pytest.raises(IdentifierTaken):
            world.users.add(late, [*names("late"), *names("anna")])
        after = stored_user(world, pool, "after")
    assert world.users.find(pool.pool_id, late.sub) is None
    assert world.users.find_by_identifiers(pool.pool_id, names("late")) is None
    assert world.users.find(pool.pool_id, before.sub) == before
    assert world.users.find(pool.pool_id, after.sub) == after


def test_saving_a_taken_name_changes_nothing(world: World) -> None:
    pool = world.a_pool()
    stored_user(world, pool, "anna", names("anna", email="anna@example.com"))
    berta = stored_user(world, pool, "berta", names("berta", email="berta@example.com"))
    with pytest.raises(IdentifierTaken):
        world.users.save(replace(berta, enabled=False), names("berta", email="anna@example.com"))
    assert world.users.find(pool.pool_id, berta.sub) == berta
    assert world.users.find_by_identifiers(pool.pool_id, [_email("berta@example.com")]) == berta


def test_a_stale_save_is_a_conflict(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool)
    saved = world.users.save(replace(user, enabled=False))
    assert saved.revision == user.revision + 1
    with pytest.raises(Conflict):
        world.users.save(replace(user, username="other"))
    assert world.users.find(pool.pool_id, user.sub) == saved
    assert world.users.save(replace(saved, enabled=True)).revision == saved.revision + 1


def test_of_parallel_saves_one_is_written(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool)

    def save(number: int) -> bool:
        try:
            world.users.save(user.with_attributes({"custom:n": str(number)}))
        except Conflict:
            return False
        return True

    outcomes = at_once(save, range(8))
    assert outcomes.count(True) == 1
    winner = world.users.find(pool.pool_id, user.sub)
    assert winner is not None
    assert winner.attributes["custom:n"] == str(outcomes.index(True))


def test_of_parallel_sign_ups_with_one_name_one_succeeds(world: World) -> None:
    pool = world.a_pool()

    def add(_: int) -> bool:
        try:
            stored_user(world, pool, "anna")
        except IdentifierTaken:
            return False
        return True

    assert at_once(add, range(8)).count(True) == 1


def test_two_who_claim_the_same_names_in_another_order_do_not_wait_for_each_other(world: World) -> None:
    """One address has several spellings, and each begins with their own. Many make the moment long in which both have some."""
    spellings = [_email(f"anna{number}@example.com") for number in range(400)]

    for _ in range(5):
        pool = world.a_pool()

        def add(number: int, pool: Pool = pool) -> bool:
            try:
                stored_user(world, pool, f"anna{number}", spellings[::-1] if number else spellings)
            except IdentifierTaken:
                return False
            return True

        assert at_once(add, range(2)).count(True) == 1


def test_a_removed_user_cannot_be_saved(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool)
    world.users.remove(pool.pool_id, user.sub)
    with pytest.raises(Conflict):
        world.users.save(user)
    assert world.users.find_by_identifiers(pool.pool_id, names("anna")) is None


def test_saving_names_frees_the_old_ones(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool, "anna", names("anna", email="old@example.com"))
    saved = world.users.save(user, names("anna", email="new@example.com"))
    assert world.users.find_by_identifiers(pool.pool_id, [_email("old@example.com")]) is None
    assert world.users.find_by_identifiers(pool.pool_id, [_email("new@example.com")]) == saved
    assert world.users.save(saved).revision == 2
    assert world.users.find_by_identifiers(pool.pool_id, names("anna")) is not None


def test_the_first_candidate_wins(world: World) -> None:
    pool = world.a_pool()
    by_name = stored_user(world, pool, "x@example.com", names("x@example.com"))
    by_email = stored_user(world, pool, "berta", names("berta", email="x@example.com"))
    name, email = names("x@example.com")[0], _email("x@example.com")
    assert world.users.find_by_identifiers(pool.pool_id, [name, email]) == by_name
    assert world.users.find_by_identifiers(pool.pool_id, [email, name]) == by_email
    assert world.users.find_by_identifiers(pool.pool_id, [_email("nobody@example.com"), email]) == by_email
    assert world.users.find_by_identifiers(pool.pool_id, []) is None


@pytest.mark.parametrize("hostile", ["a\ud800", "a" * 5000, "'; DROP TABLE users; --", "%", "_"])
def test_a_hostile_name_finds_nobody(world: World, hostile: str) -> None:
    pool = world.a_pool()
    stored_user(world, pool)
    try:
        assert world.users.find_by_identifiers(pool.pool_id, names(hostile)) is None
    except InvalidParameter:
        assert not hostile.isprintable()


def test_what_no_column_holds_is_the_callers_mistake(world: World) -> None:
    pool = world.a_pool()
    with pytest.raises(InvalidParameter):
        stored_user(world, pool, "lone \ud800 surrogate")
    if world.database.is_sqlite:
        return
    for text in ("nul \x00", "a" * 400):
        with pytest.raises(InvalidParameter):
            stored_user(world, pool, text)
    with pytest.raises(InvalidParameter):
        world.users.find_by_identifiers(pool.pool_id, names("nul \x00"))


def test_the_password_history_keeps_the_newest(world: World) -> None:
    pool = world.a_pool()
    user, other = stored_user(world, pool, "anna"), stored_user(world, pool, "berta")
    world.users.record_password(pool.pool_id, other.sub, Secret("theirs"), at=NOON, keep=2)
    for number in range(4):
        world.users.record_password(pool.pool_id, user.sub, Secret(f"hash{number}"), at=NOON, keep=3)
    history = world.users.find_password_history(pool.pool_id, user.sub, limit=10)
    assert [secret.reveal() for secret in history] == ["hash3", "hash2", "hash1"]
    assert world.users.find_password_history(pool.pool_id, user.sub, limit=1) == [Secret("hash3")]
    world.users.record_password(pool.pool_id, user.sub, Secret("none"), at=NOON, keep=0)
    assert world.users.find_password_history(pool.pool_id, user.sub, limit=10) == []
    assert world.users.find_password_history(pool.pool_id, other.sub, limit=10) == [Secret("theirs")]


def _group(world: World, pool_id: str, name: str, precedence: int | None = None) -> Group:
    group = Group(pool_id=pool_id, name=name, precedence=precedence, created_at=NOON, updated_at=NOON)  # type: ignore[arg-type]
    world.groups.add(group)
    return group


def test_a_users_groups_come_by_precedence_then_name(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool)
    for name, precedence in (("none", None), ("b", 5), ("a", 5), ("first", 0), ("unrelated", 1)):
        _group(world, pool.pool_id, name, precedence)
        if name != "unrelated":
            world.groups.add_member(pool.pool_id, name, user.sub, at=NOON)
    assert [group.name for group in world.groups.list_of_user(pool.pool_id, user.sub)] == ["first", "a", "b", "none"]


def test_joining_twice_is_harmless_even_in_parallel(world: World) -> None:
    pool = world.a_pool()
    user, group = stored_user(world, pool), _group(world, pool.pool_id, "staff")
    at_once(lambda _: world.groups.add_member(pool.pool_id, "staff", user.sub, at=NOON), range(6))
    assert world.groups.list_of_user(pool.pool_id, user.sub) == [group]
    world.groups.remove_member(pool.pool_id, "staff", user.sub)
    assert world.groups.list_of_user(pool.pool_id, user.sub) == []


def test_a_group_exists_once_and_its_refusal_ends_no_transaction(world: World) -> None:
    pool = world.a_pool()
    _group(world, pool.pool_id, "staff")
    with world.database.transaction():
        with pytest.raises(GroupExists):
            _group(world, pool.pool_id, "staff")
        _group(world, pool.pool_id, "others")
    assert [group.name for group in world.groups.list_of(pool.pool_id)] == ["others", "staff"]


def test_a_removed_user_leaves_the_groups(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool)
    _group(world, pool.pool_id, "staff")
    world.groups.add_member(pool.pool_id, "staff", user.sub, at=NOON)
    world.users.remove(pool.pool_id, user.sub)
    world.users.add(user, names("anna"))
    assert world.groups.list_of_user(pool.pool_id, user.sub) == []


@pytest.mark.parametrize("prefix", [True, False])
def test_a_filtered_page_finds_each_user_by_their_key(emptied_postgres: EmptiedDatabase, *, prefix: bool) -> None:
    world = World(emptied_postgres.url())
    pool = world.a_pool()
    with world.database.transaction():
        for number in range(200):
            user = user_record(pool, attributes={"email": f"a{number}@example.com"})
            world.users.add(user, names(f"anna{number}"))
    statement, given = page_of(pool.pool_id, UserFilter(attribute="email", value="a1", prefix=prefix), None, 60)
    statement.run(cursor := RememberedCursor(), world.database.engine.dialect, given)
    with world.database.transaction(), world.database.connection() as connection:
        connection.exec_driver_sql("ANALYZE users, user_search")
        for other in ("hashjoin", "mergejoin", "seqscan", "bitmapscan"):
            connection.exec_driver_sql(f"SET LOCAL enable_{other} = off")
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {cursor.text}", cursor.values)]
    world.close()
    assert any("Index Cond" in line and "user_search.sub" in line for line in plan), "\n".join(plan)


class RememberedCursor:
    def execute(self, text: str, values: Any) -> None:
        self.text, self.values = text, values

    def fetchall(self) -> list[Any]:
        return []
