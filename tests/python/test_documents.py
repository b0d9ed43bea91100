# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What the documents point at is there."""

import re

import pytest
from conftest import REPOSITORY


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "bench/results/README.md", "docs/kinks.md"]
)
def test_every_relative_link_leads_somewhere(name):
    text = (REPOSITORY / name).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (REPOSITORY / name).parent.joinpath(target).exists(), target
