#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call is offered over IM: Prosody, and somebody whose program is not ours."""
import contextlib
import json
import os
import re
import signal
import sqlite3

from harness import main, wait_for
from harness.flow import FlowCase
from harness.im import engine_env, wait_seen
from harness.imflow import ANNA, BEN, CALL_BACK, CALLS, ImFlowCase
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.phone import Phone
from harness.xmppbot import XmppBot

JSON = {'Accept': 'application/json'}
# The server is not for this computer alone, and has no name by which browsers would reach it.
NO_NAME = '[server]\ndomain=phone.test\n[web]\naddress=0.0.0.0\n'


class ImOffers(ImFlowCase):
    def test_voicemail_by_reply(self):
        """Nobody is signed in by SIP: the call waits for the reply, rings meanwhile, and 3 takes a
        message."""
        self.start_im()
        bot = self.start_bot()
        caller = self.caller(play_delay=5000, hang_up_after=9)
        offer = self.texts(bot, 1)[0]
        self.assertRegex(offer, re.compile(
            r'^Call from Demo Caller \(555100\) for 100\.\n'
            r'1 answer in the browser \(open the link\), 3 voicemail, 9 decline\n'
            r'None of your devices is signed in; one that signs in now rings\. '
            r'(1[5-9]|20) s left, then voicemail\. Reply with number or word\. '
            rf'Or open https://localhost:{self.server.https}/o/[\w-]{{22}}$'))
        caller.wait_event('ringing')
        bot.send(CALLS, '3')
        self.check_outcome(bot, 'went to voicemail')
        self.assertTrue(caller.wait_event('answered'))
        bot.send(CALLS, '9')
        self.assertRegex(self.texts(bot, 3)[2], '^Too late, your reply changed nothing. Call from')
        bot.send(CALLS, '9')
        caller.result(30)
        account = self.server.sign_in('anna')
        self.assert_events('arrived', 'located', 'offered', 'ringing', 'voicemail', 'ended')
        self.assertEqual(len(self.voicemails(account)), 1)
        reason = next(e['reason'] for e in self.server.call_events() if e['event'] == 'voicemail')
        self.assertEqual(reason, f'sent to voicemail by {ANNA} (xmpp)')
        self.assertEqual(len(bot.texts(CALLS)), 3, bot.texts(CALLS))

    def test_decline_by_reply(self):
        """A device rings too, which nobody can answer from afar: 9 ends it there, nonsense is answered
        once, 'answer' with the truth."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        device = self.device(ring_only=True)
        caller = self.caller()
        self.assertIn('\n1 answer on laptop, 3 voicemail, 9 decline\n', self.texts(bot, 1)[0])
        bot.send(CALLS, 'Good morning')
        self.assertTrue(self.texts(bot, 2)[1].startswith('That is none of: 1 answer'))
        bot.send(CALLS, 'What?')
        bot.send(CALLS, 'Yes')
        self.assertEqual(self.texts(bot, 3)[2], 'Nothing answered for your reply: press Answer on '
                         'laptop, where it rings. Or open the link of the call\'s message to '
                         'answer in the browser.')
        bot.send(CALLS, 'No!')
        self.check_outcome(bot, 'declined', 4)
        self.assertEqual(caller.result()['status'], 486)
        self.assertEqual(device.result()['reason_cause'], 603)
        self.assert_events('offered', 'declined', 'ended')

    def test_no_link(self):
        """Where no browser would find the server, the numbers stand alone, and nothing is said of links."""
        self.start_im(extra=NO_NAME)
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        bot = self.start_bot()
        caller = self.caller()
        self.assertRegex(self.texts(bot, 1)[0], re.compile(
            r'^Call from Demo Caller \(555100\) for 100\.\n3 voicemail, 9 decline\n'
            r'None of your devices is signed in; one that signs in now rings\. '
            r'(1[5-9]|20) s left, then voicemail\. Reply with number or word\.$'))
        bot.send(CALLS, '1')
        self.assertEqual(self.texts(bot, 2)[1], 'A reply cannot carry your voice, and no device of yours is '
                         'signed in: sign in with Offhook now and it rings there.')
        bot.send(CALLS, '9')
        self.assertEqual(caller.result()['status'], 486)
        self.check_outcome(bot, 'declined', 3)

    def test_german(self):
        """The user's language: the offer, the list, a word of it in reply, the outcome, what comes late."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy', '--language', 'de')
        bot = self.start_bot()
        caller = self.caller()
        self.assertRegex(self.texts(bot, 1)[0], re.compile(
            r'^Anruf von Demo Caller \(555100\) für 100\.\n'
            r'1 annehmen im Browser \(öffnen Sie den Link\), 3 Anrufbeantworter, 9 ablehnen\n'
            r'Kein Gerät ist angemeldet; eines, das sich jetzt anmeldet, klingelt\. '
            r'Noch (1[5-9]|20) s, dann Anrufbeantworter\. Antwort mit Nummer oder Wort\. '
            rf'Oder öffnen Sie https://localhost:{self.server.https}/o/[\w-]{{22}}$'))
        bot.send(CALLS, 'Guten Morgen')
        self.assertTrue(self.texts(bot, 2)[1].startswith('Das ist nichts davon: 1 annehmen'))
        bot.send(CALLS, 'Nein, danke!')
        self.assertEqual(caller.result()['status'], 486)
        outcome = r'Anruf von Demo Caller \(555100\): abgelehnt um \d\d:\d\d\.$'
        self.assertRegex(self.texts(bot, 3)[2], '^' + outcome)
        bot.send(CALLS, 'Anrufbeantworter')
        self.assertRegex(self.texts(bot, 4)[3], r'^Zu spät, Ihre Antwort änderte nichts\. ' + outcome)
        self.assertNotIn('voicemail', self.event_names())

    def describe(self, path):
        return json.loads(self.ask('GET', path, headers=JSON)[2])

    def test_caller_gives_up(self):
        """Each is told, with the link to call back where the caller's number may be shown."""
        self.start_im()
        bot = self.start_bot()
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', BEN, '--verified', '--hide-number')
        other = XmppBot(self.world, self.prosody, BEN)
        wait_seen(self.server, 2)
        caller = self.caller()
        paths = [re.search(r'(/o/\S{22})$', self.texts(b, 1)[0]).group(1) for b in (bot, other)]
        self.assertNotIn('call_back', self.describe(paths[0]))
        caller.stop()
        self.check_outcome(bot, 'the caller gave up')
        self.assertRegex(self.texts(other, 2)[1], r'caller gave up at \d\d:\d\d\.$')
        self.assertEqual(self.describe(paths[0])['call_back'], CALL_BACK)
        self.assertIn(f'href="{CALL_BACK}"', self.ask('GET', paths[0])[2])
        said = [self.ask('GET', paths[1])[2], self.ask('GET', paths[1], headers=JSON)[2]]
        self.assertNotIn('tel:', ''.join(said))

    def test_withheld(self):
        """Of a caller who does not want to be known there is nothing to call back."""
        self.start_im()
        bot = self.start_bot()
        caller = self.caller(withhold=True)
        self.assertTrue(self.texts(bot, 1)[0].startswith('Call from an unknown caller for 100.'))
        caller.stop()
        self.assertRegex(self.texts(bot, 2)[1],
                         r'^Call from an unknown caller: the caller gave up at \d\d:\d\d\.$')

    def test_answered_on_the_desktop(self):
        """Told where; the reply that comes after that has no effect."""
        self.start_im()
        bot = self.start_bot()
        device = self.device(ring_only=True)
        caller = self.caller()
        self.texts(bot, 1)
        device.wait_event('arrived')
        device.answer()
        caller.wait_event('answered')
        self.check_outcome(bot, 'answered on laptop')
        bot.send(CALLS, '9')
        self.assertIn('answered on laptop', self.texts(bot, 3)[2])
        caller.stop()
        self.assertTrue(caller.result()['answered'])
        self.wait_ended()
        self.assertNotIn('declined', self.event_names())

    def test_time_out(self):
        self.delay = 5
        self.start_im()
        bot = self.start_bot()
        caller = self.caller(hang_up_after=8)
        self.check_outcome(bot, 'went to voicemail')
        self.assertTrue(caller.wait_event('answered'))
        self.assert_events('offered', 'timed-out', 'voicemail')

    def test_strangers(self):
        """Somebody whom no user has named is refused, his replies have no effect and no answer; so are
        those of an identity that is not verified, which is offered nothing either."""
        self.delay = 60
        self.start_im()
        bot = self.start_bot()
        stranger = XmppBot(self.world, self.prosody, BEN)
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', BEN)
        caller = self.caller()
        self.texts(bot, 1)
        for text in ('3', '9', 'no'):
            stranger.send(CALLS, text)
        wait_for('the messages to be counted', lambda: self.account()['strangers'] == 3)
        caller.stop()
        self.assertFalse(caller.result()['answered'])
        self.check_outcome(bot, 'the caller gave up')
        stranger.wait_taken()
        self.assertEqual(stranger.messages, [])
        self.server.ctl('im', 'identity', 'remove', 'xmpp', BEN)
        stranger.ask_for_presence(CALLS)
        wait_for('the request to be refused', lambda: self.account()['strangers'] == 4)
        stranger.invite(CALLS, 'team@rooms.test')
        wait_for('the invitation in the log', lambda: 'refused an invitation to a room' in
                 self.server.process.output())
        bot.ask_for_presence(CALLS)
        wait_for('our presence at the bot', lambda: (CALLS, 'available') in bot.presences)
        stranger.wait_taken()
        self.assertNotIn(CALLS, [who for who, _ in stranger.presences])

    def test_busy_and_offline(self):
        """Who does not want to be disturbed, or is gone, is not written to."""
        self.delay = 60
        self.start_im()
        bot = self.start_bot()
        bot.set_presence('dnd')
        self.wait_presence('busy')
        caller = self.caller(hang_up_after=3)
        self.assertTrue(caller.wait_event('answered', 20), 'voicemail, at once')
        caller.result()
        bot.wait_taken()
        bot.end()
        self.wait_presence('offline')
        caller = self.caller(name='second', hang_up_after=3)
        self.assertTrue(caller.wait_event('answered', 20), 'voicemail, at once')
        caller.result()
        self.assertEqual(bot.messages, [])

    def test_certificate_and_restart(self):
        """Not trusted: it fails and says which; trusted by its fingerprint: online, after a restart
        too; no longer trusted: refused."""
        self.start_im(trust=False)
        fingerprint = self.prosody.fingerprint('one.test')
        failed = self.wait_account('failed')
        self.assertEqual(failed['certificate'], fingerprint)
        self.assertTrue(failed['reason'].startswith('certificate'), failed)
        findings = [f for f in self.server.ctl_json('doctor', check=False) if f['check'] == 'im']
        self.assertEqual([f['state'] for f in findings], ['error'])
        self.assertIn(fingerprint, findings[0]['message'])
        self.server.ctl('im', 'account', 'trust', 'xmpp', fingerprint)
        self.wait_account('online')
        self.server.restart()
        self.wait_account('online')
        self.start_bot()
        self.server.ctl('im', 'account', 'trust', 'xmpp')
        self.assertEqual(self.wait_account('failed')['certificate'], fingerprint)
        self.server.ctl('im', 'account', 'remove', 'xmpp')
        self.assertIn('No IM identity yet', self.server.ctl('im', 'identity', 'list'))

    def test_engine_killed(self):
        """The engine's process dies in mid-offer: the call and the offer go on, the reply counts."""
        self.start_im()
        bot = self.start_bot()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        caller = self.caller()
        self.texts(bot, 1)
        killed = self.engine_pid()
        os.kill(killed, signal.SIGKILL)
        wait_for('another engine', lambda: self.engine_pid() not in (killed, None), 20)
        self.wait_account('online')
        bot.send(CALLS, 'decline')
        self.assertEqual(caller.result()['status'], 486)
        wait_for('the outcome', lambda: 'declined' in bot.texts(CALLS)[-1])

    def test_two_identities(self):
        """Both are told; what one chooses, the other hears. Of the caller's number it hears nothing
        where its user does not want that."""
        self.start_im()
        bot = self.start_bot()
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', BEN, '--verified', '--hide-number')
        other = XmppBot(self.world, self.prosody, BEN)
        wait_for('both to be online', lambda: [i['presence'] for i in self.server.ctl_json(
            'im', 'identity', 'list')] == ['available', 'available'], 20)
        caller = self.caller(play_delay=3000, hang_up_after=5)
        self.texts(bot, 1)
        self.assertTrue(self.texts(other, 1)[0].startswith('Call from Demo Caller for 100.'))
        other.send(CALLS, 'voicemail please')
        self.check_outcome(bot, 'went to voicemail')
        self.assertIn('went to voicemail', self.texts(other, 2)[1])
        self.assertNotIn('555100', ''.join(other.texts(CALLS)))
        caller.result()

    def test_number_for_a_name(self):
        """A telephone that shows its number as its name has no name: who may not see the number does
        not see it there, in no message, page or description; who may reads it once."""
        self.start_im()
        bot = self.start_bot()
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', BEN, '--verified', '--hide-number')
        other = XmppBot(self.world, self.prosody, BEN)
        wait_seen(self.server, 2)
        caller = Phone(self.world, 'nameless', self.server.uri('100'), name='+555 100', max_time=90,
                       **{'listen': 'udp:127.0.0.1:0', 'from': 'sip:555100@127.0.0.1'})
        self.assertTrue(self.texts(bot, 1)[0].startswith('Call from 555100 for 100.'))
        hidden = self.texts(other, 1)[0]
        self.assertTrue(hidden.startswith('Call from an unknown caller for 100.'), hidden)
        path = re.search(r'(/o/\S{22})$', hidden).group(1)
        said = [self.ask('GET', path)[2], self.ask('GET', path, headers=JSON)[2]]
        self.assertEqual(json.loads(said[1])['caller'], {'name': '', 'number': ''})
        other.send(CALLS, '9')
        caller.result()
        self.assertIn('Call from 555100: declined', self.texts(bot, 2)[1])
        self.assertIn('unknown caller: declined', self.texts(other, 2)[1])
        said += [self.ask('GET', path)[2], *other.texts(CALLS)]
        self.assertNotIn('555100', ''.join(said).replace(' ', ''))
        arrived = next(e for e in self.server.call_events() if e['event'] == 'arrived')
        self.assertEqual((arrived.get('name', ''), arrived['number']), ('', '555100'))

    def test_service_away(self):
        """The service goes and comes back: the account too, by itself."""
        self.start_im()
        self.wait_account('online')
        self.prosody.kill()
        self.wait_account('offline')
        self.prosody.start()
        self.wait_account('online', 30)
        bot = self.start_bot()
        caller = self.caller()
        self.texts(bot, 1)
        caller.stop()
        self.check_outcome(bot, 'the caller gave up')


