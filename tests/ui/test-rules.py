#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user says in the settings where calls reach him, as people hear and type it."""
import time

from harness import main, wait_for
from harness.desktop import DesktopCase

OTHER = 'urn:uuid:00000000-0000-4000-8000-000000000002'
ROLE = 'radio button|check box'
SPIN = 'spin button|text|entry'
CHOICES = ['What I used last', 'My own order', 'All at once']


class Rules(DesktopCase):
    def rules(self):
        status, rules = self.server.http('GET', '/me/rules', token=self.other['token'])
        self.assertEqual(status, 200)
        return rules

    def wait_rule(self, name, value):
        wait_for(f'{name} to be {value}', lambda: self.rules()[name] == value, 10)

    def order(self):
        """Names of the places that have a rank."""
        return [p['name'] for p in self.rules()['places'] if p['rank']]

    def open_page(self):
        screen = self.screen
        screen.key('ctrl+comma')
        screen.wait(name='Settings', role='frame', state='active')
        screen.tab_to('anna@localhost')
        screen.key('space')
        screen.press('Where calls reach me', role='push button|button')
        screen.wait(name='What Rings First')

    def find_focused(self):
        """Which of the radio rows has the keyboard; -1: none."""
        return next((i for i, name in enumerate(CHOICES) if self.screen.find(
            name=name, state='focused')), -1)

    def choose(self, name):
        """A radio button: by Tab to the list, by arrows to its row."""
        wait_for(f'"{name}" to be there for choosing', lambda: self.find_sensitive(name))
        for _ in range(25):
            place = self.find_focused()
            if place == CHOICES.index(name):
                break
            self.screen.key('Tab' if place < 0 else
                            'Down' if place < CHOICES.index(name) else 'Up')
            time.sleep(0.2)  # the focus moves
        self.screen.wait(name=name, state='focused')
        self.screen.key('space')

    def find_sensitive(self, name):
        return self.screen.find(name=name, role=ROLE, sensitive=True)

    def test_by_keyboard(self):
        """Each rule arrives at the server; what offhookctl sets shows; without a server it shows what was
        known last, and nothing can be changed."""
        self.start_server(trunk=False)
        self.other = self.server.sign_in('anna', device='desktop', instance=OTHER)
        client = self.start_client()
        self.screen = screen = client.screen
        own = next(p['name'] for p in self.rules()['places'] if p['name'] != 'desktop')
        self.open_page()
        wait_for('the rules', lambda: self.find_sensitive('All at once'))
        self.keep_screenshot(client, 'rules-activity')
        self.choose('All at once')
        self.wait_rule('order', 'together')
        screen.wait_gone(name='Seconds until the next rings too', role=SPIN)

        self.choose('My own order')
        self.wait_rule('order', 'rank')
        screen.wait(name=f'Ring earlier: {own}')
        first, last = self.order()
        screen.tab_to(f'Ring earlier: {last}', 25)
        screen.key('space')
        wait_for('the order', lambda: self.order() == [last, first])
        screen.wait(name=f'Ring later: {last}', state='focused')  # it is the first: only this can be
        self.keep_screenshot(client, 'rules-own-order')
        screen.key('space')
        wait_for('the order', lambda: self.order() == [first, last])

        screen.tab_to('Where I am away', 25)
        screen.key('space')
        screen.wait(contains='It rings all the same', seen=False)
        time.sleep(0.5)  # the list takes the keyboard
        screen.key('Up')
        time.sleep(0.2)
        screen.key('Return')
        self.wait_rule('away', 'ring')
        self.server.ctl('user', 'set', 'anna', '--next-delay', '9', '--order', 'activity')
        screen.press('Back')
        screen.press('Where calls reach me', role='push button|button')
        wait_for('the delay', lambda: self.screen.find(name='Seconds until the next rings too',
                                                       role=SPIN)
                 and self.screen.find(name='Seconds until the next rings too',
                                      role=SPIN)[0]['text'] == '9')
        screen.wait_gone(name=f'Ring earlier: {own}')

        self.server.kill()
        screen.wait(30, contains='This is what was known last')


if __name__ == '__main__':
    main()
