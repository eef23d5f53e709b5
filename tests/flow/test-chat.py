#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chats of the client with plain IM programs: Prosody and ngIRCd, bots of their own protocol at the
other end, the client without a window."""
import glob
import os
import signal
import time

from harness import Lateness, TestCase, imflow, main, wait_for
from harness.headless import Headless
from harness.imflow import ANNA, CALLS, ImFlowCase
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.proxy import Proxy
from harness.xmppbot import XmppBot

USER = 'anna@one.test'
BEN = 'ben@one.test'
EVE = 'eve@one.test'
USERS = {USER: 'Client secret 1', BEN: 'Bot secret 2', EVE: 'Bot secret 3',
         'dora@one.test': 'Bot secret 4'}
SELF_SIGNED_FOR_OTHER_NAME = '9'


def engine_of(client):
    """Process id of the client's IM engine, or None."""
    parent = client.process.pid
    for name in os.listdir('/proc'):
        try:
            if not name.isdigit():
                continue
            with open(f'/proc/{name}/stat', encoding='utf-8') as f:
                fields = f.read().rsplit(')', 1)
            if fields[0].endswith('offhook-im') and int(fields[1].split()[1]) == parent:
                return int(name)
        except OSError:
            pass
    return None


class ChatCase(TestCase):
    def add_account(self, client, protocol, name, password, options, *proxy):
        client.say('protocols')
        client.wait('protocol', id=protocol)
        client.say('add-im', protocol, name, password, options, *proxy)
        client.wait_new('im-added')

    def add_xmpp(self, client, password=USERS[USER], trust=True):
        self.add_account(client, 'prpl-jabber', USER, password,
                         f"{{'connect_server': <'127.0.0.1'>, 'port': <{self.prosody.port}>}}")
        if trust:
            question = client.wait_new('question', kind='certificate')
            client.say('question-answer', question['question'], 0)
            client.wait_new('account', state='online')


