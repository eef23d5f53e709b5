#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contact list with the dummy provider: groups, adding, changing, blocking, removing; by keys and by
a screen reader's means."""
from harness import main, wait_for
from harness.prosody import Prosody
from harness.screen import BUTTON, ENTRY, ITEM
from harness.windows import WindowCase, held
from harness.world import find_program
from harness.xmppbot import XmppBot

USER = 'anna@one.test'
BEN_THERE, EVE_THERE = 'ben@one.test', 'eve@one.test'
ANNA = {'contact': {'address': 'anna@dummy', 'name': 'Anna Demo', 'group': 'Friends',
                    'presence': 'available'}}
BEN = {'contact': {'address': 'ben@dummy', 'name': 'Ben Demo', 'group': 'Friends',
                   'presence': 'offline'}}
CLEO = {'contact': {'address': 'cleo@dummy', 'name': 'Cleo Demo', 'presence': 'away',
                    'message': 'Back at three'}}
STRANGER = {'message': {'with': 'stranger@dummy', 'text': 'Buy now'}}


class ContactCase(WindowCase):
    def start_contacts(self, *steps, **variables):
        self.start_client(*(steps or (ANNA, BEN, CLEO)), **variables)
        self.screen.wait(20, name='Anna Demo')
        self.screen.key('alt+3')

    def open_menu(self, name):
        """As a person does who has no mouse: to the row, then the menu's key."""
        self.screen.type(name)
        self.screen.wait_gone(name='Anna Demo' if name != 'Anna Demo' else 'Ben Demo')
        self.screen.wait(name=name)
        self.screen.key('Tab', 'Tab', 'Tab', 'Tab')  # past the buttons, to the first row
        self.screen.key('Down')  # from its heading, if it has one
        self.screen.key('shift+F10')

    def choose(self, name):
        self.screen.choose(name)

    def keep_look(self, name):
        self.keep('contacts-' + name)


class Groups(ContactCase):
    def open_view(self):
        self.screen.key('Tab', 'Tab', 'space')  # past the button that adds

    def test_kept(self):
        """A new start shows those of the last one at once, as offline, while the service says nothing."""
        self.start_contacts()
        self.screen.wait(name='Friends, 1 of 2 online')
        self.client.process.end()
        with open(self.world.path('script.jsonl'), 'w', encoding='utf-8'):
            pass
        self.client.start()
        self.screen.wait(20, name='Anna Demo')
        self.screen.wait_active('Offhook')
        self.screen.key('alt+3')
        self.screen.wait(name='Friends, 0 of 2 online')
        self.screen.wait(name='Without a group, 0 of 1 online')
        self.keep_look('kept')

    def test_headings(self):
        """Groups with their counts; those without one last; offline contacts hidden by a choice."""
        self.start_contacts()
        screen = self.screen
        screen.wait(name='Friends, 1 of 2 online')
        screen.wait(name='Without a group, 1 of 1 online')
        self.keep_look('groups')
        self.open_view()
        self.choose('Offline Contacts')
        screen.wait_gone(name='Ben Demo')
        screen.wait(name='Friends, 1 of 1 online')
        screen.key('ctrl+f')
        self.open_view()
        self.choose('Groups')
        screen.wait_gone(contains='Friends,')
        self.assertTrue(screen.find(name='Anna Demo'))


