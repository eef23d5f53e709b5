# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away world: one folder, the processes in it, and their orderly end."""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from .process import SLOWNESS, Failure, Process, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Criticals of every domain, and of none; of warnings those that are a fault of the program for sure.
COMPLAINT = re.compile(r'(ERROR|WARNING): (Address|Leak|Thread)Sanitizer|: runtime error: |'
                       r'(-|: )CRITICAL \*\*|GLib(-GObject)?-WARNING \*\*|Assertion .* failed')
OTHERS = re.compile(r'^\((?!offhook|process:)[\w.-]+:\d+\): ')  # a program that isn't ours says it

# Program -> folders of the build tree where it may be.
PLACES = {
    'offhookd': ['server'],
    'offhookctl': ['server/admin', 'server'],
    'offhook': ['ui'],
    'offhook-phone': ['tests/phone'],
    'offhook-test-client': ['tests/client'],
    'offhook-test-im': ['tests/im'],
    'offhook-im': ['im'],
}


def build_root():
    return os.environ.get('OFFHOOK_BUILD') or os.path.join(ROOT, 'build')


def find_program(name):
    """A program of ours from the build tree, or a Debian one."""
    for place in PLACES.get(name, []):
        path = os.path.join(build_root(), place, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    if name in PLACES:
        raise Failure(f'{name} is not built in {build_root()}')
    path = shutil.which(name) or shutil.which(name, path='/usr/sbin:/sbin')
    if not path:
        raise Failure(f'{name} is not installed (build-aux/packages.txt names its package)')
    return path


_held_ports = []  # abstract sockets, one a port given away, as long as this program lives


def free_port(count=1):
    """A port of 127.0.0.1 that nobody has, for TCP and UDP; with count the first of as many. Below those
    that the kernel gives away by itself, and no other test gets it while this program lives."""
    fault = None
    for _ in range(1000):
        first, tried, held = random.randrange(10240, 32768 - count), [], []
        try:
            for port in range(first, first + count):
                held.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                held[-1].bind(f'\0offhook-test-port-{port}')
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    tried.append(socket.socket(socket.AF_INET, kind))
                    tried[-1].bind(('127.0.0.1', port))
        except OSError as error:
            fault = error
            for s in held:
                s.close()
        else:
            _held_ports.extend(held)
            return first
        finally:
            for s in tried:
                s.close()
    raise Failure(f'no free port on 127.0.0.1 ({fault}): end the programs of other test runs (ss -tulnp '
                  'shows them), or raise ulimit -n where too many files are open')


class World:
    """Use as a context: what was started in it is ended when it is left."""

    def __init__(self, name='offhook'):
        self.name = name
        self.dir = tempfile.mkdtemp(prefix='offhook-')
        self.things = []
        self.never_ended = []
        self.kept = None
        self.timeline_path = os.path.join(self.dir, 'timeline')
        self.env = dict(os.environ)
        for variable in ('DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'PULSE_SERVER',
                         'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'):
            self.env.pop(variable, None)
        # Mesa's cache lies in the home of the password file, whatever HOME says.
        self.env.update(LC_ALL='C.UTF-8', MESA_SHADER_CACHE_DISABLE='true',
                        OFFHOOK_TIMELINE=self.timeline_path,
                        HOME=os.path.dirname(self.path('home', 'x')),
                        PULSE_RUNTIME_PATH=os.path.join(self.dir, 'pulse-runtime'),  # else in /tmp
                        G_MESSAGES_DEBUG=os.environ.get('G_MESSAGES_DEBUG', ''))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close(failed=kind is not None)

    def path(self, *parts):
        """A path in the folder; its parent exists."""
        path = os.path.join(self.dir, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def entered(self):
        """The network where sockets of the test itself are opened: the machine's (network.py)."""
        return contextlib.nullcontext()

    def start(self, name, argv, env=None, cwd=None, stdin=None):
        """Starts a process that ends with the world. The log is NAME.log, numbered when used."""
        number = sum(1 for t in self.things if isinstance(t, Process) and t.name == name)
        log = self.path('logs', name + (f'-{number + 1}' if number else '') + '.log')
        merged = dict(self.env)
        merged.update(env or {})
        process = Process(name, argv, log, merged, cwd or self.dir, stdin)
        self.things.append(process)
        return process

    def run(self, argv, timeout=30, stdin=None, env=None, check=True):
        """Runs a short command; returns its output."""
        merged = dict(self.env)
        merged.update(env or {})
        done = subprocess.run([str(a) for a in argv], input=stdin, text=True, timeout=timeout * SLOWNESS,
                              capture_output=True, env=merged, cwd=self.dir, check=False)
        if check and done.returncode != 0:
            raise Failure(f'{" ".join(map(str, argv))} ended with {done.returncode}: '
                          f'{done.stderr.strip() or done.stdout.strip()}')
        return done.stdout

    def add(self, thing):
        """Something with end() that ends with the world."""
        self.things.append(thing)
        return thing

    def timeline(self):
        """Marks written so far, by time (base/oh-timeline.h)."""
        if not os.path.exists(self.timeline_path):
            return []
        marks = []
        with open(self.timeline_path, encoding='utf-8') as f:
            for line in f:
                if line.endswith('\n'):
                    marks.append(json.loads(line))
        return sorted(marks, key=lambda m: m['mono'])

    def mark(self, name, after=0):
        """mono time of the first mark of that name not before `after`, or None."""
        return next((m['mono'] for m in self.timeline()
                     if m['mark'] == name and m['mono'] >= after), None)

    def end(self):
        """Ends everything that was started, in reverse order."""
        for thing in reversed(self.things):
            try:
                thing.end()
            except Exception as error:  # pylint: disable=broad-except
                print(f'# while ending: {error}', flush=True)
        self.things = []
        self._end_leftovers()

    def _leftovers(self):
        """Ids of processes that ours started: the time line's name is in their environment."""
        own = b'OFFHOOK_TIMELINE=' + os.fsencode(self.timeline_path)
        found = []
        for pid in filter(str.isdecimal, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/environ', 'rb') as f:
                    if own in f.read().split(b'\0'):
                        found.append(int(pid))
            except OSError:
                pass
        return found

    def _end_leftovers(self):
        """They end by themselves once what started them has ended; one of ours that does not is
        a complaint."""
        try:
            wait_for('the end of what our programs started', lambda: not self._leftovers(), 10)
        except Failure:
            for pid in self._leftovers():
                try:
                    with open(f'/proc/{pid}/cmdline', 'rb') as f:
                        command = f.read().replace(b'\0', b' ').decode(errors='replace').strip()
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    continue
                print(f'# had to kill {pid}: {command}', flush=True)
                if os.path.basename(command.split(' ')[0]) in PLACES:
                    self.never_ended.append(f'{command} did not end')

    def complaints(self):
        """Lines of sanitizers and of GLib's assertions in the logs; programs that did not end."""
        found = list(self.never_ended)
        folder = os.path.join(self.dir, 'logs')
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), encoding='utf-8', errors='replace') as f:
                found += [f'{name}: {line.strip()}' for line in f
                          if COMPLAINT.search(line) and not OTHERS.search(line)]
        return found[:20]

    def close(self, failed=False):
        self.end()
        if os.path.isdir(self.dir):
            if failed:
                self.keep()
            shutil.rmtree(self.dir, ignore_errors=True)

    def keep(self, parts=('logs', 'timeline', 'offhookd.conf', 'sound', 'screenshots')):
        """Copies logs, sound and screenshots to the test output folder."""
        output = os.environ.get('OFFHOOK_TEST_OUTPUT') or os.path.join(build_root(), 'test-output')
        self.kept = os.path.join(output, self.name)
        shutil.rmtree(self.kept, ignore_errors=True)
        os.makedirs(self.kept, exist_ok=True)
        for part in parts:
            source = os.path.join(self.dir, part)
            if os.path.isdir(source):
                shutil.copytree(source, os.path.join(self.kept, part))
            elif os.path.isfile(source):
                shutil.copy(source, self.kept)
        print(f'# logs are in {self.kept}', flush=True)
        return self.kept
