"""The generated clients, compiled strictly, against the running service. `make clients` generates them first."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import service_of_its_own

HERE = Path(__file__).parent
GENERATED = HERE / "generated"
PYTHON = HERE / ".venv" / "bin" / "python"
TSC = HERE / "node_modules" / ".bin" / "tsc"
ESBUILD = HERE / "node_modules" / ".bin" / "esbuild"
MYPY = [PYTHON, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=generated/.mypy_cache"]


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = {"MYPYPATH": "generated", "PYTHONPATH": "generated"}
    return subprocess.run(
        command, cwd=HERE, env={**os.environ, **paths, **environment}, capture_output=True, text=True, timeout=300
    )


def succeeded(*command: str | Path, **environment: str) -> str:
    done = run(*command, **environment)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def service() -> Iterator[dict[str, str]]:
    """Where it is, and an editor's token, in the variables that docs/clients.md names."""
    with service_of_its_own(None, 2, DEBUG="1") as running:
        token = running.prepare('call_command("create_token", "alice")')[-1]
        running.start()
        deadline = time.monotonic() + 60
        while not running.serves():
            assert time.monotonic() < deadline, running.log.read_text()
            time.sleep(0.1)
        yield {"SERVER": f"http://127.0.0.1:{running.port}", "TOKEN": token}


@pytest.fixture(scope="module")
def example() -> dict[str, Path]:
    """The programs in docs/clients.md, as files beside what is generated."""
    page = (HERE.parent / "docs" / "clients.md").read_text()
    files = {}
    for language, ending in (("ts", "ts"), ("python", "py")):
        (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.S)
        assert len([line for line in block.splitlines() if line]) <= 10
        files[ending] = GENERATED / f"example.{ending}"
        files[ending].write_text(block)
    return files


@pytest.fixture(scope="module")
def javascript(example: dict[str, Path]) -> Path:
    """Everything in TypeScript, compiled strictly."""
    shutil.rmtree(GENERATED / "js", ignore_errors=True)
    succeeded(TSC, "--noEmitOnError")
    return GENERATED / "js"


@pytest.fixture(scope="module")
def bundles() -> Path:
    """The programs in generators/ in TypeScript, compiled strictly; each with the code that its generator made."""
    succeeded(TSC, "--project", "generators")
    programs = sorted((HERE / "generators").glob("*.ts"))
    options = ["--bundle", "--packages=external", "--platform=node", "--format=esm", "--target=node20"]
    succeeded(ESBUILD, *programs, *options, "--log-level=warning", "--outdir=generated/bundles")
    return GENERATED / "bundles"


def test_what_is_wrong_does_not_compile_in_typescript() -> None:
    """Without the comments that expect them, the compiler reports exactly these errors."""
    code = (HERE / "editors_day.ts").read_text()
    expected = code.count("// @ts-expect-error")
    wrong = GENERATED / "wrong.ts"
    wrong.write_text(code.replace("// @ts-expect-error", "//").replace("./generated/", "./"))
    try:
        errors = run(TSC, "--noEmit").stdout
    finally:
        wrong.unlink()
    assert errors.count("): error TS") == expected == 5, errors
    assert "generated/wrong.ts" in errors
    assert """Type '"false"' is not assignable to type '"asserted" | "denied" | "unverified"'""" in errors


def test_the_python_client_compiles_strictly_and_what_is_wrong_does_not(example: dict[str, Path]) -> None:
    succeeded(*MYPY, "generated/factcheck_client")
    succeeded(*MYPY, "editors_day.py")
    succeeded(*MYPY, example["py"])
    code = (HERE / "editors_day.py").read_text()
    wrong = GENERATED / "wrong.py"
    wrong.write_text(code.replace("# type: ignore", "# "))
    errors = run(*MYPY, wrong).stdout
    assert errors.count(" error: ") == code.count("# type: ignore") == 4, errors
    assert 'Argument "tag" to "TagRequest" has incompatible type "str"; expected "Tag"' in errors


def test_an_editors_day_in_typescript(service: dict[str, str], javascript: Path) -> None:
    assert succeeded("node", javascript / "editors_day.js", **service) == "the day is done\n"


def test_an_editors_day_in_python(service: dict[str, str]) -> None:
    assert succeeded(PYTHON, "editors_day.py", **service) == "the day is done\n"


def test_the_programs_in_the_clients_page_run(
    service: dict[str, str], javascript: Path, example: dict[str, Path]
) -> None:
    tagged = "A Russian invasion is now virtually certain once the ground freezes denied\n"
    assert succeeded("node", javascript / "generated" / "example.js", **service) == tagged
    assert succeeded(PYTHON, example["py"], **service) == tagged


@pytest.mark.parametrize("program", ["orval", "hey_api", "swagger_typescript_api", "openapi_zod_client"])
def test_a_generated_typescript_client_lists_reads_tags_and_is_told_what_is_wrong(
    service: dict[str, str], bundles: Path, program: str
) -> None:
    assert succeeded("node", bundles / f"{program}.js", **service) == f"{program} is driven\n"


@pytest.mark.parametrize("program", ["orval_zod", "openapi_zod_client_zod"])
def test_the_generated_schemas_for_zod_take_real_answers_and_refuse_spoiled_ones(
    service: dict[str, str], bundles: Path, program: str
) -> None:
    assert succeeded("node", bundles / f"{program}.js", **service) == f"{program} is judged\n"


def test_the_generated_models_for_pydantic_compile_strictly_and_are_driven(service: dict[str, str]) -> None:
    program = Path("generators") / "datamodel_code_generator.py"
    succeeded(*MYPY, program)
    assert succeeded(PYTHON, program, **service) == "datamodel_code_generator is driven\n"
