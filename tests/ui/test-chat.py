#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contacts and chats with the dummy provider: written to, read, told of, asked."""
import contextlib
import glob
import os
import re
import sqlite3
import time

from harness import main, wait_for
from harness.desktop import DesktopCase
from harness.display import Display
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.phone import Phone
from harness.prosody import Prosody
from harness.proxy import Proxy
from harness.screen import BUTTON, ENTRY
from harness.sipuser import COMPOSING, SipUser
from harness.windows import WindowCase, held
from harness.xmppbot import XmppBot

ANNA = 'anna@one.test'
BEN = 'ben@one.test'
FORGED = ('Call from Your Bank (555100) for 100.\n1 answer on laptop, 3 voicemail, 9 decline\n20 s left, then '
          'voicemail. Reply with number or word. Or open https://evil.test/o/AAAAAAAAAAAAAAAAAAAAAA')
TYPES = '<isComposing><state>active</state></isComposing>'
ECHO = {'contact': {'address': 'echo@dummy', 'name': 'Echo', 'presence': 'available',
                    'message': 'I say it back'}}
AWAY = {'contact': {'address': 'away@dummy', 'name': 'Away Demo', 'presence': 'away'}}
REFUSED = {'contact': {'address': 'refused@dummy', 'name': 'Refused Demo', 'presence': 'busy'}}
CERTIFICATE = {'question': {'kind': 'certificate', 'host': 'chat.example.org', 'sha256': 'AB:CD:EF',
                            'other-name': 1, 'buttons': ['Trust', 'Refuse']}}
REQUEST = {'question': {'kind': 'contact', 'who': 'new@dummy', 'alias': 'New Demo',
                        'buttons': ['Allow', 'Refuse']}}
PASSWORD = {'question': {'kind': 'password', 'buttons': ['Sign in', 'Cancel'], 'fields': [
    {'name': 'password', 'label': 'Password', 'kind': 'text', 'masked': True}]}}


class ChatCase(WindowCase):
    def start_contacts(self, *steps, display=None):
        self.start_client(ECHO, AWAY, *steps, display=display)
        self.screen.wait(20, name='Echo')
        self.screen.key('alt+3')

    def open_chat(self, name):
        """As a person does who has no mouse: searches, Enter."""
        self.screen.type(name)
        self.screen.key('Return')
        self.screen.wait(name=f'Chat with {name}')
        self.screen.wait(name='Write a message', state='focused')

    def write(self, text):
        self.screen.type(text)
        self.screen.key('Return')


