import pytest

from tests import fuzz

SEED = 7


@pytest.mark.server
def test_no_request_of_any_role_is_answered_with_what_the_schema_does_not_know():
    """The short form of `make fuzz`: every operation as each role; the editor, who may do most, a little longer."""
    short = ["--seed", str(SEED), "--phases", "fuzzing,stateful", "--max-examples"]
    options = {role: [*short, "2"] for role in fuzz.ROLES} | {"editor": [*short, "6"]}
    runs = list(fuzz.fuzz_as(list(fuzz.ROLES), options))
    assert all(run.is_clean for run in runs), "\n" + "\n".join(map(str, runs))
    assert min(run.operations for run in runs) >= fuzz.operations_in_schema()
