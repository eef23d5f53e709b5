#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user says in the settings where calls are told by instant messaging."""
import re

from harness import main, wait_for
from harness.desktop import DesktopCase
from harness.im import add_xmpp_account, engine_env
from harness.prosody import Prosody
from harness.screen import BUTTON
from harness.xmppbot import XmppBot

CALLS = 'calls@one.test'
ANNA = 'anna@one.test'
USERS = {CALLS: 'Server secret 1', ANNA: 'Bot secret 2'}


class Addresses(DesktopCase):
    def identities(self):
        return self.server.ctl_json('im', 'identity', 'list')

    def code(self, bot):
        texts = wait_for('the code', lambda: bot.texts(CALLS))
        return re.search(r'The code is (\d{6})', texts[0]).group(1)

    def open_page(self, client):
        screen = self.screen
        screen.key('ctrl+comma')
        screen.wait(name='Settings', role='frame', state='active')
        screen.tab_to('anna@localhost')
        screen.key('space')
        self.keep_screenshot(client, 'im-account')
        screen.press('Instant messaging', role='push button|button')

    def test_by_screen_reader(self):
        """No service; none yet; nonsense; a code, wrong and right; the number hidden; removed."""
        self.start_server(trunk=False, env=engine_env(self.world))
        client = self.start_client()
        self.screen = screen = client.screen
        self.open_page(client)
        screen.wait(contains='No Instant Messaging Here')
        self.keep_screenshot(client, 'im-no-service')
        screen.press('Back')
        screen.wait_gone(name='Back', role=BUTTON)  # nothing is filled in there any more
        prosody = Prosody(self.world, USERS)
        add_xmpp_account(self.server, prosody, CALLS)
        bot = XmppBot(self.world, prosody, ANNA)
        wait_for('the IM account', lambda: self.server.ctl_json('im', 'account', 'list')[0][
            'state'] == 'online')
        screen.press('Instant messaging', role='push button|button')
        screen.wait(contains='None yet.')
        screen.fill('Your address or nickname there', 'everybody')
        screen.press('Send Code')
        screen.wait(contains='no person’s address')
        screen.fill('Your address or nickname there', ANNA)
        screen.press('Send Code')
        code = self.code(bot)
        screen.wait(contains='Not verified yet')
        self.keep_screenshot(client, 'im-not-verified')
        screen.fill('Code of six digits', f'{(int(code) + 1) % 1000000:06}')
        screen.press(f'Verify: {ANNA}')
        screen.wait(contains='That is not the code. 4 tries are left.')
        self.assertFalse(self.identities()[0]['verified'])
        screen.fill('Code of six digits', code)
        screen.press(f'Verify: {ANNA}')
        screen.wait(contains='The address is yours.')
        screen.wait_gone(name=f'Verify: {ANNA}', role=BUTTON)
        self.assertTrue(self.identities()[0]['verified'])
        self.keep_screenshot(client, 'im-verified')
        screen.press('Show the caller’s number', role='toggle button|switch|check box')
        wait_for('the number to be hidden', lambda: not self.identities()[0]['show_number'])
        screen.press(f'Remove: {ANNA}')
        screen.wait(contains='Calls are no longer offered', seen=False)  # GTK 4.8: never show
        screen.wait_gone(role='frame', name='Settings', state='active')  # it has the keyboard
        screen.key('alt+r')
        screen.wait(contains='None yet.')
        wait_for('the server to forget it', lambda: not self.identities())


if __name__ == '__main__':
    main()