class Changes(ContactCase):
    def test_added(self):
        """Bad input is told in words; who was added stands in the group that was typed."""
        self.start_contacts()
        screen = self.screen
        screen.press('Add a contact')
        screen.wait(name='Address', role=ENTRY)
        self.assertFalse(screen.find(name='Add', role=BUTTON, sensitive=True))
        for typed, words in (('nobody', 'can’t be an address'), ('demo@dummy', 'your own address'),
                             ('ben@dummy', 'Ben Demo is on your list already.')):
            screen.fill('Address', typed)
            screen.press('Add')
            screen.wait(contains=words)
        self.keep_look('add')
        screen.fill('Address', ' dora@dummy ')
        screen.fill('Name (optional)', 'Dora Demo')
        screen.tab_to('Groups that there are')
        screen.key('space')
        self.choose('Friends')
        screen.press('Add')
        screen.wait(name='Dora Demo')
        screen.wait(name='Friends, 2 of 3 online')
        screen.wait(contains='Dora Demo was added to your list')

    def test_changed_and_removed(self):
        """By the row's menu: another name and group; removed only when that was asked."""
        self.start_contacts()
        screen = self.screen
        self.open_menu('Cleo Demo')
        screen.wait(name='Write a Message', role=ITEM)
        self.keep_look('menu')
        self.choose('Name and Group…')
        screen.fill('Name (optional)', 'Cleopatra')
        screen.fill('Group (optional)', 'Work')
        self.keep_look('change')
        screen.press('Save')
        screen.wait(role='frame', name='Offhook', state='active')
        screen.key('ctrl+f', 'ctrl+a', 'BackSpace')
        screen.wait(name='Work, 1 of 1 online')
        screen.wait(name='Cleopatra')
        self.open_menu('Cleopatra')
        self.choose('Remove…')
        self.wait_question()
        self.keep_look('remove')
        screen.key('Escape')
        screen.wait(role='frame', name='Offhook', state='active')
        self.assertTrue(screen.find(name='Cleopatra'))
        screen.key('Delete')
        self.wait_question()
        screen.key('alt+r')
        screen.wait_gone(name='Cleopatra')

    def wait_question(self):
        """It has the keyboard. GTK 4.8: dialogs never show."""
        self.screen.wait(contains='Remove Cleopatra from your list?', seen=False)
        self.screen.wait_gone(role='frame', name='Offhook', state='active')


class Blocking(ContactCase):
    def test_blocked(self):
        """Shown as blocked; what they write shows nowhere. More than the service keeps are not blocked, and that
        is said."""
        self.start_contacts(ANNA, BEN, CLEO, held('blocked', {'message': {
            'with': 'anna@dummy', 'text': 'not to be seen'}}), STRANGER)
        screen = self.screen
        self.open_menu('Anna Demo')
        self.choose('Block')
        screen.wait(contains='Anna Demo is blocked now')
        screen.wait(name='Blocked')
        self.keep_look('blocked')
        screen.key('ctrl+f', 'ctrl+a', 'BackSpace')
        self.let_go('blocked')
        screen.wait(name='stranger@dummy')
        self.assertEqual(len(screen.find(name='1 unread message')), 1)
        self.open_menu('stranger@dummy')
        screen.wait(name='Add to Contacts…', role=ITEM)
        self.choose('Block')
        screen.wait(contains='stranger@dummy is blocked now')
        self.keep_look('blocked-stranger')
        screen.key('ctrl+f', 'ctrl+a', 'BackSpace')
        self.open_menu('Ben Demo')
        self.choose('Block')
        screen.wait(contains='Ben Demo is not blocked: too many people are.')


