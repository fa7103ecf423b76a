import secrets

import pytest

from tests import webhook_faults


@pytest.mark.server
def test_no_kill_of_a_worker_loses_an_entry_or_its_place():
    """The short form of `make webhook-faults`. A seed repeats what fails and when."""
    report = webhook_faults.run(
        200, kills=2, seed=secrets.randbelow(1_000_000), rows=20, delay=0.1, lease=4, exchange=2
    )  # fmt: skip
    assert not report.violations, f"\n{report}"
    assert report.kills == 2, f"\n{report}"
