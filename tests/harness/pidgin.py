# SPDX-License-Identifier: GPL-3.0-or-later
"""Pidgin as a person has it: its window on a display, signed in to Prosody, links handed on."""
import os
import shutil
from xml.sax.saxutils import escape

from .world import find_program

ACCOUNTS = '''<?xml version='1.0' encoding='UTF-8' ?>
<account version='1.0'>
  <account>
    <protocol>prpl-jabber</protocol>
    <name>{address}/pidgin</name>
    <password>{password}</password>
    <settings>
      <setting name='connect_server' type='string'>127.0.0.1</setting>
      <setting name='port' type='int'>{port}</setting>
      <setting name='connection_security' type='string'>require_tls</setting>
    </settings>
    <settings ui='gtk-gaim'>
      <setting name='auto-login' type='bool'>1</setting>
    </settings>
  </account>
</account>
'''
BUDDIES = '''<?xml version='1.0' encoding='UTF-8' ?>
<purple version='1.0'>
  <blist>
    <group name='Buddies'>
      <contact>
        <buddy account='{address}/pidgin' proto='prpl-jabber'>
          <name>{buddy}</name>
        </buddy>
      </contact>
    </group>
  </blist>
</purple>
'''
# Quiet, no icon in the tray to hide in, and links go to our command.
PREFERENCES = '''<?xml version='1.0' encoding='UTF-8' ?>
<pref version='1' name='/'>
  <pref name='pidgin'>
    <pref name='blist'>
      <pref name='list_visible' type='bool' value='1'/>
    </pref>
    <pref name='browsers'>
      <pref name='browser' type='string' value='custom'/>
      <pref name='manual_command' type='string' value='{command}'/>
    </pref>
    <pref name='docklet'>
      <pref name='show' type='string' value='never'/>
    </pref>
    <pref name='sound'>
      <pref name='method' type='string' value='none'/>
    </pref>
    <pref name='conversations'>
      <pref name='im'>
        <pref name='hide_new' type='string' value='never'/>
      </pref>
    </pref>
  </pref>
</pref>
'''


class Pidgin:
    """`buddy` is in its list. Links that are clicked are lines of a file, opened by nobody
    else: links() has them."""

    def __init__(self, world, display, prosody, address, buddy):
        self.folder = os.path.dirname(world.path('pidgin', 'x'))
        self._clicked = world.path('pidgin-links')
        command = world.write('open-link', f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{self._clicked}"\n',
                              0o700)
        account = {'address': escape(address), 'password': escape(prosody.users[address]),
                   'port': prosody.port, 'buddy': escape(buddy)}
        world.write('pidgin/accounts.xml', ACCOUNTS.format(**account))
        world.write('pidgin/blist.xml', BUDDIES.format(**account))
        world.write('pidgin/prefs.xml', PREFERENCES.format(command=escape(command + ' %s')))
        # It looks for a certificate that was accepted under the name to which it connects.
        shutil.copy(prosody.certificate(address.split('@')[1]),
                    world.path('pidgin', 'certificates', 'x509', 'tls_peers', '127.0.0.1'))
        # On these desktops it would ask them for a browser.
        env = {**display.env(), 'GNOME_DESKTOP_SESSION_ID': '', 'KDE_FULL_SESSION': ''}
        self.process = world.start('pidgin', [find_program('pidgin'), '--multiple', '--config',
                                              self.folder], env)

    def links(self):
        """What was clicked so far."""
        if not os.path.exists(self._clicked):
            return []
        with open(self._clicked, encoding='utf-8') as f:
            return f.read().split('\n')[:-1]
