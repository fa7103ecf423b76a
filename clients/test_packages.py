"""The packages for npm and PyPI, as somebody installs them, against the service. `make packages` builds them first."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cutting_relay import cutting_relay
from standardwebhooks import Webhook
from test_clients import service  # noqa: F401

HERE = Path(__file__).parent
BUILT = HERE / "generated" / "packages"
TOOLS = HERE / "node_modules"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def succeeded(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built(ending: str) -> Path:
    (package,) = BUILT.glob(f"*{ending}")
    return package


def programs(readme: Path, language: str) -> str:
    """All that README.md shows, as one program."""
    blocks = re.findall(rf"```{language}\n(.*?)```", readme.read_text(), re.S)
    assert blocks
    return "\n".join(blocks)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment of its own, in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("python")
    succeeded(HERE / ".venv" / "bin" / "python", "-m", "venv", "venv", cwd=folder)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    succeeded(folder / "venv" / "bin" / "python", *install, built(".whl"), cwd=folder)
    shutil.copy(HERE / "python" / "tests" / "day.py", folder)
    (folder / "readme.py").write_text(programs(HERE / "python" / "README.md", "python"))
    return folder


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the tarball is installed."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    succeeded("npm", "install", "--silent", "--no-audit", "--no-fund", built(".tgz"), cwd=folder)
    shutil.copy(HERE / "typescript" / "tests" / "day.ts", folder)
    (folder / "readme.ts").write_text(programs(HERE / "typescript" / "README.md", "ts"))
    return folder


def signed(body: str, minutes: int = 0) -> dict[str, str]:
    """The headers of a webhook, sent so many minutes from now, by the specification's own library."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    signature = Webhook(SECRET).sign("msg_1", at, body)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def webhooks() -> str:
    """What the programs are to believe, and what not, as JSON."""
    event = {"type": "statement.tagged", "timestamp": "2026-03-02T14:05:00.000000Z"}
    body = json.dumps({**event, "data": {"resource_id": 6}})
    ping = json.dumps({**event, "type": "ping", "data": {"webhook": 1}})
    sent = {"headers": signed(body), "old": signed(body, -6), "early": signed(body, 6), "body": body}
    return json.dumps({**sent, "ping": {"headers": signed(ping), "body": ping}})


@pytest.fixture
def day(service: dict[str, str]) -> Iterator[dict[str, str]]:  # noqa: F811
    """What the programs find in their environment."""
    with cutting_relay(service["SERVER"]) as relay:
        yield {**service, "RELAY": relay, "WEBHOOK_SECRET": SECRET, "WEBHOOKS": webhooks()}


def compiled(folder: Path, *programs: str, **options: object) -> None:
    strict = {"strict": True, "noUncheckedIndexedAccess": True, "exactOptionalPropertyTypes": True}
    common = {"target": "es2022", "module": "nodenext", "lib": ["es2023", "dom", "dom.iterable"]}
    settings = {"compilerOptions": {**strict, **common, **options}, "files": programs}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    succeeded(TOOLS / ".bin" / "tsc", "--project", folder, cwd=folder)


def test_the_packages_have_the_version_of_the_service() -> None:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((HERE.parent / "openapi.yaml").read_text())["info"]["version"] == project
    assert tomllib.loads((HERE / "python" / "pyproject.toml").read_text())["project"]["version"] == project
    assert json.loads((HERE / "typescript" / "package.json").read_text())["version"] == project
    assert built(".whl").name == f"factcheck_client-{project}-py3-none-any.whl"
    assert built(".tgz").name == f"factcheck-client-{project}.tgz"


def test_the_npm_package_compiles_strictly_without_the_types_of_node(node: Path) -> None:
    (node / "page.ts").write_text('export * from "factcheck-client";\n')
    compiled(node, "page.ts", types=[], noEmit=True)


def test_the_npm_package_does_all_that_it_says(node: Path, day: dict[str, str]) -> None:
    compiled(node, "day.ts", types=["node"], typeRoots=[str(TOOLS / "@types")], skipLibCheck=True)
    assert succeeded("node", "day.js", cwd=node, **day).endswith("\nthe day is done\n")


def test_the_wheel_does_all_that_it_says(python: Path, day: dict[str, str]) -> None:
    interpreter = python / "venv" / "bin" / "python"
    mypy = ["-m", "mypy", "--strict", "--config-file=", "--python-executable", interpreter]
    succeeded(HERE / ".venv" / "bin" / "python", *mypy, "day.py", "readme.py", cwd=python)
    succeeded(HERE / ".venv" / "bin" / "python", *mypy, "--package", "factcheck_client", cwd=python)
    assert succeeded(interpreter, "day.py", cwd=python, **day).endswith("\nthe day is done\n")
