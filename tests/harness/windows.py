# SPDX-License-Identifier: GPL-3.0-or-later
"""The client with the dummy provider on a virtual desktop: no call server, no telephone."""
import json
import os

from .case import TestCase
from .client import Client
from .display import Display
from .screen import BUTTON

CALL = {'id': 'one', 'name': 'Demo Caller', 'number': '+49305550117', 'called': '100',
        'deadline': 20, 'default': 3, 'options': [1, 3, 9]}


def held(name, step):
    """The step, and with it all that follow, waits until the test lets it go by that name."""
    return dict(step, until=name)


class WindowCase(TestCase):
    size = '1280x900x24'
    gtk_settings = {}
    variables = {}
    client = None
    screen = None

    def start_client(self, *steps, display=None, audio='fake', **variables):
        """Each step is a line of the dummy provider's script."""
        display = display or Display(self.world, size=self.size)
        if steps:
            script = self.world.path('script.jsonl')
            with open(script, 'w', encoding='utf-8') as f:
                f.write('\n'.join(json.dumps(s) for s in steps) + '\n')
            variables['OFFHOOK_DUMMY_SCRIPT'] = script
        display.variables.update(self.variables)
        display.variables.update(variables)
        self.client = self.world.add(Client(self.world, display, audio=audio, start=False))
        if self.gtk_settings:
            folder = os.path.join(self.client.home, 'config', 'gtk-4.0')
            os.makedirs(folder)
            with open(os.path.join(folder, 'settings.ini'), 'w', encoding='utf-8') as f:
                f.write('[Settings]\n' + ''.join(f'{k}={v}\n' for k, v in
                                                 self.gtk_settings.items()))
        self.client.start()
        self.screen = self.client.screen
        self.screen.wait(20, role='frame', state='active')

    def let_go(self, name):
        self.world.write(name, '')

    def ring(self, *steps, display=None, audio='fake', variables=None, **facts):
        """A call comes when the main window stands, so that what comes last has the keyboard."""
        self.start_client(held('ring', {'incoming': dict(CALL, **facts)}), *steps, display=display,
                          audio=audio, **(variables or {}))
        self.screen.wait_active('Offhook', 20)
        self.let_go('ring')
        self.screen.wait(20, name='Answer', role=BUTTON)

    def keep(self, name):
        """Pictures are kept whether the test fails or not."""
        self.client.display.screenshot(name)
        self.world.keep(('screenshots',))
