import pytest

from tests import fuzz

SEED = 7


@pytest.mark.server
def test_no_request_of_any_role_is_answered_with_what_the_schema_does_not_know():
    """The short form of `make fuzz`: every operation as each role; the editor, who may do most, a little longer."""
    seed = ["--seed", str(SEED)]
    # Who may write nothing makes no rows to go on from.
    options = {role: [*seed, "--phases", "fuzzing", "--max-examples", "1"] for role in fuzz.ROLES}
    options["anonymous"] = [*seed, "--phases", "fuzzing", "--max-examples", "2"]
    options["reporter"] = [*seed, "--phases", "fuzzing,stateful", "--max-examples", "2"]
    options["editor"] = [*seed, "--phases", "fuzzing,stateful", "--max-examples", "5"]
    runs = list(fuzz.fuzz_as(list(fuzz.ROLES), options))
    assert all(run.is_clean for run in runs), "\n" + "\n".join(map(str, runs))
    assert min(run.operations for run in runs) >= fuzz.operations_in_schema()
