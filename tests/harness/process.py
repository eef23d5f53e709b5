# SPDX-License-Identifier: GPL-3.0-or-later
"""One process of a test: started, waited for with a deadline, ended by its id."""
import ctypes
import os
import re
import signal
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
SLOWNESS = 2 if os.environ.get('OFFHOOK_SANITIZED') else 1  # of the programs that are tried
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(AssertionError):
    """A wait or a program that did not do what the test needs."""


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(what, predicate, timeout=10.0, interval=0.02, process=None):
    """Calls predicate until it returns something true; returns that. Never waits for ever."""
    deadline = time.monotonic() + timeout * SLOWNESS
    while True:
        value = predicate()
        if value:
            return value
        if process is not None and process.poll() is not None:
            value = predicate()
            if value:
                return value
            raise Failure(f'{process.name} ended with {process.poll()} while waiting for {what}; '
                          f'it said:\n{process.tail()}')
        if time.monotonic() > deadline:
            said = f'; {process.name} said:\n{process.tail()}' if process else ''
            raise Failure(f'no {what} within {timeout * SLOWNESS:g} s{said}')
        time.sleep(interval)


class Lateness(threading.Thread):
    """Seconds by which this program was woken too late since it was made: what a limit between two other
    programs must allow, too, on a machine that is busy."""

    def __init__(self):
        super().__init__(daemon=True)
        self._seconds = 0.0
        self._over = False
        self.start()

    def run(self):
        while not self._over:
            before = time.monotonic()
            time.sleep(0.01)
            self._seconds += max(0.0, time.monotonic() - before - 0.012)

    def end(self):
        self._over = True
        self.join()
        return self._seconds


class Process:
    """Output goes to a file, so that nothing blocks and everything can be read afterwards."""

    def __init__(self, name, argv, log, env=None, cwd=None, stdin=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = log
        self._out = open(log, 'wb')  # pylint: disable=consider-using-with
        self.popen = subprocess.Popen(  # pylint: disable=consider-using-with
            self.argv, stdout=self._out, stderr=subprocess.STDOUT, env=env, cwd=cwd,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            preexec_fn=_die_with_parent)
        if stdin is not None:
            self.popen.stdin.write(stdin.encode())
            self.popen.stdin.close()

    @property
    def pid(self):
        return self.popen.pid

    def poll(self):
        return self.popen.poll()

    def output(self):
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return f.read()

    def lines(self):
        """Those that are written to their end: more of the last one may be on its way."""
        return self.output().split('\n')[:-1]

    def tail(self, lines=15):
        return '\n'.join(self.output().split('\n')[-lines - 1:])

    def wait_output(self, pattern, timeout=10.0):
        """Waits until the output matches; returns the match."""
        regexp = re.compile(pattern, re.M)
        return wait_for(f'"{pattern}" from {self.name}', lambda: regexp.search(self.output()),
                        timeout, process=self)

    def wait(self, timeout=10.0):
        """Waits for the end; returns the exit code."""
        try:
            return self.popen.wait(timeout * SLOWNESS)
        except subprocess.TimeoutExpired:
            raise Failure(f'{self.name} still runs after {timeout * SLOWNESS:g} s; it said:\n'
                          f'{self.tail()}') from None

    def signal(self, number):
        self.popen.send_signal(number)

    def kill(self):
        """SIGKILL, as a power cut would."""
        self.popen.kill()
        self.popen.wait(30)

    def end(self, timeout=10.0):
        """SIGTERM, SIGKILL when that is not heard; returns the exit code."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(timeout * SLOWNESS)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(30)
        if not self._out.closed:
            self._out.close()
        return self.popen.returncode

    def memory(self):
        """PSS in KiB."""
        return self._read_memory('Pss')

    def own_memory(self):
        """KiB of what is no file's and nobody else's: heap, stacks."""
        return self._read_memory('Pss_Anon')

    def _read_memory(self, kind):
        with open(f'/proc/{self.pid}/smaps_rollup', encoding='ascii') as f:
            for line in f:
                if line.startswith(kind + ':'):
                    return int(line.split()[1])
        raise Failure(f'the kernel tells no {kind} of {self.name}')

    def wakeups(self):
        """How often each of its threads, by its number, has waited for something and was woken."""
        counts = {}
        for task in os.listdir(f'/proc/{self.pid}/task'):
            with open(f'/proc/{self.pid}/task/{task}/status', encoding='utf-8') as f:
                counts[task] = next(int(line.split()[1]) for line in f
                                    if line.startswith('voluntary_ctxt_switches'))
        return counts

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f'/proc/{self.pid}/stat', encoding='utf-8') as f:
            fields = f.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
