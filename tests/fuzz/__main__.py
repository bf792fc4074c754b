"""`make fuzz`: schemathesis over the description of the API, against a live server, with and without login.

`python -m tests.fuzz PATH-TO-SCHEMATHESIS [EXAMPLES [OPTION-OF-SCHEMATHESIS…]]`. An option such as
`--include-path-regex=/api/ml` runs a part.

All checks of schemathesis are held, two of them as far as they go: a request that fits the description may be refused for
what no schema can say, but not for its shape, and what breaks the description is refused, but for the words that clients
of 1.x have for booleans (`schemathesis.toml`, `hooks.py`).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2

from labelyard.app import openapi_document
from tests.support.process import running_server
from tests.support.server import PASSWORD
from tests.support.world import build_world

HERE = Path(__file__).parent
TOKEN = "0123456789abcdef" * 2 + "01234567"
OPTIONS = (
    "--continue-on-failure", "--no-shrink", "--no-color", "--warnings=off", "--suppress-health-check=all",
    "--generation-database=none", "--request-timeout=60",
)  # fmt: skip
# They would end what the run works with: its token, its account.
LEFT_OUT = (
    "/api/current-user/reset-token",
    "/api/jwt/settings",
    "/api/current-user/password",
    "/api/users/{user_id}",
)


def main(schemathesis: str, examples: str = "200", *options: str) -> int:
    """Run all phases signed in, then without credentials; the number of runs that found something."""
    found = 0
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        description = home / "openapi.json"
        description.write_text(json.dumps(openapi_document()))
        arguments = ("--data-dir", "data", "--username", "ada@example.org", "--user-token", TOKEN)
        with running_server(
            (*arguments, "--enable-legacy-api-token"), cwd=home, env=_environment(home)
        ) as server:
            login = f"Authorization: Token {TOKEN}"
            with httpx2.Client(base_url=server.url, headers=dict([login.split(": ")]), timeout=60) as client:
                for number in range(8):  # so that the ids of examples and small numbers name something
                    world = build_world(client)  # type: ignore[arg-type]
                    _connect(client, world.ids["project_id"], home / "files" / str(number))
            command: tuple[str, ...] = (
                schemathesis, "--config-file", str(HERE / "schemathesis.toml"), "run", str(description),
                "-u", server.url, "-n", examples, *OPTIONS, *options,
            )  # fmt: skip
            for more in (("-H", login, *(f"--exclude-path={path}" for path in LEFT_OUT)), ()):
                ran = subprocess.run((*command, *more), check=False, cwd=directory, env=_with_hooks())
                found += bool(ran.returncode)
    return found


def _environment(home: Path) -> dict[str, str]:
    """Settings of the server, which may ask the models of the tests and read and write a directory."""
    return {
        "LABELYARD_PASSWORD": PASSWORD,
        "LABELYARD_SQLITE_SYNCHRONOUS": "NORMAL",
        "LABELYARD_ML_BLOCK_LOCAL_IP": "false",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(home / "files"),
    }


def _connect(client: httpx2.Client, project: int, directory: Path) -> None:
    """A source with a task in it, and a target."""
    directory.mkdir(parents=True)
    (directory / "one.json").write_text('{"text": "one"}')
    for path in ("localfiles", "export/localfiles"):
        made = client.post(f"/api/storages/{path}", json={"project": project, "path": str(directory)})
        made.raise_for_status()


def _with_hooks() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "hooks"}


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
