#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user says in the settings where calls reach him, as people hear and type it."""
from harness import main, wait_for
from harness.answers import Zone, seed_answers
from harness.desktop import DesktopCase
from harness.display import Display
from harness.im import add_xmpp_account, engine_env, wait_seen
from harness.imflow import ANNA, BEN, CALLS, USERS
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

OTHER = 'urn:uuid:00000000-0000-4000-8000-000000000002'
ROLE = 'radio button|check box'
SWITCH = 'toggle button|switch|check box'
SPIN = 'spin button|text|entry'
CHOICES = ['What I used last', 'My own order', 'All at once']


class Rules(DesktopCase):
    def rules(self):
        status, rules = self.server.http('GET', '/me/rules', token=self.other['token'])
        self.assertEqual(status, 200)
        return rules

    def wait_rule(self, name, value):
        wait_for(f'{name} to be {value}', lambda: self.rules()[name] == value, 20)

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

    def open_again(self):
        """The page that is left goes first: one that is opened meanwhile goes with it."""
        self.screen.press('Back')
        self.screen.wait_gone(name='What Rings First')
        self.screen.press('Where calls reach me', role='push button|button')

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
            self.screen.move('Tab' if place < 0 else
                             'Down' if place < CHOICES.index(name) else 'Up')
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
        first, last = wait_for('two places', lambda: len(self.order()) == 2 and self.order())
        screen.tab_to(f'Ring earlier: {last}', 25)
        screen.key('space')
        wait_for('the order', lambda: self.order() == [last, first])
        screen.wait(name=f'Ring later: {last}', state='focused')  # it is the first: only this can be
        self.keep_screenshot(client, 'rules-own-order')
        screen.key('space')
        wait_for('the order', lambda: self.order() == [first, last])

        screen.tab_to('Where I am away', 25)
        screen.pick('Up')
        self.wait_rule('away', 'ring')
        for choice, value in (('When I decline', 'busy'), ('Announcements and messages', 'de')):
            screen.tab_to(choice, 25)
            screen.pick('Down')
            self.wait_rule('language' if value == 'de' else 'decline_action', value)
        self.keep_screenshot(client, 'rules-unanswered')
        self.server.ctl('user', 'set', 'anna', '--next-delay', '9')
        self.open_again()
        wait_for('the delay', lambda: '9' in (node['text'] for node in screen.find(
            name='Seconds until the next rings too', role=SPIN)))
        screen.wait(name=f'Ring earlier: {last}', state='sensitive')

        self.server.kill()
        screen.wait(30, contains='This is what was known last')
        wait_for('nothing to be changeable', lambda: not self.find_sensitive('All at once'))
        self.assertFalse(screen.find(name=f'Ring earlier: {last}', sensitive=True))
        screen.wait(contains='There is no connection to the call server.')
        self.keep_screenshot(client, 'rules-offline')
        self.open_again()
        screen.wait(contains='This is what was known last')
        self.server.start()
        wait_for('the rules again', lambda: self.find_sensitive('All at once'), 60)
        screen.wait_gone(contains='This is what was known last')
        self.choose('All at once')
        self.wait_rule('order', 'together')
        self.assertEqual(self.rules()['away'], 'ring')


