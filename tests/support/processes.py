"""Runs Python in a process of its own, for what must be seen from outside: memory, imports."""

import subprocess
import sys
import textwrap


def run_python(code):
    """Run `code` and return what it printed; fail with what it wrote to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
