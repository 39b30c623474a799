"""When credentials were cut off: kept for each name, never earlier than it was, and forgotten in time."""

from app.adapters.sql.roles import SqlCutoffs
from tests.support.world import World


def test_a_cut_off_is_kept_for_each_name_and_never_becomes_earlier(world: World) -> None:
    cutoffs = SqlCutoffs(world.database)
    cutoffs.set("identity", ["b", "a", "a"], before=100, forget_before=0)
    cutoffs.set("identity", ["a"], before=90, forget_before=0)
    cutoffs.set("identity", ["b"], before=110, forget_before=0)
    cutoffs.set("role", ["a"], before=5, forget_before=0)
    assert cutoffs.list_all() == {("identity", "a"): 100, ("identity", "b"): 110, ("role", "a"): 5}


def test_what_is_over_anyway_is_forgotten(world: World) -> None:
    cutoffs = SqlCutoffs(world.database)
    cutoffs.set("gone-identity", ["a"], before=100, forget_before=0)
    cutoffs.set("gone-pool", ["b"], before=200, forget_before=101)
    assert cutoffs.list_all() == {("gone-pool", "b"): 200}
