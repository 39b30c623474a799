from dataclasses import replace

from tests.support.records import user_record
from tests.support.world import NOON, World, fresh_sqlite


def test_two_sign_outs_of_one_second_end_what_began_between(tmp_path):
    world = World(fresh_sqlite(tmp_path))
    user = replace(user_record(world.a_pool()), sessions_valid_after=0)
    world.close()
    first = user.signed_out(NOON)
    assert first.sessions_valid_after == NOON
    # A session that begins now is given the next second, so that it counts; the next sign-out ends it.
    assert first.signed_out(NOON).sessions_valid_after == NOON + 1
    assert first.signed_out(NOON + 60).sessions_valid_after == NOON + 60