class Xmpp(ChatCase):
    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS)
        self.client = self.world.add(Headless(self.world, im=True))

    def test_contacts_and_messages(self):
        """The certificate is asked about once; requests, presence, messages, typing; both ways."""
        client = self.client
        self.add_xmpp(client, trust=False)
        question = client.wait_new('question', kind='certificate')
        self.assertEqual(question['sha256'], self.prosody.fingerprint('one.test'))
        self.assertEqual(question['problems'], SELF_SIGNED_FOR_OTHER_NAME)
        client.say('question-answer', question['question'], 0)
        client.wait_new('account', address=USER, state='online')
        bot = XmppBot(self.world, self.prosody, BEN)
        client.say('add-contact', USER, BEN, 'Ben Demo', 'Friends')
        client.wait_new('contact', address=BEN, presence='available', name='Ben Demo')
        bot.set_presence('dnd', 'In a meeting')
        client.wait_new('contact', address=BEN, presence='busy', message='In a meeting')
        client.say('add-contact', USER, BEN, 'Benjamin', 'Work')
        client.wait_new('contact', address=BEN, name='Benjamin', group='Work')
        bot.ask_for_presence(USER)
        question = client.wait_new('question', kind='contact', who=BEN)
        client.say('question-answer', question['question'], 0)
        wait_for('presence at the bot', lambda: (USER, 'available') in bot.presences)
        client.say('status', 'away', 'Out for lunch')
        wait_for('the new status', lambda: (USER, 'away') in bot.presences)
        wait_for('its words', lambda: bot.shown[USER]['status'] == 'Out for lunch')

        bot.send_typing(USER, 'composing')
        bot.send(USER, 'Hello, <b>Anna</b> & all')
        client.wait_new('message', **{'with': BEN, 'text': 'Hello, <b>Anna</b> & all',
                                      'state': 'received'})
        client.wait('unread', count='1')
        bot.send_typing(USER, 'composing')
        client.wait_new('typing', **{'with': BEN, 'state': 'active'})
        client.say('draft', USER, f'{BEN}/phone', 'Hi')  # the same person, at whatever device
        wait_for('typing at the bot', lambda: (USER, 'composing') in bot.typing)
        client.say('send', USER, BEN, 'Hi Ben, ä 日本')
        client.wait_new('message', text='Hi Ben, ä 日本', state='sent')
        client.wait_new('unread', count='0')
        bot.wait_message('Hi Ben, ä 日本')
        client.say('remove-contact', USER, BEN)
        client.wait_new('contacts', count='0')

    def test_receipts(self):
        """Asked for and given (XEP-0184), to those on the list; where none comes it stays sent."""
        client = self.client
        self.add_xmpp(client)
        ben = XmppBot(self.world, self.prosody, BEN, receipts=True)
        eve = XmppBot(self.world, self.prosody, EVE, receipts=True)
        client.say('add-contact', USER, BEN, 'Ben Demo')
        client.wait_new('contact', address=BEN, presence='available')
        client.say('send', USER, BEN, 'did it come?')
        client.wait_new('message', text='did it come?', state='delivered')
        eve.send(USER, 'who are you')
        ben.send(USER, 'yes')
        client.wait('message', text='yes', state='received')
        wait_for('the receipt at the bot', lambda: ben.receipts)
        self.assertEqual([who for who, _ in ben.receipts], [USER])
        client.wait('message', text='who are you', state='received')
        client.say('send', USER, EVE, 'somebody')
        eve.wait_message('somebody')
        self.assertEqual(eve.receipts, [])  # a stranger learns nothing
        plain = XmppBot(self.world, self.prosody, 'dora@one.test')
        client.say('send', USER, 'dora@one.test', 'and here?')
        plain.wait_message('and here?')
        client.wait_new('message', text='and here?', state='sent')
        client.end()
        client.start()
        client.wait('chat', **{'with': BEN, 'count': '2'})
        client.wait('chat', **{'with': 'dora@one.test', 'count': '1'})
        client.say('show', USER, BEN, 0, 1)
        client.wait_new('message', text='did it come?', state='delivered')
        client.say('show', USER, 'dora@one.test', 0, 1)
        client.wait_new('message', text='and here?')
        self.assertFalse(client.find('message', text='and here?', state='delivered'))

    def test_receipts_switched_off(self):
        """None are given from the moment that the person says so, by a new engine neither; what is sent
        asks for one all the same. Switched on again, they are given again."""
        client = self.client
        self.add_xmpp(client)
        ben = XmppBot(self.world, self.prosody, BEN, receipts=True)
        client.say('add-contact', USER, BEN, 'Ben Demo')
        client.wait_new('contact', address=BEN, presence='available')

        def hear(text):
            """The engine does in order what it is told: once it has sent, it knows the setting."""
            client.say('send', USER, BEN, f'before {text}')
            client.wait_new('message', text=f'before {text}', state='delivered')
            ben.send(USER, text)
            client.wait('message', text=text, state='received')
        client.say('set', 'send-receipts', 'off')
        hear('one')
        since = len(client.events())
        os.kill(engine_of(client), signal.SIGKILL)
        client.wait('account', since=since, state='retrying')
        client.wait('account', since=since, state='online')
        hear('two')
        client.say('set', 'send-receipts', 'on')
        hear('three')
        wait_for('the receipt at the bot', lambda: ben.receipts)
        self.assertEqual(len(ben.receipts), 1)

    def test_what_cannot_be_taken(self):
        """Rooms and files are refused, and a line of the chat says so, after a restart too."""
        client = self.client
        self.add_xmpp(client)
        client.mark()
        ben = XmppBot(self.world, self.prosody, BEN)
        ben.invite(USER, 'team@rooms.test')
        client.wait_new('message', **{'with': BEN, 'text': 'team@rooms.test', 'warning': 'room'})
        client.wait('unread', count='1')
        client.say('send', USER, BEN, 'What is that?')
        ben.wait_message('What is that?')
        ben.offer_file(ben.programs[USER], 'report.pdf', 1022)
        client.wait_new('message', text='report.pdf', warning='file', detail='1022')
        wait_for('the refusal', lambda: ben.answers.get('file') == 'forbidden')
        self.assertFalse(client.find('question', kind='form'))
        client.end()
        client.start()
        client.wait('chat', **{'with': BEN, 'count': '3'})
        client.say('show', USER, BEN, 0, 3)
        client.wait_new('message', number='0', warning='room', text='team@rooms.test')
        client.wait_new('message', number='2', warning='file', detail='1022')

    def test_offline_messages_and_restart(self):
        """What was written while nobody was there arrives; history, drafts and unsent messages are
        there at the next start, which asks for nothing."""
        client = self.client
        self.add_xmpp(client)
        sessions_over = self.prosody.count_ends()
        client.say('sign-out', USER)
        client.wait_new('account', state='offline')
        wait_for('the service to know', lambda: self.prosody.count_ends() > sessions_over)
        bot = XmppBot(self.world, self.prosody, BEN)
        bot.send(USER, 'while you were away')
        bot.wait_taken()
        client.say('send', USER, BEN, 'one')
        client.wait_new('message', text='one', state='waiting')
        client.say('send', USER, BEN, 'two')
        client.wait_new('message', text='two', state='waiting')
        client.say('draft', USER, BEN, 'not yet')
        wait_for('both on the disk', lambda: client.stored() == ['one', 'two'])
        client.process.kill()  # nothing ends in order
        client.start()
        client.wait('account', address=USER, state='online')
        bot.wait_message('two')
        self.assertEqual(bot.texts(USER), ['one', 'two'])
        client.wait('message', text='while you were away', state='received')
        self.assertFalse(client.find('question'))

        def state_of_second():
            client.say('show', USER, BEN, 1, 1)
            return client.wait_new('message', number='1')['state']
        wait_for('the second to be sent', lambda: state_of_second() == 'sent', interval=0.2)
        client.end()
        client.start()
        chat = client.wait('chat', **{'with': BEN, 'count': '3'})
        self.assertEqual(chat['unread'], '1')
        client.say('show', USER, BEN, 0, 3)
        client.wait_new('message', number='1', text='two', state='sent')

    def test_wrong_password(self):
        """The person is asked for another password, which is kept; a question that is closed leaves
        the account alone."""
        client = self.client
        self.add_xmpp(client, 'wrong', trust=False)
        question = client.wait_new('question', kind='certificate')
        client.say('question-answer', question['question'], 0)
        client.wait_new('account', state='failed', reason='password')
        question = client.wait_new('question', kind='password', account=USER)
        client.say('question-answer', question['question'], 0, "{'password': <'wrong again'>}")
        question = client.wait_new('question', kind='password', timeout=30)
        client.say('question-answer', question['question'], 1)
        client.wait_new('question-closed')
        client.say('sign-in-again', USER)
        question = client.wait_new('question', kind='password', timeout=30)
        client.say('question-answer', question['question'], 0, f"{{'password': <'{USERS[USER]}'>}}")
        client.wait_new('account', state='online', timeout=30)
        client.end()
        client.start()
        client.wait('account', address=USER, state='online')

    def test_certificate_refused(self):
        """Then nothing is sent there, and it is not tried again by itself."""
        client = self.client
        self.add_xmpp(client, trust=False)
        question = client.wait_new('question', kind='certificate')
        client.say('question-answer', question['question'], 1)
        client.wait_new('account', state='failed', reason='certificate')
        self.assertFalse(client.find('account', state='online'))

    def test_engine_killed(self):
        """In mid-chat: the account is back within two seconds, no message is lost, none crossed."""
        client = self.client
        self.add_xmpp(client)
        bot = XmppBot(self.world, self.prosody, BEN)
        client.say('send', USER, BEN, 'before')
        bot.wait_message('before')
        old = engine_of(client)
        since = len(client.events())
        client.mark()
        begun, late = time.monotonic(), Lateness()
        os.kill(old, signal.SIGKILL)
        client.wait_new('account', state='retrying', reason='engine')
        for i in range(5):
            client.say('send', USER, BEN, f'text {i}')
        client.wait('account', since=since, state='online')
        back = time.monotonic() - begun - late.end()
        bot.wait_message('text 4')
        texts = list(dict.fromkeys(bot.texts(USER)))
        self.assertEqual(texts, ['before'] + [f'text {i}' for i in range(5)])
        self.assertNotIn(engine_of(client), (old, None))
        if 'OFFHOOK_SANITIZED' not in os.environ:
            self.assertLess(back, 2)
        bot.send(USER, 'after')
        client.wait('message', text='after', state='received')

    def test_service_restarted(self):
        """Back-off told as states; what was written meanwhile arrives."""
        client = self.client
        self.add_xmpp(client)
        client.mark()
        self.prosody.kill()
        client.wait_new('account', state='retrying', reason='network')
        client.say('send', USER, BEN, 'kept')
        client.wait_new('message', text='kept', state='waiting')
        self.prosody.start()
        client.wait('message', text='kept', state='sent', timeout=30)
        bot = XmppBot(self.world, self.prosody, BEN)
        bot.wait_message('kept')


