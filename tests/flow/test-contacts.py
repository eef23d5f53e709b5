#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's contacts on real services: added, changed, removed, blocked; Prosody and ngIRCd, bots of
their own protocol at the other end, the client without a window."""
import os
import signal

from harness import TestCase, main, wait_for
from harness.headless import Headless
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

USER = 'anna@one.test'
BEN = 'ben@one.test'
EVE = 'eve@one.test'
USERS = {USER: 'Client secret 1', BEN: 'Bot secret 2', EVE: 'Bot secret 3'}
NICK = 'anna@127.0.0.1'


class ContactCase(TestCase):
    def add_account(self, protocol, name, password, options):
        self.client = self.world.add(Headless(self.world, im=True))
        self.client.say('protocols')
        self.client.wait('protocol', id=protocol)
        self.client.say('add-im', protocol, name, password, options)
        self.client.wait_new('im-added')

    def sign_in_xmpp(self, *modules):
        self.prosody = Prosody(self.world, USERS, modules=modules)
        self.add_account('prpl-jabber', USER, USERS[USER],
                         f"{{'connect_server': <'127.0.0.1'>, 'port': <{self.prosody.port}>}}")
        question = self.client.wait_new('question', kind='certificate')
        self.client.say('question-answer', question['question'], 0)
        self.client.wait_new('account', state='online')

    def engine(self):
        """The process id of the client's one child that is an IM engine."""
        parent = str(self.client.process.pid)
        said = self.world.run(['/usr/bin/ps', '--ppid', parent, '-o', 'pid=,comm='])
        return next(int(line.split()[0]) for line in said.splitlines() if 'offhook-im' in line)

    def kill_engine(self):
        """The account is back after it."""
        pid = self.engine()
        self.client.mark()
        os.kill(pid, signal.SIGKILL)
        self.client.wait_new('account', state='retrying', reason='engine')
        self.client.wait_new('account', state='online')

    def restart(self, account):
        self.client.end()
        self.client.start()
        self.client.wait('account', address=account, state='online')

    def check_silence(self, user, bad, good, with_bad, with_good):
        """What the bot `bad` writes to the client's user is not heard; `good` writes after it, and is."""
        self.client.mark()
        bad.send(user, 'not heard')
        bad.wait_taken()
        good.send(user, 'heard')
        self.client.wait_new('message', **{'with': with_good, 'text': 'heard'})
        self.assertFalse(self.client.find('message', **{'with': with_bad, 'text': 'not heard'}))

    def wait_heard(self, write, who):
        """Until the engine has heard that somebody is blocked no more it still drops their messages."""
        def heard():
            write('heard again')
            return self.client.find('message', **{'with': who, 'text': 'heard again'})
        wait_for(f'a message of {who}', heard, 15, interval=0.5)


