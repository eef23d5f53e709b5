# SPDX-License-Identifier: GPL-3.0-or-later
"""What the flow tests of the client share."""
from . import sound
from .flow import FlowCase
from .headless import Headless
from .process import wait_for


class ClientCase(FlowCase):
    """Clients without a window, each with a microphone and a loudspeaker of its own."""

    def client(self, name='client', user='anna', said='user', **options):
        client = self.world.add(Headless(self.world, name, said=self.marked(said), **options))
        return client.sign_in(self.server, user) if user else client

    def answered(self, client, caller=None, answer_after=0.0):
        """A caller whom `client` answers."""
        caller = caller or self.caller(max_time=40)
        client.wait('call', state='incoming')
        client.say('answer')
        client.wait_new('call', state='active')
        return caller

    def wait_played(self, *clients, seconds=6.7):
        """Until the loudspeakers have played so much more."""
        begun = [len(sound.read_wav(client.heard)) for client in clients]
        wait_for(f'{seconds} s of sound', lambda: all(
            len(sound.read_wav(client.heard)) - n >= seconds * sound.JUDGE_RATE
            for client, n in zip(clients, begun)), 20, 0.2)