class Hours(DesktopCase):
    """Where the user usually answers, as the settings show it."""

    def learned(self):
        return self.server.http('GET', '/me/rules', token=self.other['token'])[1]

    def open_page(self, screen):
        screen.key('ctrl+comma')
        screen.wait(name='Settings', role='frame', state='active')
        screen.tab_to('anna@localhost')
        screen.key('space')
        screen.press('Where calls reach me', role='push button|button')
        screen.wait(name='What Rings First')

    def start_learned(self, **options):
        """The page of a user whose server has learned something."""
        prosody = Prosody(self.world, USERS)
        zone = Zone()
        self.start_server(trunk=False, env=engine_env(self.world) | {'TZ': zone.name})
        add_xmpp_account(self.server, prosody, CALLS)
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', ANNA, '--verified')
        self.other = self.server.sign_in('anna', device='desktop', instance=OTHER)
        self.server.process.end()
        seed_answers(self.server, zone, [
            (False, 9, 1, 2), (False, 10, 1, 2), (False, 10, self.other['device_id'], 1),
            (True, 20, self.other['device_id'], 2)])
        self.server.start()
        client = self.start_client(**options)
        self.open_page(client.screen)
        client.screen.wait(contains='Weekdays 8:00–12:00')
        return client

    def test_narrow_and_dark(self):
        """Nothing is cut off: a picture to be looked at."""
        display = Display(self.world, size='370x900x24')
        client = self.start_learned(display=display, env={'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark'})
        client.screen.tab_to('Forget What Was Learned', 40)
        self.keep_screenshot(client, 'hours-narrow')

    def test_shown_and_forgotten(self):
        """Some lines say what two weeks have taught; off, and on again; forgotten, nothing is left here or
        at the server. By keyboard."""
        client = self.start_learned()
        screen = client.screen
        screen.wait(contains=f'Usually on \u2068{ANNA} (XMPP)\u2069: 20 of 25 calls')
        screen.wait(contains='Weekends 19:00–22:00')
        screen.wait(contains='Usually on \u2068desktop\u2069: 4 of 4 calls')
        switch = 'Learn where I usually answer'
        screen.wait(name=switch, role=SWITCH, state='checked')
        screen.tab_to('Forget What Was Learned', 40)
        self.keep_screenshot(client, 'hours-learned')
        screen.tab_to(switch, 40)
        screen.key('space')
        wait_for('the server to know', lambda: not self.learned()['learn_hours'])
        screen.wait_gone(contains='Weekdays 8:00–12:00')
        self.assertFalse(screen.find(name='Nothing stands out yet'))
        self.keep_screenshot(client, 'hours-off')
        screen.key('space')
        wait_for('the server to know', lambda: self.learned()['learn_hours'])
        screen.wait(contains='Weekdays 8:00–12:00')
        screen.tab_to('Forget What Was Learned', 40)
        screen.key('space')
        wait_for('the server to forget', lambda: self.learned()['answers'] == 0)
        screen.wait(name='Nothing stands out yet')
        screen.wait(name=switch, role=SWITCH, state='focused')
        screen.wait_gone(name='Forget What Was Learned')
        self.keep_screenshot(client, 'hours-nothing')
        self.assertIn('0 answers are known', self.server.ctl('hours', 'anna'))


