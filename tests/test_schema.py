from pathlib import Path

from django.core.management import call_command


def test_the_committed_schema_is_the_generated_one(tmp_path):
    call_command("spectacular", "--file", str(tmp_path / "openapi.yaml"))
    committed = Path(__file__).parent.parent / "openapi.yaml"
    assert (tmp_path / "openapi.yaml").read_text() == committed.read_text(), (
        "run: manage.py spectacular --file openapi.yaml"
    )
