"""The wheel carries the web app: it installs without Node and serves the pages."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from tests.support.process import clean_environment, free_port

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_an_installed_wheel_serves_the_web_app(tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    subprocess.run(
        [
            uv,
            "build",
            "-q",
            "--wheel",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "--out-dir",
            tmp_path,
            ROOT,
        ],
        check=True,
        env=clean_environment(PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}"),
    )
    (wheel,) = tmp_path.glob("labelyard-*.whl")
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", home / "bin" / "python", wheel], check=True)

    port = free_port()
    # No Node, no compiler, nothing of the development environment is in reach.
    environment = {"PATH": f"{home / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    arguments = ["start", "--data-dir", str(tmp_path / "data"), "--port", str(port), "--no-browser"]
    server = subprocess.Popen(
        [home / "bin" / "label-studio", *arguments], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        page = ""
        for _ in range(300):
            assert server.poll() is None
            try:
                page = httpx2.get(f"http://localhost:{port}/projects", timeout=5).text
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        assert '<div id="root">' in page
        script = page.split('src="/static/assets/')[1].split('"')[0]
        answer = httpx2.get(f"http://localhost:{port}/static/assets/{script}")
        assert answer.status_code == 200 and "javascript" in answer.headers["content-type"]
    finally:
        server.terminate()
        server.wait(timeout=30)