class BehindProxy(ChatCase):
    """The service's name is known to the proxy alone."""

    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS)
        self.proxy = Proxy(self.world, 'socks5', 'demo', 'Proxy secret',
                           {'service.invalid': self.prosody.port})

    def test_kept_and_changed(self):
        """Its password lies where passwords lie, and is there at the next start; a wrong one is told;
        another proxy is taken at once."""
        client = self.world.add(Headless(self.world, im=True))
        self.add_account(client, 'prpl-jabber', USER, USERS[USER],
                         f"{{'connect_server': <'service.invalid'>, 'port': <{self.prosody.port}>}}",
                         self.proxy.address(True), 'Proxy secret')
        question = client.wait_new('question', kind='certificate')
        client.say('question-answer', question['question'], 0)
        client.wait_new('account', state='online')
        bot = XmppBot(self.world, self.prosody, BEN)
        client.say('send', USER, BEN, 'through')
        bot.wait_message('through')
        self.assertEqual(len(self.proxy.tunnels), 1)
        client.end()
        for path in glob.glob(client.home + '/**/*.ini', recursive=True):
            with open(path, encoding='utf-8') as f:
                self.assertEqual('Proxy secret' in f.read(), path.endswith('secrets.ini'), path)
        client.start()
        client.wait('account', address=USER, state='online')
        self.assertEqual(len(self.proxy.tunnels), 2)
        client.say('proxy', USER, self.proxy.address(True), 'wrong')
        client.wait_new('proxy-set', message='')
        client.wait_new('account', state='failed', reason='proxy-password', timeout=20)
        other = Proxy(self.world, 'http', names={'service.invalid': self.prosody.port})
        client.say('proxy', USER, other.address(), '')
        client.wait_new('account', state='online', timeout=20)
        self.assertEqual(len(other.tunnels), 1)
        client.say('proxy', USER, 'http://nowhere')
        self.assertIn('port', client.wait_new('proxy-set')['message'])
        other.end()
        client.wait_new('account', state='retrying', reason='proxy', timeout=30)


