"""A run that is stopped leaves nothing half-written and says how it ended."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# a job in the background of a shell starts with SIGINT ignored: give the command an ordinary start
ORDINARY = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, '-m', 'jezero_sites', *sys.argv[1:]])"
)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_nothing_and_exits_with_its_signal(area, tmp_path, sent, code):
    args = ["assess", str(area / "dem.tif"), "--out", str(tmp_path / "run")]
    command = [sys.executable, "-c", ORDINARY, *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("write the run directory"):
                break
        process.send_signal(sent)
        process.communicate(timeout=120)
    assert process.returncode == code
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_that_arrives_where_python_drops_exceptions_still_stops_the_run(sent, code):
    program = f"""
import signal, time, weakref
import jezero_sites.cli as door

class Part:
    pass

def main(**_):
    part = Part()
    known = weakref.ref(part, lambda _: signal.raise_signal(signal.{sent}))  # as importlib has them
    del part
    time.sleep(100)

signal.signal(signal.SIGINT, signal.default_int_handler)
door.cli.main = main
door.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_stops_early_is_no_fault():
    """As ``jezero-sites samples | head``."""
    command = [sys.executable, "-m", "jezero_sites", "samples"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0
    assert said == ""
