# SPDX-License-Identifier: GPL-3.0-or-later
"""What the flow, ui, web and fault tests and ./run are made of: real programs on loopback.

A test makes a World, starts things in it, and leaves it; everything that was started is ended by
its process id in reverse order, and logs are kept when the test failed.
"""
from .process import Failure, Lateness, Process, wait_for
from .world import World, find_program, free_port
from .case import TestCase, main

__all__ = ['Failure', 'Lateness', 'Process', 'TestCase', 'World', 'find_program', 'free_port', 'main',
           'wait_for']
