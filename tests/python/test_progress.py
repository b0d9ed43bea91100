# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Progress is one line on a terminal, rewritten in place, and gone at the end."""

import os
import pty
import re
import subprocess

START = "\r\x1b[K"  # to the line's beginning, and all of it erased
TIME = r"(\d+\.\d s|\d+ s|\d+ min \d+ s|\d+ h \d+ min)"


def on_a_terminal(program, folder, *arguments):
    """(exit code, stdout, what stderr showed on a terminal of its own)."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [program, *map(str, arguments)], cwd=folder, stdout=subprocess.PIPE, stderr=end, text=True
    )
    os.close(end)
    shown = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody has the other end open
            break
        if not part:
            break
        shown += part
    os.close(terminal)
    stdout, _ = process.communicate(timeout=60)
    return process.returncode, stdout, shown.decode()


def test_a_scan_shows_how_far_it_is_and_the_time_left(program, data, digits):
    call = ["grid", "--mlp", "64-64-10", "--data", digits, "--x=-1:1:41"]
    code, stdout, shown = on_a_terminal(program, data, *call)
    assert code == 0 and "41 x 41 points" in stdout and "scanning" not in stdout
    assert shown.startswith(START + "scanning: ") and shown.endswith(START)
    assert "\n" not in shown
    lines = shown.split(START)[1:-1]
    done = []
    for line in lines:
        match = re.fullmatch(rf"scanning: (\d+) of 1681 \((\d+) %\), {TIME} left", line)
        assert match, line
        done.append(int(match[1]))
        assert abs(int(match[2]) - 100 * done[-1] / 1681) <= 0.5
    assert done == sorted(set(done)) and done[-1] == 1681
    assert lines[-1].endswith("(100 %), 0.0 s left")


def test_every_long_command_shows_its_progress(program, data, digits):
    network = ["--mlp", "64-4-10", "--data", digits, "--samples", "50"]
    for what, arguments in {
        "training": ["train", *network, "--iterations", "20"],
        "training: starts that have ended": ["train", *network, "--starts", "2", "--iterations"]
        + ["5", "--overwrite"],
        "scanning segments": ["segments", *network, "--region", "box:1", "--count", "20"],
        "minimising without the penalty": ["convexify", *network, "--parameters", "last"]
        + ["--points", "2", "--starts", "2", "--iterations", "5"],
        "rows": ["gallery", "--only", "12", "--device", "cpu"],
    }.items():
        code, _, shown = on_a_terminal(program, data, *arguments)
        assert code == 0, shown
        assert START + what + ": " in shown, (what, shown)
        assert shown.endswith(START), what


def test_quiet_and_what_is_no_terminal_show_nothing(program, run, data):
    call = ["grid", "--landscape", "xy", "--x", "0:1:301", "--overwrite"]
    assert run(*call).stderr == ""
    code, stdout, shown = on_a_terminal(program, data, *call, "--quiet")
    assert (code, stdout, shown) == (0, "", "")
