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
