"""`make fuzz`: schemathesis over the description of the API, against a live server, with and without login.

`python -m tests.fuzz PATH-TO-SCHEMATHESIS [EXAMPLES]`. It fails on a 5xx, an answer or status that is not described, a
wrong `Allow`, an object that is there after its deletion.

Two checks are left out. That everything which fits the schemas is accepted does not hold where more is asked than a
schema can say (a label config that means something, an id that exists). That everything else is refused does not hold
where clients of 1.x are used to leniency: unknown headers, 0 and 1 for booleans, a body that is left out.
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

TOKEN = "0123456789abcdef" * 2 + "01234567"
OPTIONS = (
    "--exclude-checks=ignored_auth,positive_data_acceptance,negative_data_rejection",
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


def main(schemathesis: str, examples: str = "200") -> int:
    """Run all phases signed in, then without credentials; the number of runs that found something."""
    found = 0
    with tempfile.TemporaryDirectory() as directory:
        description = Path(directory) / "openapi.json"
        description.write_text(json.dumps(openapi_document()))
        arguments = ("--data-dir", "data", "--username", "ada@example.org", "--user-token", TOKEN)
        environment = {"LABELYARD_PASSWORD": PASSWORD, "LABELYARD_SQLITE_SYNCHRONOUS": "NORMAL"}
        with running_server(
            (*arguments, "--enable-legacy-api-token"), cwd=Path(directory), env=environment
        ) as server:
            login = f"Authorization: Token {TOKEN}"
            with httpx2.Client(base_url=server.url, headers=dict([login.split(": ")])) as client:
                for _ in range(8):  # so that the ids of examples and small numbers name something
                    build_world(client)  # type: ignore[arg-type]
            command = (schemathesis, "run", str(description), "-u", server.url, "-n", examples, *OPTIONS)
            for more in (("-H", login, *(f"--exclude-path={path}" for path in LEFT_OUT)), ()):
                ran = subprocess.run((*command, *more), check=False, cwd=directory, env=_with_hooks())
                found += bool(ran.returncode)
    return found


def _with_hooks() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "SCHEMATHESIS_HOOKS": "hooks"}


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
