#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What replies over IM do: they have a device answer, tell calls apart, win or come too late on two
services, and bear what strangers and broken programs send."""
import os
import re
import signal
import time

from harness import Lateness, main, wait_for
from harness.headless import Headless
from harness.imflow import BEN, CALLS, ImFlowCase
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.phone import Phone
from harness.process import SLOWNESS
from harness.xmppbot import XmppBot

PACE = 1.2e6  # microseconds in which IRC services bear no more than an offer's lines


class Answers(ImFlowCase):
    def test_by_our_client(self):
        """1 answers at the client as if it had been pressed there: it says so, both sides are heard."""
        self.start_im()
        bot = self.start_bot()
        client = self.world.add(Headless(self.world, said=self.marked('user')))
        client.sign_in(self.server)
        name = self.server.ctl_json('device', 'list', 'anna')[0]['name']
        caller = self.caller(hang_up_after=7)
        self.assertIn(f'\n1 answer on {name}, 3 voicemail, 9 decline\n', self.texts(bot, 1)[0])
        client.wait('call', state='incoming', by_reply='')
        caller.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        bot.send(CALLS, 'Yes, please!')
        client.wait('call', state='active', by_reply='yes')
        self.check_outcome(bot, f'answered on {re.escape(name)}')
        self.assertTrue(caller.result(30)['answered'])
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=14)
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=14)
        self.assert_events('offered', 'ringing', 'asked', 'answered', 'ended')
        reason = next(e['reason'] for e in self.server.call_events() if e['event'] == 'answered')
        self.assertEqual(reason, 'by a reply of anna@one.test (xmpp)')
        self.assertEqual(len(bot.texts(CALLS)), 2, bot.texts(CALLS))

    def test_by_the_second_device(self):
        """The first cannot be answered from afar: the second is asked, and the first stops ringing."""
        self.start_im()
        bot = self.start_bot()
        first = self.device(ring_only=True)
        second = self.device('desktop', ring_only=True, talk=True)
        caller = self.caller(hang_up_after=2)
        self.texts(bot, 1)
        for device in (first, second):
            device.wait_event('arrived')
        bot.send(CALLS, '1')
        second.wait_event('asked-to-talk')
        self.check_outcome(bot, 'answered on desktop')
        self.assertEqual(first.result()['reason_cause'], 200)
        self.assertTrue(caller.result()['answered'])
        bot.send(CALLS, '1')
        self.assertIn('Too late', self.texts(bot, 3)[2])

    def test_not_where_its_user_forbids(self):
        """The first device says that no reply answers there: the second one is promised and asked. Where it
        is the only one, nothing is promised, and who replies all the same is told what to do."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        first = self.device(ring_only=True, talk=True,
                            contact_param=['+offhook.audio="mic,speaker"', '+offhook.talk="no"'])
        caller = self.caller()
        self.assertIn('\n1 answer (on laptop, where it rings), 3', self.texts(bot, 1)[0])
        first.wait_event('arrived')
        bot.send(CALLS, '1')
        self.assertTrue(self.texts(bot, 2)[1].startswith(
            'Nothing answered for your reply: press Answer on laptop'))
        bot.send(CALLS, '9')
        self.assertEqual(caller.result()['status'], 486)
        self.texts(bot, 3)
        second = self.device('desktop', ring_only=True, talk=True)
        caller = self.caller(name='second', hang_up_after=1)
        self.assertIn('\n1 answer on desktop, 3', self.texts(bot, 4)[3])
        bot.send(CALLS, '1')
        second.wait_event('asked-to-talk')
        self.assertTrue(caller.result()['answered'])
        self.assertFalse(first.has('asked-to-talk'))

    def test_by_a_desk_phone(self):
        """Of a desk phone nobody knows whether it can: nothing is promised, but it is asked."""
        self.start_im()
        bot = self.start_bot()
        login = self.server.ctl_json('device', 'add', 'anna', '--desk-phone', '--name', 'kitchen')
        proxy = f'sip:127.0.0.1:{self.server.ports["udp"]};transport=udp'
        phone = Phone(self.world, 'kitchen', register=True, keep_waiting=True, ring_only=True,
                      talk=True, listen='udp:127.0.0.1:0', proxy=proxy, registrar='sip:localhost',
                      user=login['device_id'], secret=login['secret'],
                      play=self.marked('user'), **{'from': f'sip:{login["device_id"]}@localhost'})
        phone.wait_event('registered')
        caller = self.caller(hang_up_after=1.5)
        self.assertIn('\n1 answer (on kitchen, where it rings), 3', self.texts(bot, 1)[0])
        bot.send(CALLS, '1')
        phone.wait_event('asked-to-talk')
        self.check_outcome(bot, 'answered on kitchen')
        self.assertTrue(caller.result()['answered'])

    def test_with_nothing_that_rings(self):
        """It is said what can be done, the call waits on, and the next choice counts."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        caller = self.caller()
        self.assertIn('\n1 answer in the browser (open the link), 3', self.texts(bot, 1)[0])
        bot.send(CALLS, '1')
        self.assertEqual(self.texts(bot, 2)[1], "A reply cannot carry your voice: open the link of the "
                         "call's message to answer in the browser.")
        bot.send(CALLS, 'no thanks')
        self.assertEqual(caller.result()['status'], 486)
        self.check_outcome(bot, 'declined', 3)


class Several(ImFlowCase):
    def test_two_calls(self):
        """A reply that names no call is asked back; the letter says which, also of one that is over."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        first = self.caller(name='first')
        self.assertTrue(self.texts(bot, 1)[0].startswith('Call from Demo Caller'))
        second = self.caller(name='second', **{'from': 'sip:555200@127.0.0.1'})
        self.assertTrue(self.texts(bot, 2)[1].startswith('Call C from Demo Caller (555200)'))
        bot.send(CALLS, '9')
        self.assertEqual(self.texts(bot, 3)[2], 'Which call? B Demo Caller, C Demo Caller. Add the letter '
                         'to the number.')
        bot.send(CALLS, 'C 9')
        self.assertEqual(second.result()['status'], 486)
        self.assertIn('(555200): declined', self.texts(bot, 4)[3])
        bot.send(CALLS, 'c 9')
        self.assertIn('Too late', self.texts(bot, 5)[4])
        self.assertIsNone(first.has('result'))
        bot.send(CALLS, 'B: no')
        self.assertEqual(first.result()['status'], 486)

    def test_two_services(self):
        """The first choice wins from either; within a second the other service has the outcome, and a
        choice that comes there is too late."""
        ngircd = Ngircd(self.world)
        irc = IrcBot(self.world, ngircd, 'anna')
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        self.server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                        'calls@127.0.0.1', '--option', f'port={ngircd.port}')
        self.server.ctl('im', 'identity', 'add', 'anna', 'irc', 'Anna', '--verified')
        bot = self.start_bot()
        wait_for('anna to be seen on both', lambda: all(
            i['presence'] == 'available' for i in self.server.ctl_json('im', 'identity', 'list')), 60)
        caller = self.caller()
        self.texts(bot, 1)
        wait_for('the offer on IRC', lambda: len(irc.messages) >= 3, 20)
        code = re.search(r'number and ([A-Z0-9]{4})\.', irc.messages[2][1]).group(1)
        wait_for('a person to have read it', lambda: time.monotonic() * 1e6 > irc.times[2] + PACE, 5)
        late = Lateness()
        irc.send('calls', f'9 {code}')
        wait_for('the outcome on IRC', lambda: 'declined' in irc.messages[-1][1], 20)
        self.check_outcome(bot, 'declined')
        self.assertLess(abs(bot.times[1] - irc.times[-1]) / 1e6, SLOWNESS + late.end())
        bot.send(CALLS, '3')
        self.assertIn('Too late', self.texts(bot, 3)[2])
        self.assertEqual(caller.result()['status'], 486)


