# SPDX-License-Identifier: GPL-3.0-or-later
"""The real gnome-keyring-daemon on a private bus, and a prompter of the test in place of its window.

Run as a program (keyring.py dismiss|ignore) it is that prompter: it owns the name by which
gnome-keyring-daemon asks for passwords, and lets its questions go or leaves them unanswered.
"""
import os
import sys

from gi.repository import Gio, GLib

PASSWORD = 'throw-away'
PROMPTER = 'org.gnome.keyring.SystemPrompter'
INTERFACE = 'org.gnome.keyring.internal.Prompter'
SERVICE = 'org.freedesktop.secrets'
PATH = '/org/freedesktop/secrets'
METHODS = f'''<node><interface name="{INTERFACE}">
<method name="BeginPrompting"><arg type="o" direction="in"/></method>
<method name="PerformPrompt"><arg type="o" direction="in"/><arg type="s" direction="in"/>
<arg type="a{{sv}}" direction="in"/><arg type="s" direction="in"/></method>
<method name="StopPrompting"><arg type="o" direction="in"/></method></interface></node>'''


class Keyring:
    """Unlocked; lock() and unlock() are what the person does elsewhere. `unlocks`: the program is to
    unlock it, at which libsecret loses a bus's answer; the leak sanitizer sees no leak in slices."""

    def __init__(self, world, daemon=True, unlocks=False):
        # Not at the top: the prompter is this file too, and no part of a package.
        from .process import wait_for  # pylint: disable=import-outside-toplevel
        from .world import find_program  # pylint: disable=import-outside-toplevel
        self.world = world
        runtime = os.path.dirname(world.path('runtime', 'x'))
        os.chmod(runtime, 0o700)
        self.private = {'XDG_RUNTIME_DIR': runtime,
                        'XDG_DATA_HOME': os.path.dirname(world.path('keyring-data', 'x'))}
        self.socket = os.path.join(runtime, 'bus')
        config = world.write('bus.conf', f'''<busconfig><type>session</type>
<listen>unix:path={self.socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>''')
        bus = world.start('dbus', [find_program('dbus-daemon'), f'--config-file={config}',
                                   '--nofork', '--print-address=1'], self.private)
        address = bus.wait_output(r'^(unix:\S+)$').group(1)
        self.env = {'DBUS_SESSION_BUS_ADDRESS': address}
        if unlocks:
            self.env['G_SLICE'] = ''
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        if daemon:
            keyring = world.start('keyring', [
                find_program('gnome-keyring-daemon'), '--foreground', '--components=secrets',
                '--control-directory', runtime, '--unlock'], {**self.private, **self.env},
                stdin=PASSWORD)
            wait_for('the unlocked keyring', self._is_unlocked, 20, process=keyring)

    def _is_unlocked(self):
        try:
            locked = self.connection.call_sync(
                SERVICE, PATH + '/collection/login', 'org.freedesktop.DBus.Properties', 'Get',
                GLib.Variant('(ss)', ('org.freedesktop.Secret.Collection', 'Locked')),
                GLib.VariantType('(v)'), Gio.DBusCallFlags.NO_AUTO_START, 5000, None)
        except GLib.Error:
            return False
        return not locked[0]

    def prompt(self, manner):
        """From now on questions are dismissed or ignored; a prompter before has to be ended."""
        process = self.world.start('prompter', ['/usr/bin/python3', __file__, manner], self.env)
        process.wait_output('^ready$')
        return process

    def call(self, interface, method, arguments):
        return self.connection.call_sync(SERVICE, PATH, interface, method, arguments, None,
                                         Gio.DBusCallFlags.NONE, 5000, None)

    def lock(self):
        self.call('org.freedesktop.Secret.Service', 'Lock',
                  GLib.Variant('(ao)', ([PATH + '/collection/login'],)))

    def unlock(self):
        session = self.call('org.freedesktop.Secret.Service', 'OpenSession',
                            GLib.Variant('(sv)', ('plain', GLib.Variant('s', ''))))[1]
        secret = (session, b'', PASSWORD.encode(), 'text/plain')
        self.call('org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface',
                  'UnlockWithMasterPassword',
                  GLib.Variant('(o(oayays))', (PATH + '/collection/login', secret)))


class Prompter:
    def __init__(self, manner):
        self.dismisses = manner == 'dismiss'
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.bus.register_object('/org/gnome/keyring/Prompter',
                                 Gio.DBusNodeInfo.new_for_xml(METHODS).interfaces[0],
                                 self.on_call, None, None)
        Gio.bus_own_name_on_connection(self.bus, PROMPTER, Gio.BusNameOwnerFlags.NONE,
                                       lambda *_: print('ready', flush=True), None)

    def on_call(self, _bus, sender, _path, _interface, method, arguments, invocation):
        invocation.return_value(None)
        print(method, flush=True)
        answer = None
        if method == 'BeginPrompting':
            answer = 'PromptReady', GLib.Variant('(sa{sv}s)', ('', {}, ''))
        elif method == 'PerformPrompt' and self.dismisses:
            answer = 'PromptReady', GLib.Variant('(sa{sv}s)', ('no', {}, arguments[3]))
        elif method == 'StopPrompting':
            answer = 'PromptDone', None
        if answer:
            self.bus.call(sender, arguments[0], INTERFACE + '.Callback', answer[0], answer[1], None,
                          Gio.DBusCallFlags.NONE, -1, None, None)


if __name__ == '__main__':
    Prompter(sys.argv[1])
    GLib.MainLoop().run()
