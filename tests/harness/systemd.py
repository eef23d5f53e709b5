# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's own systemd manager (systemd --user), with nothing but the units that a test gives it.

It runs in a mount and a control group name space of its own, where it sees one control group that the
test made and only itself in that: the machine's groups and processes can't be reached from there.
This needs root (CAP_SYS_ADMIN) and a mounted cgroup2.
"""
import os
import shutil
import unittest

from .process import wait_for
from .world import build_root, find_program

# Targets that each unit of a person depends on; taken as they are, without what wants them.
TARGETS = ('basic.target', 'default.target', 'exit.target', 'paths.target', 'shutdown.target',
           'sockets.target', 'timers.target', 'app.slice', 'session.slice', 'systemd-exit.service')
UNITS = '/usr/lib/systemd/user'
INSIDE = '''set -e
mount --make-rprivate /
mount -t tmpfs none /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
for pid in $(cat /sys/fs/cgroup/cgroup.procs); do
  [ "$pid" = $$ ] || [ "$(sed 's/.*) . //; s/ .*//' /proc/$pid/stat 2>/dev/null)" = $$ ] ||
    { [ -e /proc/$pid ] && echo "process $pid is not ours" && exit 1; }
done
mount -t tmpfs none /run
mkdir -p /run/systemd/system
exec "$0" --user --log-target=console
'''
OUTSIDE = '''set -e
echo $$ >"$1/cgroup.procs"
exec unshare --mount --cgroup sh -c "$3" "$2"
'''


def find_cgroup2():
    with open('/proc/mounts', encoding='utf-8') as f:
        return next((fields[1] for fields in map(str.split, f) if fields[2] == 'cgroup2'), None)


def root_is_mounted():
    """Not so in a plain chroot, where mounts can't be kept from everybody else."""
    with open('/proc/self/mountinfo', encoding='utf-8') as f:
        return any(line.split()[4] == '/' for line in f)


class UserManager:
    """`env` names the folders of the person (HOME, XDG_...)."""

    def __init__(self, world, env):
        self.world = world
        self.program = shutil.which('systemd', path='/lib/systemd:/usr/lib/systemd')
        root = find_cgroup2()
        if not self.program:
            raise unittest.SkipTest('systemd is not installed')
        if os.geteuid() != 0 or not root:
            raise unittest.SkipTest('only root can give systemd a control group, on a cgroup2 mount')
        if not root_is_mounted():
            raise unittest.SkipTest('the root folder is no mount point')
        self.group = os.path.join(root, f'offhook-test-{os.getpid()}-{len(world.things)}')
        try:
            os.mkdir(self.group)
        except OSError as error:
            raise unittest.SkipTest(f'no control group for systemd: {error}') from None
        self.process = None
        self.own_units = os.path.join(env['XDG_CONFIG_HOME'], 'systemd', 'user')
        self.units = os.path.dirname(world.path('units', 'x'))
        for name in TARGETS:
            os.symlink(os.path.join(UNITS, name), os.path.join(self.units, name))
        self.env = {**env, 'SYSTEMD_UNIT_PATH': f'{self.own_units}:{self.units}'}

    def install(self):
        """The unit of the build tree, as if the programs were installed in a folder of their own."""
        programs = os.path.dirname(self.world.path('bin', 'x'))
        for name in ('offhookd', 'offhookctl'):
            os.symlink(find_program(name), os.path.join(programs, name))
        with open(os.path.join(build_root(), 'data', 'offhookd-user.service'),
                  encoding='utf-8') as f:
            lines = f.read().split('\n')
        line = next(n for n, text in enumerate(lines) if text.startswith('ExecStart='))
        rest = lines[line].split('/offhookd ', 1)[1]
        lines[line] = f'ExecStart={programs}/offhookd {rest}'
        self.world.write('units/offhookd.service', '\n'.join(lines))
        return programs

    def start(self):
        self.process = self.world.start('systemd', ['/bin/sh', '-c', OUTSIDE, 'sh', self.group,
                                                    self.program, INSIDE], self.env)
        wait_for('systemd --user', lambda: self.ctl('is-active', 'default.target').strip() ==
                 'active', 15, 0.1, self.process)
        return self

    def ctl(self, *words):
        return self.world.run([find_program('systemctl'), '--user', *words], env=self.env,
                              check=False)

    def stop(self):
        """As the end of the last session does, or the machine's."""
        if self.process:
            self.process.end(15)
        self.process = None

    def end(self):
        self.stop()
        for folder, _, _ in os.walk(self.group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass
