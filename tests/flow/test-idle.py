#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client tells its call server when its user leaves the keyboard: calls ring elsewhere first."""
import os

from harness import TestCase, main, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.idle import IdleMonitor
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

KITCHEN = 'urn:uuid:00000000-0000-4000-8000-000000000002'


USER, BEN = 'anna@one.test', 'ben@one.test'


class ByIm(TestCase):
    """Contacts at IM services see it too."""

    def test_shown_to_contacts(self):
        """Away, and since when; what the user chose is back with the user, and is never overwritten."""
        prosody = Prosody(self.world, {USER: 'Client secret 1', BEN: 'Bot secret 2'},
                          friends=[(USER, BEN)])
        monitor = IdleMonitor(self.world)
        client = self.world.add(Headless(self.world, env=monitor.env, im=True))
        client.say('protocols')
        client.wait('protocol', id='prpl-jabber')
        client.say('add-im', 'prpl-jabber', USER, prosody.users[USER],
                   f"{{'connect_server': <'127.0.0.1'>, 'port': <{prosody.port}>}}")
        question = client.wait_new('question', kind='certificate')
        client.say('question-answer', question['question'], 0)
        client.wait_new('account', state='online')
        ben = XmppBot(self.world, prosody, BEN)

        def wait_shown(show, status, idle):
            wait_for(f'{show} {status}', lambda: (lambda one: one and (
                one['show'], one['status'], bool(one['since'])) == (show, status, idle))(
                    ben.shown.get(USER)))
        client.say('status', 'available', 'At my desk')
        wait_shown('', 'At my desk', False)
        monitor.wait_followed()
        monitor.leave()
        wait_shown('away', 'At my desk', True)
        client.say('status', 'busy', 'Reading')
        wait_shown('dnd', 'Reading', True)
        client.say('status', 'invisible', '')
        wait_shown('xa', '', False)
        client.say('status', 'available', 'Back soon')
        wait_shown('away', 'Back soon', True)
        monitor.come_back()
        wait_shown('', 'Back soon', False)


class Idle(FlowCase):
    """Anna has the client, and a telephone in the kitchen that is always signed in."""

    def start(self, settings=''):
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--next-delay', '2', '--decline-action', 'busy')
        account = self.server.sign_in('anna', device='kitchen', instance=KITCHEN)
        self.server.ctl('device', 'set', account['device_id'], '--evidence', 'weak')
        self.kitchen = self.device('kitchen', account=account, ring_only=True)
        self.monitor = IdleMonitor(self.world)
        self.client = self.world.add(Headless(self.world, env=self.monitor.env, start=False))
        folder = os.path.join(self.client.env()['XDG_CONFIG_HOME'], 'offhook')
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'settings.ini'), 'w', encoding='utf-8') as f:
            f.write(settings)
        self.client.start()
        self.client.sign_in(self.server)

    def wait_presence(self, presence):
        wait_for(f'the client to be {presence}', lambda: any(
            r['presence'] == presence for r in self.server.ctl_json('registrations')
            if r['name'] != 'kitchen'))

    def arrived(self):
        return [e['call'] for e in self.server.events() if e['event'] == 'arrived']

    def call(self, name):
        """Who was to ring: (turn, why) by name, once the first ones ring."""
        before = len(self.arrived())
        caller = self.caller(name=name)
        wait_for('the call', lambda: len(self.arrived()) > before)
        self.server.wait_call_event('step')
        caller.stop()
        self.wait_ended()
        calls = self.history(self.kitchen.account)
        return {'kitchen' if p['name'] == 'kitchen' else 'client': (p['step'], p['why'])
                for p in calls[-1]['places']}

    def test_who_left_is_not_rung_first(self):
        """Away: the kitchen rings first; back at the keyboard: the client does."""
        self.start()
        self.monitor.wait_followed()
        self.monitor.leave()
        self.wait_presence('away')
        self.assertEqual(self.call('first'), {'kitchen': (0, 'weak'), 'client': (1, 'away-later')})
        self.monitor.come_back()
        self.wait_presence('open')
        self.assertEqual(self.call('second'), {'kitchen': (1, 'weak'), 'client': (0, 'used')})

    def test_not_told(self):
        """The setting is off: nobody watches, nothing is published, the sign-in is all that is known."""
        self.start('[offhook]\ntell-idle=false\n')
        self.assertEqual(self.call('first'), {'kitchen': (1, 'weak'), 'client': (0, 'used')})
        self.assertNotIn('AddIdleWatch ', self.monitor.mock.output())

    def test_monitor_ends(self):
        """The desktop's monitor goes while the user is away: nothing is known any more."""
        self.start()
        self.monitor.wait_followed()
        self.monitor.leave()
        self.wait_presence('away')
        self.monitor.mock.end()
        self.wait_presence('open')


if __name__ == '__main__':
    main()