class Programs(ImFlowCase):
    delay = 60

    def wait_program(self, name):
        wait_for(f'{name} to be known', lambda: self.server.ctl_json(
            'im', 'identity', 'list')[0]['program'] == name, 20)

    def test_terminal(self):
        """What its capabilities name (XEP-0115): there the link has a line of its own."""
        self.start_im()
        bot = self.start_bot()
        bot.send_raw('<presence><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" '
                     'node="http://profanity-im.github.io" ver="bm90IGtub3duIHlldA=="/></presence>')
        self.wait_program('Profanity')
        caller = self.caller()
        self.assertRegex(self.texts(bot, 1)[0], r' Or open\nhttps://localhost:\d+/o/[\w-]{22}$')
        caller.stop()
        self.check_outcome(bot, 'the caller gave up')

    def test_own(self):
        """Our client is known among those of libpurple: it is said that it answers, no browser."""
        self.start_im()
        client = self.im_client(sip=False)
        self.wait_program('Offhook')
        client.mark()
        caller = self.caller()
        client.wait_new('call', state='incoming')
        offer = client.wait('message', **{'with': CALLS})
        self.assertIn('\n1 answer in Offhook, 3 voicemail, 9 decline\n', offer['text'])
        self.assertNotIn('None of your devices', offer['text'])
        caller.stop()
        client.wait_new('call', state='ended', reason='cancelled')


    def identity(self):
        return self.server.ctl_json('im', 'identity', 'list')[0]

    def wait_version(self, program, version):
        wait_for(f'{program} {version} to be known', lambda: (
            self.identity()['program'], self.identity()['version']) == (program, version), 20)

    def test_asked(self):
        """What it answers (XEP-0092) says more than its capabilities; it is asked once, and known after the
        server's end, killed or not. Another program there is another one."""
        self.start_im()
        bot = XmppBot(self.world, self.prosody, ANNA, program=('Finch', '2.14.12 (libpurple 2.14.12)'))
        self.wait_version('Finch', '2.14.12')
        caller = self.caller()
        self.assertRegex(self.texts(bot, 1)[0], r' Or open\nhttps://localhost:\d+/o/[\w-]{22}$')
        caller.stop()
        self.check_outcome(bot, 'the caller gave up')
        self.server.restart()
        self.wait_presence('available')
        self.wait_version('Finch', '2.14.12')
        self.assertEqual(bot.asked, 1)
        bot.end()
        self.wait_presence('offline')
        self.wait_version('Finch', '2.14.12')
        other = XmppBot(self.world, self.prosody, ANNA, resource='other', program=('Gajim', '1.8.4'))
        other.send_raw('<presence><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" '
                       'node="https://gajim.org" ver="bm90IGtub3duIHlldA=="/></presence>')
        self.wait_version('Gajim', '1.8.4')
        stored = self.server.state
        wait_for('it to be written', lambda: self.stored(stored) == ('Gajim', '1.8.4'), 20)
        self.server.kill()
        self.server.start()
        self.wait_version('Gajim', '1.8.4')

    @staticmethod
    def stored(folder):
        with contextlib.closing(sqlite3.connect(os.path.join(folder, 'offhook.db'))) as database:
            return database.execute('SELECT program, version FROM programs').fetchone()