class Irc(ChatCase):
    def test_messages(self):
        """A service with nicks and no password; a stranger's chat begins by itself."""
        ngircd = Ngircd(self.world)
        client = self.world.add(Headless(self.world, im=True))
        self.add_account(client, 'prpl-irc', 'anna@127.0.0.1', '', f"{{'port': <{ngircd.port}>}}")
        client.wait('account', address='anna@127.0.0.1', state='online')
        bot = IrcBot(self.world, ngircd, 'ben')
        bot.send('anna', 'hello from IRC')
        client.wait('message', **{'with': 'ben', 'text': 'hello from IRC', 'state': 'received'})
        client.say('send', 'anna@127.0.0.1', 'ben', 'and back')
        client.wait_new('message', text='and back', state='sent')
        bot.wait_message('and back')
        client.say('send', 'anna@127.0.0.1', 'nobody', 'hello?')
        client.wait_new('message', text='hello?', state='failed')


class Missing(TestCase):
    def test_no_engine(self):
        """A program without offhook-im says so, and works otherwise."""
        client = self.world.add(Headless(self.world, start=False))
        client.extra = {'OFFHOOK_IM_PATH': '/nonexistent/offhook-im'}
        client.start()
        problem = client.find('plugin-problem')
        self.assertIn('/nonexistent/offhook-im', problem['message'])


class Offers(ImFlowCase):
    def test_offer_of_somebody_else(self):
        """The call server's own offers are kept as they are; the same words of another one are warned of."""
        self.start_im()
        client = self.im_client()
        self.caller()
        offer = client.wait_new('message', **{'with': CALLS})
        self.assertTrue(offer['text'].startswith('Call from Demo Caller'), offer)
        self.assertEqual(offer['warning'], '')
        client.mark()
        XmppBot(self.world, self.prosody, imflow.BEN).send(ANNA, offer['text'])
        forged = client.wait_new('message', **{'with': imflow.BEN})
        self.assertEqual((forged['text'], forged['warning']), (offer['text'], 'forged-offer'))


if __name__ == '__main__':
    main()
