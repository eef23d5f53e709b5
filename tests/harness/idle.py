# SPDX-License-Identifier: GPL-3.0-or-later
"""A session bus of its own with python3-dbusmock in the place of GNOME's idle monitor."""
from .process import wait_for
from .world import find_program

# It starts no services: no keyring of the computer's takes part.
BUS = '''<busconfig>
<type>session</type>
<listen>unix:dir={folder}</listen>
<policy context="default">
<allow send_destination="*"/>
<allow receive_sender="*"/>
<allow own="*"/>
</policy>
</busconfig>
'''
NAME = 'org.gnome.Mutter.IdleMonitor'
PATH = '/org/gnome/Mutter/IdleMonitor/Core'
MOCK = 'org.freedesktop.DBus.Mock'
IDLE, ACTIVE = 7, 8  # its watches
METHODS = [('AddIdleWatch', 't', 'u', f'ret = dbus.UInt32({IDLE})'),
           ('AddUserActiveWatch', '', 'u', f'ret = dbus.UInt32({ACTIVE})'),
           ('GetIdletime', '', 't', 'ret = dbus.UInt64(0)')]


class IdleMonitor:
    def __init__(self, world):
        self.world = world
        config = world.write('idle-bus.conf', BUS.format(folder=world.dir))
        bus = world.start('session-bus', [find_program('dbus-daemon'), f'--config-file={config}',
                                          '--nofork', '--print-address=1'])
        self.env = {'DBUS_SESSION_BUS_ADDRESS': bus.wait_output(r'^(unix:\S+)$').group(1)}
        self.mock = world.start('idle-monitor', ['/usr/bin/python3', '-u', '-m', 'dbusmock',
                                                 '--session', NAME, PATH, NAME], self.env)
        wait_for('the idle monitor', lambda: NAME in self._gdbus(
            'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.ListNames'))
        self._call('AddMethods', NAME, str(METHODS))

    def _gdbus(self, name, path, method, *words):
        return self.world.run([find_program('gdbus'), 'call', '--session', '--dest', name,
                               '--object-path', path, '--method', method, *words], env=self.env)

    def _call(self, method, *words):
        self._gdbus(NAME, PATH, f'{MOCK}.{method}', *words)

    def wait_followed(self):
        """The client has its watch."""
        wait_for('the idle watch', lambda: 'GetIdletime' in self.mock.output())

    def fire(self, watch):
        self._call('EmitSignal', NAME, 'WatchFired', 'u', f'[<uint32 {watch}>]')

    def leave(self):
        """Nobody has touched anything for five minutes."""
        self.fire(IDLE)

    def wait_waiting(self):
        """The client waits for the person's return."""
        wait_for('the watch of activity', lambda: 'AddUserActiveWatch' in self.mock.output())

    def come_back(self):
        self.wait_waiting()
        self.fire(ACTIVE)