class IrcOffers(FlowCase):
    def test_code(self):
        """IRC proves nobody's name: the number alone has no effect, with the offer's code it has. The program
        there is asked for by CTCP. A reply that comes late is told so."""
        ngircd = Ngircd(self.world)
        self.start_server(env=engine_env(self.world))
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        self.server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                        'calls@127.0.0.1', '--option', f'port={ngircd.port}')
        self.server.ctl('im', 'identity', 'add', 'anna', 'irc', 'Anna', '--verified')
        bot = IrcBot(self.world, ngircd, 'anna', program='irssi v1.4.3 - running on Linux x86_64')
        wait_for('anna to be seen', lambda: self.server.ctl_json('im', 'identity', 'list')[0][
            'presence'] == 'available', 60)
        wait_for('her program', lambda: [self.server.ctl_json('im', 'identity', 'list')[0][what]
                                         for what in ('program', 'version')] == ['Irssi', '1.4.3'], 20)
        self.assertEqual((bot.asked, bot.messages), (['calls'], []), 'its answer is no reply to anything')
        self.assertEqual(self.server.ctl_json('im', 'account', 'list')[0]['strangers'], 0)
        caller = self.caller()
        lines = wait_for('the offer', lambda: len(bot.messages) >= 3 and [
            text for who, text in bot.messages if who == 'calls'])
        self.assertEqual(lines[:2], ['Call from Demo Caller (555100) for 100.',
                                     '1 answer in the browser (open the link), 3 voicemail, '
                                     '9 decline'])
        code = re.search(r'Reply with number and ([A-Z0-9]{4})\. Or open https://localhost:\d+/o/',
                         lines[2]).group(1)
        bot.send('calls', '9')
        bot.wait_message("Anybody could use this name: add the four-character code of the call's message.")
        self.assertNotIn('declined', self.event_names())
        bot.send('calls', f'9 {code.lower()}')
        self.assertEqual(caller.result()['status'], 486)
        wait_for('the outcome', lambda: 'declined' in bot.messages[-1][1], 20)
        bot.send('calls', f'3 {code}')
        wait_for('that it is too late', lambda: bot.messages[-1][1].startswith(
            'Too late, your reply changed nothing. Call from Demo Caller (555100): declined at'), 20)
        self.assertNotIn('voicemail', self.event_names())


if __name__ == '__main__':
    main()