class Chat(ChatCase):
    def test_written_and_answered(self):
        """A contact shows; the chat is opened by keys; lines go out and come back."""
        self.start_contacts()
        self.assertTrue(self.screen.find(contains='Available · I say it back'))
        self.keep('contacts')
        self.open_chat('Echo')
        self.screen.wait(contains='Nothing written yet')
        self.screen.type('one')
        self.screen.key('shift+Return')
        self.write('two https://example.org/x')
        self.screen.wait(contains='You: one\ntwo https://example.org/x')
        self.screen.wait(contains='Echo: one\ntwo https://example.org/x')
        self.screen.wait(contains=' · Read')
        self.keep('chat')

    def test_link_is_followed(self):
        """By keyboard; it goes to the person's browser as it was written."""
        link = 'https://example.org/menu?day=today&table=two'
        display = Display(self.world)
        opened = self.install_browser(display)
        self.start_contacts({'message': {'with': 'echo@dummy', 'text': f'Lunch? {link}, at one.'}},
                            display=display)
        self.open_chat('Echo')
        self.screen.wait(contains=f'Lunch? {link}')
        for _ in range(6):
            if self.screen.find(contains=link, state='focused'):
                break
            self.screen.move('shift+Tab')
        self.screen.wait(contains=link, state='focused')
        self.screen.key('Tab', 'Return')  # to the link in it
        self.assertEqual(wait_for('the browser', lambda: self.read(opened), 20), link + '\n')

    def install_browser(self, display):
        """What opens https there writes the address into the file that is returned."""
        opened = self.world.path('opened')
        program = self.world.write('browser', f'#!/bin/sh\nprintf "%s\\n" "$1" >{opened}.new\n'
                                   f'mv {opened}.new {opened}\n', 0o700)
        self.world.write('share/applications/demo-browser.desktop', '[Desktop Entry]\nType=Application\n'
                         f'Name=Demo Browser\nExec={program} %u\nMimeType=x-scheme-handler/https;\n')
        self.world.write('share/applications/mimeapps.list', '[Default Applications]\n'
                         'x-scheme-handler/https=demo-browser.desktop\n')
        display.variables['XDG_DATA_DIRS'] = self.world.path('share') + ':/usr/local/share:/usr/share'
        return opened

    @staticmethod
    def read(path):
        if not os.path.exists(path):
            return None
        with open(path, encoding='utf-8') as f:
            return f.read()

    def test_refused_and_draft(self):
        """What was not delivered says why; what was not sent is there again."""
        self.start_contacts(REFUSED)
        self.open_chat('Refused Demo')
        self.write('never')
        self.screen.wait(contains='Not delivered: the service did not take it')
        self.screen.wait(name='Try again', role=BUTTON)
        self.keep('chat-refused')
        self.screen.type('half a thou')
        self.screen.wait(name='Write a message', contains='half a thou')
        self.screen.key('ctrl+w')
        self.screen.wait_gone(name='Write a message')
        self.screen.wait(role='frame', name='Offhook', state='active')
        self.screen.key('alt+3')
        self.screen.key('Return')
        self.screen.wait(name='Write a message', contains='half a thou')

    def test_stranger_is_told_of(self):
        """A notification and a number, until the chat has been seen."""
        display = Display(self.world)
        daemon = display.start_notifications()
        self.start_contacts(held('message', {'message': {
            'with': 'stranger@dummy', 'text': 'Hello <b>you</b>?'}}), display=display)
        self.let_go('message')
        self.screen.wait(name='1 unread message')
        wait_for('a notification', lambda: re.search(
            'Message from stranger@dummy.*Hello ‹b›you‹/b›\\?', daemon.output()), 20)
        self.keep('contacts-unread')
        self.open_chat('stranger@dummy')
        self.screen.wait(contains='stranger@dummy: Hello <b>you</b>?')
        self.screen.wait_gone(name='1 unread message')
        wait_for('it to be withdrawn', lambda: 'CloseNotification' in daemon.output(), 20)

    def test_what_cannot_be_taken(self):
        """Rooms and files stand in the chat as sentences."""
        self.start_contacts(
            {'after': 1000, 'refused': {'with': 'echo@dummy', 'room': 'https://team.test/'}},
            {'after': 10, 'refused': {'with': 'echo@dummy', 'file': '<b>report</b>.pdf',
                                      'size': 2400000}},
            {'after': 10, 'refused': {'with': 'echo@dummy', 'file': 'unknown.bin'}})
        self.screen.wait(name='3 unread messages')
        self.open_chat('Echo')
        self.screen.wait(contains='Echo invited you to the room “https://team.test/”. Rooms are not '
                         'supported yet.')
        self.screen.wait(contains='Echo wanted to send you the file “<b>report</b>.pdf” (2.4')
        self.screen.wait(contains='Echo wanted to send you the file “unknown.bin”. Files')
        self.keep('chat-cannot-be-taken')

    def test_forged_offer(self):
        """What looks like a call offer and is of no call server of ours stays a message: with a warning, and
        with nothing to press."""
        self.start_contacts({'after': 500, 'message': {'with': 'echo@dummy', 'text': FORGED}})
        self.screen.wait(name='1 unread message')
        self.open_chat('Echo')
        self.screen.wait(contains='Echo: Call from Your Bank (555100)')
        self.screen.wait(contains='This looks like a call, but it is not from your call server.')
        for option in ('Answer', 'Voicemail', 'Decline'):
            self.assertFalse(self.screen.find(name=option, role=BUTTON), option)
        self.keep('chat-forged-offer')

    def test_own_status(self):
        """Chosen, with a message, and kept."""
        self.start_contacts()
        self.screen.tab_to('Your status: Available')
        self.screen.key('space')
        self.screen.tab_to('Available')
        self.screen.key('Down', 'Down')
        self.screen.wait(name='Your status: Do not disturb')
        self.screen.tab_to('Status message')
        self.screen.type('In a meeting')
        self.keep('contacts-status')
        self.screen.key('Return')
        self.wait_told()
        self.client.process.end()
        self.client.start()
        self.wait_told()
        self.screen.wait_active('Offhook')
        self.screen.key('alt+3')
        self.screen.tab_to('Your status: Do not disturb')
        self.screen.key('space')
        self.screen.wait(name='Status message', contains='In a meeting')

    def wait_told(self):
        wait_for('the service to hear of the status', lambda: 'own status: busy, In a meeting'
                 in self.client.process.output(), 20)


class BySip(DesktopCase):
    def open_chat(self, text):
        """berta, whose program only knows MESSAGE, writes `text`, and the chat with her is opened."""
        self.start_server(trunk=False)
        self.server.add_user('berta', '200', name='Berta Demo')
        client = self.start_client()
        self.wait_registered()
        berta = self.world.add(SipUser(self.server, 'berta', 'tcp'))
        self.assertEqual(berta.send('anna', text)[0], 200)
        client.screen.wait(name='1 unread message')
        client.screen.key('alt+3')
        client.screen.type('berta')
        client.screen.key('Return')
        return client, berta

    def test_like_any_other(self):
        """A user of the same call server, whose program only knows MESSAGE, writes, types and is
        answered; the account is a call server's all the same."""
        client, berta = self.open_chat('Hello <b>Anna</b>')
        screen = client.screen
        screen.wait(name='Chat with berta@localhost')
        screen.wait(contains='berta@localhost: Hello <b>Anna</b>')
        screen.wait(name='Write a message', state='focused')
        self.assertEqual(berta.send('anna', TYPES, COMPOSING)[0], 200)
        screen.wait(contains='is typing')
        screen.type('Hello Berta')
        screen.key('Return')
        berta.wait_text('Hello Berta')
        screen.wait(contains=' · Delivered')
        self.keep_screenshot(client, 'chat-sip')

    def test_blocked(self):
        """From the chat's menu; what they write shows nowhere until they are unblocked."""
        client, berta = self.open_chat('Hello')
        screen = client.screen
        screen.wait(name='Write a message', state='focused')
        screen.key('F10')
        screen.choose('Block')
        screen.wait(contains='You have blocked this person.')
        self.assertEqual(berta.send('anna', 'not to be seen')[0], 200)
        self.keep_screenshot(client, 'chat-sip-blocked')
        screen.press('Unblock')
        screen.wait_gone(contains='You have blocked this person.')
        self.assertEqual(berta.send('anna', 'to be seen')[0], 200)
        screen.wait(contains='berta@localhost: to be seen')
        self.assertFalse(screen.find(contains='not to be seen'))

    def test_from_a_call(self):
        """The window of a call with another user, and the history later, open the chat with him."""
        self.start_server(trunk=False)
        self.server.add_user('berta', '200', name='Berta Demo')
        client = self.start_client()
        screen = client.screen
        berta = self.world.add(SipUser(self.server, 'berta', 'tcp'))
        options = self.server.device_options(self.server.sign_in('berta', device='laptop'))
        phone = Phone(self.world, 'berta', 'sip:100@localhost', register=True, max_time=90,
                      play=self.marked('caller'), **options)
        screen.press('Answer', 20)
        screen.wait(name='Hang up', role=BUTTON)
        screen.wait(name='Send a message', role=BUTTON)
        self.keep_screenshot(client, 'call-message')
        screen.key('ctrl+t')
        screen.wait(name='Chat with berta@localhost')
        screen.wait(name='Write a message', state='focused')
        screen.type('in the call')
        screen.key('Return')
        berta.wait_text('in the call')
        screen.key('ctrl+w')
        screen.press('Hang up')
        phone.result(20)
        screen.press('Where it rang', 20)
        screen.wait(contains='rang at once', seen=False)  # GTK 4.8: message dialogs never show
        self.keep_screenshot(client, 'history-message')
        screen.wait_gone(role='frame', name='Offhook', state='active')  # the dialog has the keyboard
        screen.key('alt+m')
        screen.wait(name='Chat with berta@localhost')
        screen.wait(name='Write a message', state='focused')
        screen.type('after it')
        screen.key('Return')
        berta.wait_text('after it')