class Route(DesktopCase):
    """Why a call rang where it rang, in the details of the history."""

    def details(self, *sentences):
        screen = self.screen
        screen.press('Where it rang')
        for sentence in sentences:
            screen.wait(contains=sentence, seen=False)  # GTK 4.8: message dialogs never show
        self.keep_screenshot(self.client, f'route-{self.pictures}')
        self.pictures += 1
        screen.key('Escape')

    def test_details(self):
        """Answered here, then not at all: the sentences follow what happened; a call out has none."""
        self.start_server()
        self.pictures = 0
        account = self.server.sign_in('anna', device='kitchen', instance=OTHER)
        self.server.ctl('user', 'set', 'anna', '--next-delay', '30', '--default-option', '9',
                        '--default-delay', '60', '--order', 'rank')
        self.client = self.start_client()
        self.screen = screen = self.client.screen
        own = next(d for d in self.server.ctl_json('device', 'list') if d['id'] !=
                   account['device_id'])
        self.server.ctl('device', 'set', own['id'], '--rank', '1')
        kitchen = self.device('kitchen', account=account, ring_only=True)
        caller = self.caller()
        screen.press('Answer', 20)
        screen.press('Hang up', 20)
        caller.result(10)
        screen.key('Escape')
        self.details(f'Answered on \u2068{own["name"]}\u2069.',
                     f'\u2068{own["name"]}\u2069 rang at once: it is number 1 in your order.',
                     '\u2068kitchen\u2069 was to ring later, but its turn did not come')
        kitchen.stop()
        wait_for('the kitchen to be signed out', lambda: len(self.registrations()) == 1, 30)
        self.server.ctl('user', 'set', 'anna', '--order', 'together')
        self.caller(name='second', cancel_after=2000).result(20)
        wait_for('two calls', lambda: len(screen.find(name='Where it rang')) >= 2, 20)
        self.details(f'\u2068{own["name"]}\u2069 rang at once: you let everything ring at once.',
                     '\u2068kitchen\u2069 did not ring: it was not signed in.')


    def test_usual_hour(self):
        """Of two programs on XMPP that nobody has used, the one where anna usually answers goes first."""
        zone = Zone()
        prosody = Prosody(self.world, USERS)
        self.pictures = 2
        self.start_server(env=engine_env(self.world) | {'TZ': zone.name})
        self.server.ctl('user', 'set', 'anna', '--next-delay', '1', '--default-option', '9')
        add_xmpp_account(self.server, prosody, CALLS)
        for name in (BEN, ANNA):
            self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', name, '--verified')
        self.server.process.end()
        seed_answers(self.server, zone, [(zone.is_weekend(), 12, 2, 2)])
        self.server.start()
        bots = [XmppBot(self.world, prosody, name) for name in (BEN, ANNA)]
        wait_seen(self.server, 2)
        self.client = self.start_client()
        self.screen = self.client.screen
        caller = self.caller()
        wait_for('the offers', lambda: all(bot.texts(CALLS) for bot in bots), 20)
        caller.stop()
        wait_for('the call', lambda: self.screen.find(name='Where it rang'), 20)
        count = len(zone.days(zone.is_weekend(), 2))
        self.details(f'\u2068{ANNA} (XMPP)\u2069 rang later: you usually answer there at that hour '
                     f'({count} of {count} calls).',
                     f'\u2068{BEN} (XMPP)\u2069 rang later: you were online there.')


class Talk(DesktopCase):
    """Whether a chat message may answer calls here."""

    def test_switch(self):
        """On at first; off: the offer no longer says so, and a reply does not open the microphone."""
        prosody = Prosody(self.world, USERS)
        self.start_server(env=engine_env(self.world))
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy', '--order', 'together')
        add_xmpp_account(self.server, prosody, CALLS)
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', ANNA, '--verified')
        bot = XmppBot(self.world, prosody, ANNA)
        wait_seen(self.server)
        client = self.start_client()
        screen = client.screen
        screen.key('ctrl+comma')
        screen.wait(name='Settings', role='frame', state='active')
        screen.tab_to('anna@localhost')
        screen.key('space')
        self.assertTrue(self.registrations()[0]['talk'])
        switch = 'Let me answer by a chat message'
        screen.wait(name=switch, role=SWITCH, state='checked')
        self.keep_screenshot(client, 'talk')
        screen.press(switch, role=SWITCH)
        wait_for('the server to know', lambda: not self.registrations()[0]['talk'])
        screen.key('ctrl+w')
        caller = self.caller()
        screen.wait(20, name='Answer', role='push button|button')
        offer = wait_for('the offer', lambda: bot.texts(CALLS))[0]
        self.assertIn(', where it rings), 3', offer)
        bot.send(CALLS, '1')
        refusal = wait_for('what can be done', lambda: bot.texts(CALLS)[1:])[0]
        self.assertIn('Nothing answered for your reply', refusal)
        self.assertTrue(screen.find(name='Answer', role='push button|button'), 'it rings on')
        self.assertNotIn('asked', self.event_names())
        bot.send(CALLS, '9')
        self.assertEqual(caller.result(10)['status'], 486)


if __name__ == '__main__':
    main()
