#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong while a call waits for a reply: the service restarts or stays away, the call server stops,
its IM engine or the client's dies, by a plug-in too; and namesakes on two domains."""
import os
import re
import shutil
import signal

from harness import main, wait_for
from harness.im import add_xmpp_account, engine_env, wait_seen
from harness.imflow import ANNA, BEN, CALL_BACK, CALLS, USERS, ImFlowCase
from harness.prosody import Prosody
from harness.world import build_root
from harness.xmppbot import XmppBot

NAMESAKE = 'anna@two.test'
TALK = 20.0  # s that both say something


class Service(ImFlowCase):
    delay = 60

    def test_restarted(self):
        """In mid-offer: what is typed once it is back counts, and what became of the call is told."""
        self.start_im(rules=('--order', 'together', '--decline-action', 'busy'))
        bot = self.start_bot()
        caller = self.caller()
        self.texts(bot, 1)
        self.prosody.kill()
        self.wait_account('offline')
        self.prosody.start()
        again = XmppBot(self.world, self.prosody, ANNA)
        self.wait_account('online', 30)
        self.wait_presence('available')
        self.assertIsNone(caller.has('result'))
        again.send(CALLS, '9')
        self.assertEqual(caller.result()['status'], 486)
        wait_for('the outcome', lambda: any('declined at' in t for t in again.texts(CALLS)))


class Away(ImFlowCase):
    delay = 6

    def test_default(self):
        """The service stays away: the default is carried out in its time, and told when it is back."""
        self.start_im()
        bot = self.start_bot()
        caller = self.caller(hang_up_after=2)
        self.texts(bot, 1)
        self.prosody.kill()
        self.wait_account('offline')
        self.assertTrue(caller.wait_event('answered', 20), 'voicemail takes the call')
        self.assert_events('offered', 'timed-out', 'voicemail')
        caller.result()
        self.prosody.start()
        again = XmppBot(self.world, self.prosody, ANNA)
        wait_for('the outcome', lambda: any('went to voicemail' in t for t in again.texts(CALLS)), 40)


class Server(ImFlowCase):
    delay = 120
    lost = (r'^Call from Demo Caller \(555100\): lost at \d\d:\d\d, when the call server stopped\.'
            f' Call back: {CALL_BACK}$')

    def offer(self, bot, number):
        """A call, which is the message `number`; the path of its link. Its events are written."""
        self.caller(name=f'caller{number}', max_time=150)
        text = self.texts(bot, number)[number - 1]
        self.server.wait_call_event('ringing')
        found = re.search(r'(/o/\S{22})$', text)
        self.assertTrue(found, bot.texts(CALLS))
        return found.group(1)

    def test_stopped(self):
        """Killed in mid-offer: who was told hears from the next run, once, that the call is lost; his
        reply comes too late, the link leads nowhere. An orderly end says so itself."""
        self.start_im(rules=('--order', 'together', '--decline-action', 'busy'))
        bot = self.start_bot()
        path = self.offer(bot, 1)
        self.server.kill()
        self.server.start()
        self.assertRegex(self.texts(bot, 2, 30)[1], self.lost)
        bot.send(CALLS, '9')
        self.assertRegex(self.texts(bot, 3)[2], '^Too late, your reply changed nothing. Call from Demo')
        self.assertEqual(self.ask('GET', path)[0], 404)
        self.wait_presence('available')
        self.offer(bot, 4)
        self.server.restart()
        self.assertRegex(self.texts(bot, 5, 30)[4], self.lost)
        self.wait_presence('available')
        self.offer(bot, 6)
        self.assertEqual(len(bot.texts(CALLS)), 6, bot.texts(CALLS))


class Domains(ImFlowCase):
    delay = 60

    def test_namesakes(self):
        """Two users with the same name on two domains: each has his own call, and chooses for no other."""
        self.prosody = Prosody(self.world, {**USERS, NAMESAKE: 'Bot secret 4'})
        self.start_server(env=engine_env(self.world))
        self.server.add_user('ben', '200', default_delay=self.delay)
        for user in ('anna', 'ben'):
            self.server.ctl('user', 'set', user, '--order', 'together', '--decline-action', 'busy')
        add_xmpp_account(self.server, self.prosody, CALLS)
        self.add_identity(ANNA, '--verified')
        self.server.ctl('im', 'identity', 'add', 'ben', 'xmpp', NAMESAKE, '--verified')
        annas, bens = (XmppBot(self.world, self.prosody, who) for who in (ANNA, NAMESAKE))
        wait_seen(self.server, 2)
        first = self.caller(name='first')
        self.assertIn('for 100.', self.texts(annas, 1)[0])
        bens.send(CALLS, '9')
        bens.wait_taken()
        second = self.caller('200', name='second')
        self.assertIn('for 200.', self.texts(bens, 1)[0])
        self.assertIsNone(first.has('result'))
        bens.send(CALLS, '9')
        self.assertEqual(second.result()['status'], 486)
        self.assertIn('declined', self.texts(bens, 2)[1])
        self.assertIsNone(first.has('result'))
        annas.send(CALLS, '9')
        self.assertEqual(first.result()['status'], 486)
        self.assertIn('declined', self.texts(annas, 2)[1])