class Gone(ImFlowCase):
    delay = 40

    def test_engine_restarts(self):
        """The engine died a moment before the call came: it is held, and offered when it is back."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        killed = self.engine_pid()
        os.kill(killed, signal.SIGKILL)
        wait_for('the end of the engine', lambda: self.engine_pid() != killed)
        caller = self.caller()
        self.texts(bot, 1, 25)
        bot.send(CALLS, '9')
        self.assertEqual(caller.result()['status'], 486)

    def test_comes_back(self):
        """Who loses the connection in mid-offer, and has it again, may still reply."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        caller = self.caller()
        self.texts(bot, 1)
        bot.end()
        self.wait_presence('offline')
        self.start_bot().send(CALLS, '9')
        self.assertEqual(caller.result()['status'], 486)

    def test_stays_away(self):
        """Who does not come back keeps the caller waiting no longer than that; what became of the call
        waits for him at the service."""
        self.start_im()
        bot = self.start_bot()
        caller = self.caller(hang_up_after=1)
        self.texts(bot, 1)
        bot.end()
        self.wait_presence('offline')
        self.assertTrue(caller.wait_event('answered', 20), 'voicemail')
        self.assertNotIn('timed-out', self.event_names())
        again = self.start_bot()
        self.assertIn('went to voicemail', self.texts(again, 1)[0])
        caller.result()


