"""The real `label-studio-ml` server in a process of its own, from the environment that `make setup` makes for it."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = Path(os.environ.get("ML_ENVIRONMENT", ROOT / ".venv-ml"))


@contextmanager
def real_model_server(directory: Path) -> Iterator[str]:
    """Its address. `directory` gets what `label-studio-ml init` makes of our model."""
    command = ENVIRONMENT / "bin" / "label-studio-ml"
    if not command.is_file():
        raise RuntimeError(f"{command} is missing: run make setup")
    # The command starts the plain word `python`.
    environment = {**os.environ, "PATH": f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    script = str(Path(__file__).with_name("model.py"))
    subprocess.run(
        [str(command), "init", "moods", "--script", script],
        cwd=directory, env=environment, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = directory / "model.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(command), "start", "moods", "--host", "127.0.0.1", "--port", str(port)],
            cwd=directory, env=environment, stdout=sink, stderr=sink, start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 60
        while not _answers(f"{url}/health"):
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(
                    f"label-studio-ml did not start:\n{log.read_text(errors='replace')[-5000:]}"
                )
            time.sleep(0.1)
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
