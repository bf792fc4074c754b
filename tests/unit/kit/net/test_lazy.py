"""A server that fetches nothing does not carry the HTTP library."""

import subprocess
import sys


def test_the_library_is_loaded_by_the_first_request() -> None:
    program = (
        "import sys, labelyard.app\n"
        "from labelyard.kit.net import Limits, NetError, Policy, request\n"
        "assert 'httpcore2' not in sys.modules and 'h11' not in sys.modules\n"
        "try: request('GET', 'http://127.0.0.1/', limits=Limits(), policy=Policy())\n"
        "except NetError as error: print(error.code)\n"
        "assert 'httpcore2' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "forbidden_address"), done.stderr
