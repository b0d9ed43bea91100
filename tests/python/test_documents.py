# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What the documents point at is there."""

import re

import pytest
from conftest import REPOSITORY


def test_the_tours_first_commands_train_until_they_converge(run):
    text = (REPOSITORY / "README.md").read_text()
    block = re.search(r"## A tour by tasks.*?```console\n(.*?)```", text, re.DOTALL).group(1)
    commands = re.findall(r"^\$ convexscan (.*)$", block, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["train", "grid"]
    for command in commands:
        words = command.replace("examples/", f"{REPOSITORY}/examples/").split()
        result = run(*words)
        assert result.returncode == 0, result.stderr
        if words[0] == "train":
            assert "converged after" in result.stdout


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "bench/results/README.md", "docs/kinks.md"]
)
def test_every_relative_link_leads_somewhere(name):
    text = (REPOSITORY / name).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (REPOSITORY / name).parent.joinpath(target).exists(), target
