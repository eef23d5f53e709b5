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
        self.screen.wait(20, role='frame')

    def ring(self, *steps, **facts):
        self.start_client({'after': 500, 'incoming': dict(CALL, **facts)}, *steps)
        self.screen.wait(20, name='Answer', role=BUTTON)

    def keep(self, name):
        """Pictures are kept whether the test fails or not."""
        self.client.display.screenshot(name)
        self.world.keep(('screenshots',))
