import secrets

import pytest

from tests import faults
from tests.journal_proof import Outcome


@pytest.mark.server
def test_no_kill_of_workers_or_postgresql_loses_an_acknowledged_write_or_leaves_half_of_one():
    """The short form of `make faults`. A seed makes a failure repeatable: python -m tests.faults --seed SEED."""
    report = faults.run(seconds=9, seed=secrets.randbelow(1_000_000))
    assert not report.violations, f"\n{report}"
    assert report.count(Outcome.ACKNOWLEDGED) > 50, f"\n{report}"
    assert report.killer.workers_killed, f"\n{report}"
    assert report.killer.servers_killed + report.killer.backends_killed, f"\n{report}"
