# SPDX-License-Identifier: GPL-3.0-or-later
"""The echo canceller on a simulated room."""
from program import run_program


def run():
    return run_program('echo')
