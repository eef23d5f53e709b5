#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The windows as different people see them. What a program can judge is judged (words, widths, no
complaint of GTK); the rest is kept as pictures to be looked at."""
import glob
import os
import re
import time
import unittest

from harness import main, wait_for
from harness.case import TestCase
from harness.screen import BUTTON
from harness.windows import CALL, WindowCase, held
from harness.world import build_root, find_program

LONG = 'Demonstration Caller With a Name That Is Far Longer Than Any Window Wants It to Be'

MESSAGES = [('Shall we have lunch?', False), ('Yes, at one.', True),
            ('The place is at https://example.org/menu?day=today&table=for-two-persons-by-the-window '
             'and they have a garden. ' + 'It is quiet there, so that one can talk. ' * 4, False),
            ('See you!', False)]


class Look(WindowCase):
    """Each window once, driven by keys, which are the same in every language."""
    name = LONG
    words = {'Answer': 'Answer', 'Hang up': 'Hang up'}
    width = 1280

    def widths(self):
        """Of all its windows."""
        said = self.client.display.ask_x('search', '--onlyvisible', '--class', 'offhook',
                                         'getwindowgeometry', '%@')
        return [int(width) for width in re.findall(r'Geometry: (\d+)x', said)]

    def look(self, name):
        time.sleep(0.3)  # pages have come to rest
        self.keep(name)
        self.assertLessEqual(max(self.widths()), self.width, name)

    def look_at_all(self):
        self.start_client({'after': 300, 'account': 'online', 'reason': 'none'},
                          {'contact': {'address': 'long@dummy', 'name': self.name,
                                       'presence': 'away', 'message': 'Back at three. ' * 9}},
                          {'contact': {'address': 'echo@dummy', 'name': 'Echo',
                                       'presence': 'available'}},
                          {'contact': {'address': 'blocked@dummy', 'name': 'Blocked Demo',
                                       'group': self.name, 'blocked': True}},
                          *({'message': {'with': 'long@dummy', 'text': t, 'own': own}}
                            for t, own in MESSAGES),
                          held('ring', {'incoming': dict(CALL, name=self.name)}))
        screen = self.screen
        self.let_go('ring')
        screen.wait(20, name=self.words['Answer'], role=BUTTON)
        screen.wait_keyboard(self.name)
        wait_for('the window', lambda: self.world.mark('window-mapped'), 20)
        self.look('1-incoming')
        screen.key('ctrl+1')
        screen.wait(name=self.words['Hang up'], role=BUTTON)
        screen.wait_gone(name=self.words['Answer'], role=BUTTON)
        screen.wait_keyboard(self.name)
        self.look('2-in-call')
        screen.key('ctrl+e')
        screen.wait_gone(name=self.words['Hang up'], role=BUTTON)
        self.look('3-history')
        screen.key('alt+2')
        self.look('4-dial-pad')
        screen.key('ctrl+comma')
        screen.wait_active(self.words.get('Settings', 'Settings'))
        screen.wait(contains='demo@dummy')
        self.look('5-settings')
        screen.press(self.words.get('Sound', 'Sound'))
        self.look('6-sound')
        screen.turn_wheel(30, up=False)
        self.look('6-sound-end')
        screen.key('ctrl+w')
        screen.wait_gone(name='demo@dummy')
        screen.wait_active('Offhook')
        screen.key('alt+3')
        screen.wait(name='Echo')
        self.look('7-contacts')
        screen.key('Tab', 'space')
        wait_for('the dialog', lambda: len(self.widths()) > 1, 20)
        screen.wait_gone(role='frame', name='Offhook', state='active')  # the dialog has the keyboard
        self.look('7-contacts-add')
        screen.key('Escape')
        wait_for('the dialog to go', lambda: len(self.widths()) == 1, 20)
        screen.wait_active('Offhook')
        screen.key('alt+3')
        screen.type('Demonstration')
        screen.key('Return')
        screen.wait(contains='https://example.org/menu')
        self.look('8-chat')
        self.assert_quiet()

    def look_at_assistant(self, welcome):
        self.start_client()
        self.screen.wait(20, contains=welcome)
        self.look('0-assistant')
        self.assert_quiet()

    def assert_quiet(self):
        with open(self.world.path('logs', 'client.log'), encoding='utf-8') as f:
            said = [line for line in f if re.search(r'(Gtk|Adwaita|GLib\w*|oh-ui)-(WARN|CRIT)', line)]
        self.assertFalse(said)


class Icons(TestCase):
    def test_own_ones_can_be_drawn(self):
        """They are SVG; GTK puts a warning sign in their place where nothing here reads that."""
        query = glob.glob('/usr/lib/*/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders')[0]
        self.assertIn('"svg"', self.world.run([query]))


class Light(Look):
    def test_all(self):
        self.look_at_all()


class Dark(Look):
    variables = {'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark'}

    def test_all(self):
        self.look_at_all()


class HighContrast(Look):
    variables = {'ADW_DEBUG_HIGH_CONTRAST': '1'}

    def test_all(self):
        self.look_at_all()


class LargeText(Look):
    """Half as large again, as the desktop's large text and more."""
    gtk_settings = {'gtk-font-name': 'Sans 15'}

    def test_all(self):
        self.look_at_all()

    def test_assistant(self):
        self.look_at_assistant('Start a call server')


class Narrow(Look):
    """A telephone's screen of 360 pixels."""
    size = '360x720x24'
    width = 360 + 10  # and the border that GTK draws where no compositor is

    def test_all(self):
        self.look_at_all()

    def test_assistant(self):
        self.look_at_assistant('Start a call server')


class German(Look):
    words = {'Answer': 'Annehmen', 'Hang up': 'Auflegen', 'Settings': 'Einstellungen',
             'Sound': 'Ton'}

    def setUp(self):
        super().setUp()
        folder = os.path.join(build_root(), 'po')
        if not os.path.exists(os.path.join(folder, 'de', 'LC_MESSAGES', 'offhook.mo')):
            raise unittest.SkipTest('the translations are not built')
        self.variables = {'LANGUAGE': 'de', 'OFFHOOK_LOCALE_PATH': folder}

    def test_all(self):
        self.look_at_all()

    def test_assistant(self):
        self.look_at_assistant('Willkommen bei Offhook')


class RightToLeft(Look):
    """An Arabic desktop. GLib turns a program round only where it has a translation: an empty one."""

    def setUp(self):
        super().setUp()
        if not os.path.exists('/usr/share/locale/ar/LC_MESSAGES/gtk40.mo'):
            raise unittest.SkipTest('the Arabic translation of GTK is not installed')
        folder = self.world.path('po', 'ar', 'LC_MESSAGES', 'x')
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        source = self.world.path('ar.po')
        with open(source, 'w', encoding='utf-8') as f:
            f.write('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
        self.world.run([find_program('msgfmt'), '-o', folder[:-1] + 'offhook.mo', source])
        self.variables = {'LANGUAGE': 'ar', 'OFFHOOK_LOCALE_PATH': self.world.path('po')}

    def test_all(self):
        self.look_at_all()

    def test_assistant(self):
        self.look_at_assistant('Start a call server')


if __name__ == '__main__':
    main()
