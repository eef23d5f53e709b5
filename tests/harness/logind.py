# SPDX-License-Identifier: GPL-3.0-or-later
"""A system bus of its own with python3-dbusmock in the place of logind."""
from .display import wait_on_bus
from .world import find_program

NAME = 'org.freedesktop.login1'


class Logind:
    """env is for the programs that shall hear of the sleep."""

    def __init__(self, world):
        self.world = world
        bus = world.start('system-bus', [find_program('dbus-daemon'), '--session', '--nofork',
                                         '--print-address=1'])
        self.env = {'DBUS_SYSTEM_BUS_ADDRESS': bus.wait_output(r'^(unix:\S+)$').group(1)}
        mock = world.start('logind', ['/usr/bin/python3', '-u', '-m', 'dbusmock', '--system',
                                      '--template', 'logind'], self.env)
        wait_on_bus(world, NAME, mock, self.env, '--system')

    def prepare_for_sleep(self, begins):
        """True before the sleep, False after it."""
        self.world.run([find_program('gdbus'), 'call', '--system', '--dest', NAME, '--object-path',
                        '/org/freedesktop/login1', '--method',
                        'org.freedesktop.DBus.Mock.EmitSignal', f'{NAME}.Manager',
                        'PrepareForSleep', 'b', f'[<{"true" if begins else "false"}>]'],
                       env=self.env)