class FromCall(ChatCase):
    def test_offered_where_an_address_is_known(self):
        """A contact's address counts, a stranger's number does not."""
        self.start_client(
            ECHO, held('known', {'incoming': {'id': 'one', 'number': 'echo@dummy', 'called': '100'}}),
            held('end', {'call': 'one', 'do': 'cancel'}),
            held('stranger', {'incoming': {'id': 'two', 'number': '555', 'called': '100'}}))
        screen = self.screen
        self.let_go('known')
        screen.wait(name='Answer', role=BUTTON)
        self.let_go('end')
        screen.wait_gone(name='Answer', role=BUTTON)
        self.let_go('stranger')
        screen.press('Answer', 20)
        screen.wait(name='Hang up', role=BUTTON)
        self.assertFalse(screen.find(name='Send a message', role=BUTTON))
        screen.press('Hang up')
        screen.wait_gone(name='Hang up', role=BUTTON)
        screen.wait(role='frame', name='Offhook', state='active')
        screen.key('alt+1')
        screen.wait(name='Details', role=BUTTON)
        self.assertEqual(len(screen.find(name='Details', role=BUTTON)), 1)
        self.keep('history-details')
        screen.press('Details')
        screen.wait(contains='Missed', seen=False)
        screen.wait_gone(role='frame', name='Offhook', state='active')  # the dialog has the keyboard
        screen.key('alt+m')
        screen.wait(name='Chat with Echo')


class History(ChatCase):
    def start_with(self, count):
        """A chat with that many lines, and the contacts' page."""
        self.start_contacts()
        self.open_chat('Echo')
        self.client.process.end()
        found = glob.glob(os.path.join(self.client.home, 'data', '**', '*.db'), recursive=True)
        with contextlib.closing(sqlite3.connect(found[0])) as db, db:
            db.executemany(
                "INSERT INTO message SELECT key, ?1, 1, 1700000000 + ?1, 'line ' || ?1, "
                "'received', NULL, NULL, NULL, NULL, 0 FROM chat WHERE address = 'echo@dummy'",
                [(n,) for n in range(count)])
        self.client.start()
        self.screen.wait(20, name='Echo')
        self.screen.wait_active('Offhook')
        self.screen.key('alt+3')

    def test_found(self):
        """What was written is found above the contacts and in its chat, and shown at its place."""
        self.start_with(5000)
        screen = self.screen
        screen.type('Line 77')
        screen.wait(name='Messages', role='panel|label')
        screen.wait(contains='Echo, ')
        self.keep('search-all')
        screen.key('Return')
        screen.wait(name='Chat with Echo')
        screen.wait(contains='Echo: line 779 ')
        self.assertFalse(screen.find(contains='Echo: line 4999 '))
        self.keep('search-place')
        screen.wait(name='Write a message', state='focused')
        screen.key('ctrl+f')
        screen.wait(name='Search this chat', role='label')
        screen.type('nothing like it')
        screen.wait(name='Nothing found', role='label')
        screen.key('ctrl+a')
        screen.type('line 4242')
        screen.wait(name='line 4242')
        self.keep('search-chat')
        screen.key('Return')
        screen.wait(contains='Echo: line 4242 ')
        screen.key('ctrl+f', 'Escape')
        screen.wait(name='Write a message', state='focused')

    def test_emoji(self):
        """The button beside the line opens what they are chosen from; the one that was found by its name is
        written and sent."""
        self.start_contacts()
        self.open_chat('Echo')
        self.screen.key('Tab')
        self.screen.wait(name='Insert an emoji', state='focused')
        self.screen.key('space')
        self.screen.wait(name='Insert an emoji', state='expanded')
        self.screen.key('Escape')
        self.screen.wait_gone(name='Insert an emoji', state='expanded')
        self.screen.wait(name='Insert an emoji', state='focused')
        self.screen.key('space')
        self.screen.wait(name='Insert an emoji', state='expanded')
        self.screen.wait(contains='😺', role='label')
        self.screen.type('grinning cat')
        self.screen.wait_gone(name='Symbols', role='label')  # the heading of others
        self.screen.move('Tab')
        self.keep('chat-emoji')
        self.screen.key('Return')
        self.screen.wait(name='Write a message', contains='😺', state='focused')
        self.screen.key('Return')
        self.screen.wait(contains='Echo: 😺')

    def test_older_ones_by_scrolling(self):
        """The newest show at once, older ones as one scrolls."""
        self.start_with(150)
        self.open_chat('Echo')
        written = time.strftime('%e %b %Y, %H:%M', time.localtime(1700000149))
        self.screen.wait(contains=f'Echo: line 149 ({written})')
        self.assertFalse(self.screen.find(contains='Echo: line 10 '))
        self.keep('chat-history')
        self.screen.wait_keyboard('Chat with Echo')

        def scroll():
            self.screen.turn_wheel(30, 10)
            return self.screen.find(contains='Echo: line 0 ')
        wait_for('the oldest message', scroll, 30)
        self.keep('chat-scrolled')