class Xmpp(ContactCase):
    def test_changed_and_removed(self):
        """Name and group go to the service and back; the group can be taken away; removed is gone."""
        self.sign_in_xmpp()
        client = self.client
        XmppBot(self.world, self.prosody, BEN)
        client.say('add-contact', USER, BEN, 'Ben Demo', 'Friends')
        client.wait_new('contact', address=BEN, name='Ben Demo', group='Friends',
                        presence='available')
        client.say('add-contact', USER, BEN, 'Benjamin', 'Work')
        client.wait_new('contact', address=BEN, name='Benjamin', group='Work')
        self.restart(USER)
        client.wait('contact', address=BEN, name='Benjamin', group='Work')
        client.say('add-contact', USER, BEN, '', '')
        client.wait_new('contact', address=BEN, name=BEN, group='')
        before = len(client.events())
        client.say('add-contact', USER, BEN, 'Gone', '')
        client.say('remove-contact', USER, BEN)
        eve = XmppBot(self.world, self.prosody, EVE)
        eve.send(USER, 'hello')
        client.wait_new('message', **{'with': EVE, 'text': 'hello'})
        wait_for('the last contact to go', lambda: [
            e for e in client.events() if e['event'] == 'contacts'][-1]['count'] == '0')
        self.assertFalse(client.find('contact', before, address=BEN, presence='offline'),
                         'the service confirmed the new name after the removal: no new contact')
        self.restart(USER)
        eve.send(USER, 'hello again')
        client.wait('message', **{'with': EVE, 'text': 'hello again'})
        self.assertFalse(client.find('contact', address=BEN))

    def test_kept(self):
        """Those of the last session are there at once, with no service to tell of them; its list replaces
        them when it comes, and nobody who is on it was away meanwhile."""
        self.sign_in_xmpp()
        client = self.client
        client.say('add-contact', USER, BEN, 'Ben Demo', 'Friends')
        client.wait_new('contact', address=BEN, name='Ben Demo', group='Friends')
        client.say('add-contact', USER, EVE, 'Eve Demo')
        client.wait_new('contact', address=EVE, name='Eve Demo')
        client.say('block', USER, BEN)
        client.wait_new('contact', address=BEN, blocked='yes')
        client.end()
        other = XmppBot(self.world, self.prosody, USER, resource='other')
        other.send_raw('<iq type="set" id="r1"><query xmlns="jabber:iq:roster">'
                       f'<item jid="{EVE}" subscription="remove"/></query></iq>')
        other.wait_taken()
        other.end()
        self.prosody.kill()
        client.start()
        client.wait('contact', address=BEN, name='Ben Demo', group='Friends', blocked='yes',
                    presence='offline')
        client.wait('contact', address=EVE, name='Eve Demo', presence='offline')
        self.assertFalse(client.find('account', state='online'))
        client.mark()
        self.prosody.start()
        client.say('sign-in-again', USER)
        client.wait_new('account', state='online', timeout=30)
        client.wait_new('contacts', count='1')
        self.assertNotIn('0', [e['count'] for e in client.events() if e['event'] == 'contacts'])
        client.end()
        client.start()
        client.wait('contact', address=BEN)
        self.assertFalse(client.find('contact', address=EVE))

    def check_blocked(self):
        """Through a crash of the engine and a new start of the client too."""
        client = self.client
        ben, eve = (XmppBot(self.world, self.prosody, who) for who in (BEN, EVE))
        client.say('add-contact', USER, BEN, 'Ben Demo')
        client.wait_new('contact', address=BEN, presence='available')
        client.say('block', USER, BEN)
        client.wait_new('contact', address=BEN, blocked='yes')

        def silence():
            ben.send_typing(USER, 'composing')
            ben.ask_for_presence(USER)
            self.check_silence(USER, ben, eve, BEN, EVE)
            self.assertFalse(client.find('question', kind='contact'))
            self.assertFalse(client.find('typing', state='active'))
        silence()
        self.kill_engine()
        silence()
        self.restart(USER)
        client.wait('contact', address=BEN, blocked='yes')
        silence()
        client.say('unblock', USER, BEN)
        client.wait_new('contact', address=BEN, blocked='no')
        self.wait_heard(lambda text: ben.send(USER, text), BEN)

    def test_blocked_here(self):
        """A service that keeps no list."""
        self.sign_in_xmpp()
        self.check_blocked()

    def test_blocked_at_the_service(self):
        """Its list is the one that counts (XEP-0191): another program's changes are taken over."""
        self.sign_in_xmpp('blocklist')
        client = self.client
        self.check_blocked()
        client.say('block', USER, BEN)
        client.wait_new('contact', address=BEN, blocked='yes')
        sessions_over = self.prosody.count_ends()
        client.say('sign-out', USER)
        client.wait_new('account', state='offline')
        wait_for('the service to know', lambda: self.prosody.count_ends() > sessions_over)
        client.say('block', USER, EVE)  # the service hears of it later
        other = XmppBot(self.world, self.prosody, USER, resource='other')
        other.send_raw(f'<iq type="set" id="b1"><unblock xmlns="urn:xmpp:blocking"><item jid="{BEN}"/>'
                       '</unblock></iq>')
        other.wait_taken()
        client.say('sign-in-again', USER)
        client.wait_new('contact', address=BEN, blocked='no')
        client.wait_new('account', state='online')
        self.wait_listed(EVE)

    def check_requests_and_blocks(self):
        """Who is blocked asks for nothing any more: not if it was asked before, nor if it arrives
        together with the block."""
        client = self.client
        ben, eve = (XmppBot(self.world, self.prosody, who) for who in (BEN, EVE))
        client.say('add-contact', USER, BEN, 'Ben Demo')
        client.wait_new('contact', address=BEN, presence='available')
        eve.ask_for_presence(USER)
        number = client.wait_new('question', kind='contact', who=EVE)['question']
        client.say('block', USER, EVE)
        client.wait_new('question-closed', question=number)
        client.say('unblock', USER, EVE)
        pid = self.engine()
        os.kill(pid, signal.SIGSTOP)
        client.say('block', USER, BEN)
        client.wait_new('contact', address=BEN, blocked='yes')
        ben.ask_for_presence(USER)
        ben.wait_taken()
        os.kill(pid, signal.SIGCONT)
        self.wait_heard(lambda text: eve.send(USER, text), EVE)
        self.check_silence(USER, ben, eve, BEN, EVE)
        self.assertFalse(client.find('question', kind='contact', who=BEN))

    def test_requests_and_blocks_here(self):
        self.sign_in_xmpp()
        self.check_requests_and_blocks()

    def test_requests_and_blocks_at_the_service(self):
        self.sign_in_xmpp('blocklist')
        self.check_requests_and_blocks()

    def check_block_while_it_waits(self):
        """What lies at the service, of somebody who is blocked before the account signs in, is not heard."""
        client = self.client
        ben, eve = (XmppBot(self.world, self.prosody, who) for who in (BEN, EVE))
        client.say('sign-out', USER)
        client.wait_new('account', state='offline')
        for bot in (ben, eve):
            bot.send(USER, f'{bot.address} waits')
            self.wait_stored(f'{bot.address} waits')
        client.say('block', USER, BEN)
        client.say('sign-in-again', USER)
        client.wait_new('message', **{'with': EVE, 'text': f'{EVE} waits'})
        self.check_silence(USER, ben, eve, BEN, EVE)
        self.assertFalse(client.find('message', **{'with': BEN}))

    def test_block_while_it_waits_here(self):
        self.sign_in_xmpp()
        self.check_block_while_it_waits()

    def test_block_while_it_waits_at_the_service(self):
        self.sign_in_xmpp('blocklist')
        self.check_block_while_it_waits()

    def wait_stored(self, text):
        """Until Prosody keeps it for the client's user."""
        path = os.path.join(self.prosody.folder, 'data', 'one%2etest', 'offline', 'anna.list')

        def stored():
            if not os.path.exists(path):
                return False
            with open(path, encoding='utf-8') as f:
                return text in f.read()
        wait_for('the service to keep it', stored)

    def wait_listed(self, who):
        path = os.path.join(self.prosody.folder, 'data', 'one%2etest', 'blocklist', 'anna.dat')

        def listed():
            if not os.path.exists(path):
                return False
            with open(path, encoding='utf-8') as f:
                return who in f.read()
        wait_for('the service to list it', listed)


