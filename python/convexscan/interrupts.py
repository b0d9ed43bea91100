# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Ctrl-C while libraries load."""

import contextlib
import signal
import threading


@contextlib.contextmanager
def ending_at_once():
    """Lets an interrupt end the process, as it ends one in C: a library that is being imported may
    take the exception for a failure of its own."""
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not own or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