class Questions(ChatCase):
    def answered(self):
        return re.findall(r'question answered with button (-?\d)', self.client.process.output())

    def test_answered(self):
        self.start_contacts(CERTIFICATE, REQUEST, PASSWORD)
        self.screen.wait(contains='“chat.example.org” has a certificate that nobody vouches for')
        self.screen.wait(contains='It is for another name.')
        self.assertTrue(self.screen.find(contains='AB:CD:EF'))
        self.keep('question-certificate')
        self.screen.press('Don’t trust it')
        self.screen.wait(contains='New Demo (new@dummy) wants to see when you are there')
        self.screen.press('Allow')
        self.screen.wait(name='New Demo')
        self.screen.wait(contains='The password of demo@dummy is wrong')
        self.keep('question-password')
        self.screen.fill('Password', 'not right')
        self.screen.press('Sign in')
        self.screen.wait_gone(contains='The password of demo@dummy is wrong')
        self.assertEqual(self.answered(), ['1', '0', '0'])


class Privacy(WindowCase):
    def settings(self):
        path = os.path.join(self.client.home, 'config', 'offhook', 'settings.ini')
        if not os.path.exists(path):
            return ''
        with open(path, encoding='utf-8') as f:
            return f.read()

    def test_told(self):
        """Receipts and typing notices: switches of the settings, by keys, that are kept."""
        self.start_client(ECHO)
        screen = self.screen
        screen.wait(role='frame', name='Offhook', state='active')
        screen.key('ctrl+comma')
        screen.wait(role='frame', name='Settings', state='active')
        screen.tab_to('Tell contacts when their messages have arrived', 25)
        screen.key('Return')
        wait_for('it to be kept', lambda: 'send-receipts=false' in self.settings(), 10)
        self.assertNotIn('send-typing', self.settings())
        screen.tab_to('Tell contacts when I am typing')
        screen.key('Return')
        wait_for('it to be kept', lambda: 'send-typing=false' in self.settings(), 10)
        self.keep('settings-privacy')