class ServerEngine(ImFlowCase):
    delay = 60

    def test_killed(self):
        """The server's, with a call live and another one offered: both sides hear on, the other call is
        settled by the reply, and each outcome is told."""
        self.start_im(rules=('--order', 'together', '--decline-action', 'busy'))
        bot = self.start_bot()
        laptop = self.device(ring_only=True, play=self.marked('user', TALK))
        first = self.caller(name='first', play=self.marked('caller', TALK))
        laptop.wait_event('arrived')
        laptop.answer()
        first.wait_event('answered')
        self.check_outcome(bot, 'answered on laptop')
        second = self.caller(name='second', **{'from': 'sip:555200@127.0.0.1'})
        self.texts(bot, 3)
        old = self.engine_pid()
        os.kill(old, signal.SIGKILL)
        self.assertFalse(first.has('said') or laptop.has('said'), 'the kill was in mid-speech')
        wait_for('another engine', lambda: self.engine_pid() not in (old, None), 20)
        self.wait_account('online')
        self.assertIsNone(first.has('result'))
        bot.send(CALLS, '9')
        self.assertEqual(second.result()['status'], 486)
        self.assertIn('(555200): declined at', self.texts(bot, 4)[3])
        self.assertEqual([c['state'] for c in self.server.ctl_json('calls')], ['answered'])
        for phone in (first, laptop):
            phone.wait_event('said', TALK + 15)
        self.assertIsNone(first.has('result'))
        first.stop()
        self.assertTrue(first.result()['answered'])
        wait_for('the recordings', lambda: len(laptop.results()) == 2)
        self.assert_heard('the caller', self.marked('user', TALK), first.heard, gaps=4)
        self.assert_heard('the laptop', self.marked('caller', TALK), laptop.heard, gaps=4)


class PlugIn(ImFlowCase):
    """A protocol of the test's own (tests/im/crash-plugin.c): files stand for anna's program there."""
    delay = 60

    def order(self, text):
        os.replace(self.world.write('order', text), os.path.join(self.server.state, 'im', 'orders'))

    def told(self):
        path = os.path.join(self.server.state, 'im', 'told')
        if not os.path.exists(path):
            return ''
        with open(path, encoding='utf-8') as f:
            return f.read()

    def wait_told(self, pattern):
        return wait_for(f'{pattern!r}', lambda: re.search(pattern, self.told()), 20)

    def test_crashes(self):
        """In mid-offer: it is back by itself, a reply counts, and what was told is not told again."""
        self.start_server(env=engine_env(self.world))
        plugins = os.path.join(self.server.state, 'im', 'plugins')
        os.makedirs(plugins, mode=0o700)
        shutil.copy(os.path.join(build_root(), 'tests', 'im', 'offhook-test-protocol.so'), plugins)
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        self.server.ctl('im', 'account', 'add', 'test', '--protocol', 'offhook-test', '--username', 'calls',
                        '--password-stdin', stdin='right\n')
        self.server.ctl('im', 'identity', 'add', 'anna', 'test', 'anna', '--verified')
        wait_seen(self.server)
        caller = self.caller()
        code = self.wait_told(r'Reply with number and ([A-Z0-9]{4})\.')[1]
        old = self.engine_pid()
        self.order('crash')
        wait_for('another engine', lambda: self.engine_pid() not in (old, None), 20)
        self.wait_account('online')
        self.order(f'9 {code}')
        self.assertEqual(caller.result()['status'], 486)
        self.wait_told(r'declined at \d\d:\d\d')
        self.assertEqual(self.told().count('Call from'), 2, self.told())


class ClientEngine(ImFlowCase):
    delay = 60

    def client_engine(self, client):
        said = self.world.run(['/usr/bin/ps', '--ppid', str(client.process.pid), '-o', 'pid=,comm='],
                              check=False)
        return next((int(line.split()[0]) for line in said.splitlines() if 'offhook-im' in line
                     and 'defunct' not in line), None)

    def test_killed(self):
        """With a call live and another one offered: both sides hear on, the other call rings on and is
        settled in its window, and what was written meanwhile is sent once."""
        self.start_im(rules=('--order', 'together', '--decline-action', 'busy'))
        client = self.im_client(sip=False, seconds=TALK)
        ben = XmppBot(self.world, self.prosody, BEN)
        client.mark()
        first = self.caller(name='first', play=self.marked('caller', TALK))
        live = client.wait_new('call', state='incoming')
        client.say('answer')
        client.wait_new('call', state='active')
        client.mark()
        second = self.caller(name='second', **{'from': 'sip:555200@127.0.0.1'})
        other = client.wait_new('call', state='incoming')
        old = self.client_engine(client)
        client.mark()
        os.kill(old, signal.SIGKILL)
        self.assertFalse(first.has('said'), 'the kill was in mid-speech')
        client.wait_new('account', state='retrying', reason='engine')
        client.say('send', f'{ANNA}/client', BEN, 'written meanwhile')
        client.wait('message', text='written meanwhile', state='sent', timeout=30)
        wait_for('the message', lambda: ben.texts(ANNA))
        self.assertNotIn(self.client_engine(client), (old, None))
        self.assertFalse(client.find('call', state='ended', id=live['id']))
        self.assertFalse(client.find('call', state='ended', id=other['id']))
        client.say('decline')
        client.wait_new('call', state='ended', id=other['id'], reason='declined')
        self.assertEqual(second.result()['status'], 486)
        client.say('digit', '7')
        wait_for('the key in the first call', lambda: first.keys() == '7')
        first.wait_event('said', TALK + 15)
        client.say('hang-up')
        client.wait_new('call', state='ended', id=live['id'], reason='hung-up')
        self.assertTrue(first.result()['answered'])
        self.assert_heard('the caller', self.marked('user', TALK), first.heard, gaps=4)
        self.assert_heard('the user', self.marked('caller', TALK), client.heard, gaps=4)
        ben.wait_taken()
        self.assertEqual(ben.texts(ANNA), ['written meanwhile'])


if __name__ == '__main__':
    main()