class Hostile(ImFlowCase):
    delay = 60

    @staticmethod
    def send_markup(client):
        """No, in XHTML-IM (XEP-0071), after all that was sent before."""
        client.register_plugin('xep_0071')
        client.send_message(mto=CALLS, mbody='No.', mhtml='<p>N<strong>o</strong>.</p>', mtype='chat')

    def test_floods(self):
        """Nonsense, markup, long messages and the same choice for ever: a handful of answers, and the
        call still takes a reply."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        caller = self.caller()
        self.texts(bot, 1)
        for text in ('x' * 65000, '9' * 65000, '9 ' * 30000, '<b>' * 20000, '\u202e' * 20000 + 'x'):
            bot.send(CALLS, text)
        for i in range(150):
            bot.send(CALLS, ('what?', '1', 'Several calls', '3 9')[i % 4])
        bot.call(self.send_markup)
        self.assertEqual(caller.result(30)['status'], 486)
        wait_for('the outcome', lambda: 'declined' in bot.texts(CALLS)[-1])
        count = len(bot.texts(CALLS))
        self.assertLessEqual(count, 6, bot.texts(CALLS))  # offer, list, hints, outcome
        for _ in range(50):
            bot.send(CALLS, '9')
        self.assertIn('Too late', self.texts(bot, count + 1)[count])
        bot.send(CALLS, '3')
        bot.wait_taken()
        XmppBot(self.world, self.prosody, BEN).send(CALLS, 'I come after all of them')
        wait_for('the server to have read it all', lambda: self.account()['strangers'] == 1, 30)
        caller = self.caller(name='second')
        self.texts(bot, count + 2)
        caller.stop()
        self.check_outcome(bot, 'the caller gave up', count + 3)
        self.assertEqual(len(bot.texts(CALLS)), count + 3)

    def test_two_bots(self):
        """A program that answers every message gets no endless conversation."""
        self.start_im()
        bot = self.start_bot()

        def answer(client):
            client.add_event_handler('message', lambda _message: client.send_message(
                mto=CALLS, mbody='I am away. 1 call me, 2 write to me.', mtype='chat'))

        bot.call(answer)
        caller = self.caller()
        self.texts(bot, 2)
        caller.stop()
        wait_for('the outcome', lambda: 'gave up' in ''.join(bot.texts(CALLS)))
        self.assertEqual(len(bot.texts(CALLS)), 3, bot.texts(CALLS))  # offer, list, outcome

    def test_stranger_with_the_nick(self):
        """Without the code nothing happens, whatever he says, and he hears so three times at most."""
        ngircd = Ngircd(self.world)
        stranger = IrcBot(self.world, ngircd, 'anna')
        self.start_im(identity=False)
        self.server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                        'calls@127.0.0.1', '--option', f'port={ngircd.port}')
        self.server.ctl('im', 'identity', 'add', 'anna', 'irc', 'anna', '--verified')
        wait_for('anna to be seen', lambda: self.server.ctl_json('im', 'identity', 'list')[0][
            'presence'] == 'available', 60)
        device = self.device(ring_only=True, talk=True)
        caller = self.caller()
        wait_for('the offer', lambda: len(stranger.messages) >= 3, 20)
        for text in ('1', 'yes', '9 AAAA', '3', 'answer', '1 ZZZZ', '4 555300 AAAA') * 2:
            stranger.send('calls', text)
        stranger.wait_taken()
        wait_for('what he hears of it', lambda: len(stranger.messages) >= 6, 20)
        caller.stop()
        self.assertFalse(caller.result()['answered'])
        wait_for('the outcome', lambda: 'gave up' in stranger.messages[-1][1], 20)
        self.assertIsNone(device.has('asked-to-talk'))
        hints = stranger.messages[3:-1]
        self.assertEqual(len(hints), 4, hints)  # three, and once the list: 4 is no option
        code = re.search(r'number and ([A-Z0-9]{4})\.', stranger.messages[2][1]).group(1)
        self.assertNotIn(code, ' '.join(text for _, text in hints))

    def test_stranger_takes_the_nick(self):
        """Once the person has gone, whoever takes the name while the call waits is not told the code,
        whatever he asks, and neither answers nor transfers."""
        ngircd = Ngircd(self.world)
        anna = IrcBot(self.world, ngircd, 'anna')
        self.start_im(identity=False)
        self.server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                        'calls@127.0.0.1', '--option', f'port={ngircd.port}')
        self.server.ctl('im', 'identity', 'add', 'anna', 'irc', 'anna', '--verified')
        wait_for('anna to be seen', lambda: self.server.ctl_json('im', 'identity', 'list')[0][
            'presence'] == 'available', 60)
        device = self.device(ring_only=True, talk=True)
        caller = self.caller()
        wait_for('the offer', lambda: len(anna.messages) >= 3, 20)
        code = re.search(r'number and ([A-Z0-9]{4})\.', anna.messages[2][1]).group(1)
        anna.end()
        watcher = IrcBot(self.world, ngircd, 'watcher')
        watcher.wait_gone('anna')
        stranger = IrcBot(self.world, ngircd, 'anna')
        for text in ('Which call?', '1', '4 555300', 'transfer to 555300', '9', 'what is the code?'):
            stranger.send('calls', text)
        stranger.wait_taken()
        wait_for('the list', lambda: any('That is none of' in t for _, t in stranger.messages), 20)
        wait_for('what he hears of the code', lambda: any('Anybody could use this name' in t
                                                          for _, t in stranger.messages), 20)
        caller.stop()
        self.assertFalse(caller.result()['answered'])
        wait_for('the outcome', lambda: 'gave up' in stranger.messages[-1][1], 30)
        self.assertNotIn(code, ' '.join(text for _, text in stranger.messages))
        self.assertNotIn('/o/', ' '.join(text for _, text in stranger.messages))
        self.assertIsNone(device.has('asked-to-talk'))
        self.assertNotIn('declined', self.event_names())


if __name__ == '__main__':
    main()