class Accounts(ContactCase):
    def test_password_asked_again(self):
        """An account whose password was refused says so; its button asks for another one."""
        prosody = Prosody(self.world, {USER: 'Client secret 1'})
        self.start_contacts()
        screen = self.screen
        self.add_account(prosody, 'wrong')
        screen.wait(contains=f'The password of {USER} is wrong')
        self.assertFalse(screen.find(name='The service refused the password.'))
        screen.press('Stay signed out')
        screen.wait(name='The service refused the password.')
        self.assertTrue(screen.find(name=USER))  # there is another account
        self.keep_look('refused')
        screen.press('Sign in')
        screen.wait(contains=f'The password of {USER} is wrong')
        screen.wait_gone(name='The service refused the password.')  # beside it stands another "Sign in"
        screen.fill('Password', prosody.users[USER])
        screen.press('Sign in')
        screen.wait_gone(contains=f'The password of {USER} is wrong')
        wait_for('it to be online', lambda: 'state online' in self.client.process.output()
                 or not screen.find(name='The service refused the password.'))

    def test_asked_by_somebody(self):
        """Who wants to see the user's presence is asked about in the window; the answer reaches them."""
        prosody = Prosody(self.world, {USER: 'Client secret 1', BEN_THERE: 'Bot secret 2',
                                       EVE_THERE: 'Bot secret 3'})
        self.start_contacts()
        screen = self.screen
        self.add_account(prosody)
        ben = XmppBot(self.world, prosody, BEN_THERE)
        ben.ask_for_presence(USER)
        screen.wait(contains=f'{BEN_THERE} wants to see when you are there')
        self.keep('request')
        screen.press('Allow')
        wait_for('the presence there', lambda: (USER, 'available') in ben.presences)
        screen.wait_gone(name='Allow', role=BUTTON)
        eve = XmppBot(self.world, prosody, EVE_THERE)
        eve.ask_for_presence(USER)
        screen.wait(contains=f'{EVE_THERE} wants to see when you are there')
        screen.press('Refuse')
        screen.wait_gone(name='Refuse', role=BUTTON)
        wait_for('the refusal', lambda: USER in eve.refusals)
        self.assertNotIn((USER, 'available'), eve.presences)

    def test_status_of_one(self):
        """Another status at one account than at the others."""
        prosody = Prosody(self.world, {USER: 'Client secret 1'})
        self.start_contacts()
        screen = self.screen
        self.add_account(prosody)
        other = XmppBot(self.world, prosody, USER, resource='other')
        screen.key('alt+3')
        screen.tab_to('Your status: Available')
        screen.key('space')
        screen.tab_to('Available')
        self.assertTrue(screen.find(name='At which account'))
        screen.key('shift+Tab', 'space')
        screen.wait(name=USER)
        screen.key('Down', 'Down', 'Return')
        screen.wait(name='Online')
        screen.tab_to('As at all accounts')
        self.keep_look('status-of-one')
        screen.key('Down', 'Down')
        wait_for('the service to hear of it', lambda: (USER, 'away') in other.presences)
        screen.tab_to('Status message')
        screen.type('Out for lunch')
        screen.key('Return')
        wait_for('its words', lambda: (other.shown[USER]['show'], other.shown[USER]['status'])
                 == ('away', 'Out for lunch'))
        screen.wait(name='Your status: Available')
        self.assertNotIn('own status: away', self.client.process.output())

    def add_account(self, prosody, password=None):
        screen = self.screen
        screen.key('ctrl+comma')
        screen.wait(role='frame', name='Settings', state='active')
        screen.tab_to('Add a messages account')
        screen.key('Return')
        screen.wait(20, name='Domain', role=ENTRY)
        screen.fill('User name', USER)
        screen.fill('Password', password or prosody.users[USER])
        screen.tab_to('More settings')
        screen.key('Return')
        screen.fill('Connect server', '127.0.0.1')
        screen.tab_to('Connect port', 25)
        screen.key('Tab', 'ctrl+a')
        screen.type(f'{prosody.port}\t')
        screen.press('Add Account')
        screen.wait_gone(name='Add Account', role=BUTTON)
        screen.key('Escape')
        screen.press('Trust it')
        screen.wait_gone(name='Trust it', role=BUTTON)
        screen.wait_active('Offhook')


class Pointer(ContactCase):
    def test_right_click(self):
        """The same menu under the pointer."""
        self.start_contacts()
        env = self.client.display.env()
        xdotool = find_program('xdotool')
        window = self.client.display.ask_x('search', '--onlyvisible', '--name',
                                           '^Offhook$').split()[0]

        def click():
            self.world.run([xdotool, 'mousemove', '--window', window, '200', '190', 'click', '3'],
                           env=env)
            return self.screen.find(name='Name and Group…', role=ITEM)
        wait_for('the menu', click, 10, interval=1)
        self.keep_look('pointer')


if __name__ == '__main__':
    main()