class Irc(ContactCase):
    def restart_irc(self, bot):
        """With the same nick, once the service has let go of it."""
        self.client.end()
        bot.wait_gone('anna')
        self.client.start()
        self.client.wait('account', address=NICK, state='online')

    def check_there_at_once(self):
        """Before the service was reached."""
        news = [(e['event'], e.get('state')) for e in self.client.events()]
        self.assertLess([event for event, _ in news].index('contact'),
                        news.index(('account', 'online')), news)

    def test_kept_and_blocked(self):
        """A service that keeps nothing: the client does."""
        ngircd = Ngircd(self.world)
        self.add_account('prpl-irc', NICK, '', f"{{'port': <{ngircd.port}>}}")
        client = self.client
        client.wait('account', address=NICK, state='online')
        ben, eve = IrcBot(self.world, ngircd, 'ben'), IrcBot(self.world, ngircd, 'eve')
        client.say('add-contact', NICK, 'ben', 'Ben Demo', 'Friends')
        client.wait_new('contact', address='ben', name='Ben Demo', group='Friends')
        client.say('block', NICK, 'ben')
        client.wait_new('contact', address='ben', blocked='yes')

        def silence():
            self.check_silence('anna', ben, eve, 'ben', 'eve')
        silence()
        self.restart_irc(eve)
        client.wait('contact', address='ben', name='Ben Demo', group='Friends', blocked='yes')
        self.check_there_at_once()
        silence()
        client.say('unblock', NICK, 'ben')
        client.wait_new('contact', address='ben', blocked='no')
        self.wait_heard(lambda text: ben.send('anna', text), 'ben')
        client.say('remove-contact', NICK, 'ben')
        client.wait_new('contacts', count='0')
        self.restart_irc(eve)
        eve.send('anna', 'there?')
        client.wait('message', **{'with': 'eve', 'text': 'there?'})
        self.assertFalse(client.find('contact', address='ben'))


if __name__ == '__main__':
    main()