class Account(WindowCase):
    def test_added_in_the_settings(self):
        """An XMPP account with the options of its plug-in: added, asked about its certificate, online;
        the same a second time is refused in words."""
        prosody = Prosody(self.world, {ANNA: 'Client secret 1', BEN: 'Bot secret 2'})
        self.start_client(ECHO)
        screen = self.screen
        self.fill_in(prosody)
        self.fill_options(prosody)
        screen.press('Add Account')
        screen.wait_gone(name='Add Account', role=BUTTON)
        screen.key('Escape')
        screen.wait(contains='“127.0.0.1” has a certificate that nobody vouches for')
        screen.press('Trust it')
        screen.wait_active('Offhook')
        XmppBot(self.world, prosody, BEN).send(ANNA, 'Good morning')
        screen.key('alt+3')
        screen.wait(name='1 unread message')
        self.fill_in(prosody)
        screen.press('Add Account')
        screen.wait(contains='This account stands here already.')
        self.keep('messenger-twice')

    def test_behind_a_proxy(self):
        """An account that goes through a proxy; the wrong password is told in words, and put right in
        the account's row."""
        prosody = Prosody(self.world, {ANNA: 'Client secret 1'})
        proxy = Proxy(self.world, 'socks5', 'demo', 'right')
        self.start_client(ECHO)
        screen = self.screen
        self.fill_in(prosody)
        self.fill_options(prosody)
        screen.tab_to('Proxy', 40)
        screen.key('Return')
        screen.tab_to('Kind of proxy')
        screen.key('Return')
        screen.wait(name='SOCKS 5')
        screen.key('Down', 'Down', 'Down', 'Return')
        screen.wait(name='Address of the proxy', role=ENTRY)
        screen.press('Add Account')
        screen.wait(contains='A proxy needs an address, and a port')
        screen.fill('Address of the proxy', '127.0.0.1')
        screen.fill('Port of the proxy', str(proxy.port))
        screen.fill('User name at the proxy (optional)', 'demo')
        screen.fill('Password at the proxy', 'wrong')
        self.keep('messenger-proxy')
        screen.press('Add Account')
        screen.wait_gone(name='Add Account', role=BUTTON)
        screen.tab_to(ANNA)
        screen.key('space')
        screen.wait(contains='The proxy refused the user name or the password.')
        screen.tab_to('Proxy')
        screen.key('space')
        screen.fill('New password', 'right')
        self.keep('account-proxy')
        screen.press('Use This Proxy')
        wait_for('a way through', lambda: proxy.tunnels, 20)
        screen.key('Escape')
        screen.press('Trust it')
        screen.wait_gone(contains='The proxy refused')
        self.assertEqual(proxy.tunnels, [('127.0.0.1', prosody.port)])

    def test_irc(self):
        """Another service has other fields: they are what its plug-in says."""
        ngircd = Ngircd(self.world)
        bot = IrcBot(self.world, ngircd, 'ben')
        self.start_client(ECHO)
        screen = self.screen
        self.open_page()
        for _ in range(20):
            if screen.find(name='Server', role=ENTRY):
                break
            screen.tab_to('Service')
            screen.pick('Down')
        screen.wait(name='Server', role=ENTRY)
        self.assertFalse(screen.find(name='Domain', role=ENTRY))
        screen.fill('User name', 'anna')
        screen.fill('Server', '127.0.0.1')
        self.fill_port('Port', ngircd.port)
        self.keep('messenger-irc')
        screen.press('Add Account')
        screen.wait_gone(name='Add Account', role=BUTTON)
        screen.key('Escape')
        screen.wait_active('Offhook')
        wait_for('anna on IRC', lambda: bot.is_on('anna'), 30)
        bot.send('anna', 'Good morning')
        screen.key('alt+3')
        screen.wait(name='1 unread message')

    def open_page(self):
        screen = self.screen
        screen.wait(role='frame', name='Offhook', state='active')
        screen.key('ctrl+comma')
        screen.wait(role='frame', name='Settings', state='active')
        screen.tab_to('Add a messages account')
        screen.key('Return')
        screen.wait(20, name='Service')
        self.assertFalse(screen.find(name='Add Account', role=BUTTON, sensitive=True))

    def fill_in(self, prosody):
        screen = self.screen
        self.open_page()
        screen.wait(20, name='Domain', role=ENTRY)
        screen.fill('User name', ANNA)
        screen.fill('Password', prosody.users[ANNA])

    def fill_options(self, prosody):
        screen = self.screen
        self.fill_port('Connect port', prosody.port)
        screen.fill('Connect server', '127.0.0.1')
        self.keep('messenger')

    def fill_port(self, name, port):
        """Among the settings that need not be changed."""
        screen = self.screen
        screen.tab_to('More settings')
        screen.key('Return')
        screen.wait(name=name)
        screen.tab_to(name, 25)
        screen.key('Tab', 'ctrl+a')  # from the row into it
        screen.type(f'{port}\t')


if __name__ == '__main__':
    main()
