# SPDX-License-Identifier: GPL-3.0-or-later
"""Benches that are programs of their own: each prints one JSON object a figure."""
import json
import os
import subprocess

from figure import Figure
from harness import Failure


def run_program(name):
    """The figures that bench/NAME prints."""
    program = os.path.join(os.environ['OFFHOOK_BUILD'], 'bench', name)
    if not os.access(program, os.X_OK):
        raise Failure(f'{program} is not built')
    done = subprocess.run([program], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise Failure(f'{program} ended with {done.returncode}: {done.stderr.strip()[-300:]}')
    figures = []
    for line in done.stdout.split('\n'):
        if line.startswith('{'):
            figures.append(Figure(**json.loads(line)))
    if not figures:
        raise Failure(f'{program} printed no figure')
    return figures
