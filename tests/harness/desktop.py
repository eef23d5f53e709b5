# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ui tests share: a virtual desktop with a client that is signed in to a call server."""
from .client import Client
from .display import Display
from .flow import FlowCase
from .process import wait_for


class DesktopCase(FlowCase):
    """The client is the real one; its microphone hears the user's marked file."""

    def start_client(self, name='client', user='anna', display=None, sign_in=True, env=None,
                     said=None):
        if display is None:
            display = Display(self.world)
        display.variables.update(env or {})
        client = self.world.add(Client(self.world, display, name, said or self.marked('user')))
        if sign_in:
            client.sign_in(self.server, user)
            self.wait_registered(user)
            self.leave_assistant(client)
        return client

    def registrations(self):
        return self.server.ctl_json('registrations')

    def wait_registered(self, user='anna', count=1, timeout=30):
        wait_for(f'{user} to be registered', lambda: len(
            [r for r in self.registrations() if r['user'] == user]) >= count, timeout, 0.2,
            process=self.server.process)

    def leave_assistant(self, client):
        """Presses on to its end; the test call at the end is tried by a test of its own."""
        client.screen.press('Next', 20)
        client.screen.press('Finish')
        client.screen.wait(name='Main menu')
        client.screen.wait_active('Offhook')

    def keep_screenshot(self, client, name):
        """Screenshots of ui tests are kept whether the test fails or not."""
        path = client.display.screenshot(name)
        self.world.keep(('screenshots',))
        return path
