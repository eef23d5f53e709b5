# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual desktop: Xvfb, a window manager, a private session bus, AT-SPI, a keyring."""
import itertools
import os
import re
import shlex
import shutil

from .process import Failure, wait_for
from .world import find_program


def wait_on_bus(world, name, process, env, bus='--session'):
    """Until that process has the name there."""
    wait_for(f'{name} on the bus', lambda: 'true' in world.run([
        find_program('gdbus'), 'call', bus, '--dest', 'org.freedesktop.DBus', '--object-path',
        '/org/freedesktop/DBus', '--method', 'org.freedesktop.DBus.NameHasOwner', name],
        env=env), 20, 0.1, process)


class Display:
    """env() is for programs that shall appear on it. With real=True the person's own display is
    used and only the bus is private."""
    _numbers = itertools.count(1)

    def __init__(self, world, real=False, size='1280x900x24'):
        self.world = world
        self.real = real
        self.number = next(self._numbers)
        runtime = os.path.dirname(world.path(f'runtime-{self.number}', 'x'))
        os.chmod(runtime, 0o700)
        self.variables = {'XDG_RUNTIME_DIR': runtime}
        if real:
            self._borrow_display()
        else:
            self._start_x(size)
        self._start_bus()
        if not real:
            self._start_window_manager()
        self._start_keyring()
        if not real:
            wait_for('the window manager', lambda: os.path.exists(self._managed), 20,
                     process=self.window_manager)

    def _borrow_display(self):
        """The person's windows and sound, but neither their session bus nor their systemd."""
        for name in ('DISPLAY', 'XAUTHORITY'):
            if os.environ.get(name):
                self.variables[name] = os.environ[name]
        if 'XAUTHORITY' not in self.variables and os.environ.get('HOME'):
            self.variables['XAUTHORITY'] = os.path.join(os.environ['HOME'], '.Xauthority')
        theirs = os.environ.get('XDG_RUNTIME_DIR', '')
        if os.environ.get('WAYLAND_DISPLAY'):
            self.variables['WAYLAND_DISPLAY'] = os.path.join(theirs, os.environ['WAYLAND_DISPLAY'])
        native = os.path.join(theirs, 'pulse', 'native')
        if os.path.exists(native):
            self.variables['PULSE_SERVER'] = 'unix:' + native

    def _start_x(self, size):
        number_file = self.world.path(f'x-display-{self.number}')
        command = (f'exec {find_program("Xvfb")} -displayfd 3 -screen 0 {size} -nolisten tcp '
                   f'-noreset 3>{number_file}')
        xvfb = self.world.start('xvfb', ['/bin/sh', '-c', command])

        def number():
            if not os.path.exists(number_file):
                return None
            with open(number_file, encoding='ascii') as f:
                return re.fullmatch(r'(\d+)\n', f.read())
        found = wait_for('a display of Xvfb', number, 20, process=xvfb)
        self.variables['DISPLAY'] = ':' + found.group(1)
        self.variables['GDK_BACKEND'] = 'x11'
        self.variables['GSK_RENDERER'] = 'cairo'
        self.variables['GDK_DEBUG'] = 'gl-disable'

    def _start_bus(self):
        bus = self.world.start('dbus', [find_program('dbus-daemon'), '--session', '--nofork',
                                        '--print-address=1'], self.env())
        address = bus.wait_output(r'^(unix:\S+)$').group(1)
        self.variables['DBUS_SESSION_BUS_ADDRESS'] = address
        self.variables['GTK_A11Y'] = 'atspi'
        self.variables['NO_AT_BRIDGE'] = '0'

    def _start_window_manager(self):
        """It says when it is ready: a window that comes earlier may never be mapped."""
        self._managed = self.world.path(f'managed-{self.number}')
        self.window_manager = self.world.start('openbox', [
            find_program('openbox'), '--startup', f'touch {shlex.quote(self._managed)}'], self.env())

    def _start_keyring(self):
        """A keyring that is unlocked with a throw-away password, where the program is there."""
        program = shutil.which('gnome-keyring-daemon')
        if program:
            folder = os.path.dirname(self.world.path(f'keyring-{self.number}', 'x'))
            os.chmod(folder, 0o700)
            self.world.start('keyring', [program, '--foreground', '--unlock',
                                         '--components=secrets',
                                         '--control-directory', folder],
                             dict(self.env(), XDG_DATA_HOME=os.path.dirname(
                                 self.world.path(f'keyring-data-{self.number}', 'x'))),
                             stdin='throw-away\n')

    def env(self):
        return dict(self.variables)

    def start_notifications(self):
        """A notification service in place of the desktop's: its output tells what it was asked."""
        service = self.world.start('notifications', [
            '/usr/bin/python3', '-u', '-m', 'dbusmock', '--template', 'notification_daemon'],
            self.env())
        wait_on_bus(self.world, 'org.freedesktop.Notifications', service, self.env())
        return service

    def ask_x(self, *words):
        """What xdotool answers to a question; asked anew where a window went away meanwhile."""
        def answer():
            try:
                return [self.world.run([find_program('xdotool'), *words], env=self.env())]
            except Failure as failure:
                if 'BadWindow' not in str(failure):
                    raise
        return wait_for('the windows to rest', answer)[0]

    def screenshot(self, name):
        """Writes a PNG of the whole screen; returns its path."""
        path = self.world.path('screenshots', f'{name}.png')
        self.world.run([find_program('import'), '-window', 'root', '-quality', '10', path],
                       env=self.env(), timeout=60)  # packed fast rather than small
        if not os.path.exists(path):
            raise Failure('no screenshot was made')
        return path
