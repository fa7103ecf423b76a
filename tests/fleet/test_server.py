"""What the fleet does when nothing is wrong: every part serves, and what is acknowledged is there once."""

import pytest

pytestmark = pytest.mark.server


def test_every_part_serves(fleet):
    fleet.start_web()
    fleet.start_stream()
    fleet.start_follower()
    fleet.start_nginx()
    assert fleet.standby.sql("SELECT pg_is_in_recovery()") == "t"
    with fleet.load() as load:
        load.wait_for(300)
    assert (load.failed, load.faults, load.lost_or_doubled(fleet.primary)) == ({}, [], [])
