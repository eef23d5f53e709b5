#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IM engine and its proxy on real services: Prosody and ngIRCd, with bots of their own protocol
at the other end."""
import calendar
import os
import signal
import time

from harness import TestCase, main, wait_for
from harness.im import Im
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

OFFHOOK = 'offhook@one.test'
ANNA = 'anna@one.test'
ROOMS = 'rooms.one.test'
USERS = {OFFHOOK: 'Engine secret 1', ANNA: 'Bot secret 2', 'ben@one.test': 'Bot secret 3'}


class Xmpp(TestCase):
    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS, rooms=ROOMS)
        self.im = self.world.add(Im(self.world))
        self.im.add_xmpp('x', self.prosody, OFFHOOK)

    def test_messages(self):
        """Signs in after the certificate question; messages go both ways, as plain text."""
        im = self.im
        im.do('sign-in', 'x')
        question = im.wait('question', kind='certificate')
        # libpurple checks the name that it connects to, which the account's options set here.
        self.assertEqual(question['host'], '127.0.0.1')
        self.assertEqual(question['sha256'], self.prosody.fingerprint('one.test'))
        self.assertGreater(question['valid-until'], 0)
        self.assertEqual(question['buttons'], 2)
        im.do('answer', question=question['question'], button=0)
        im.wait('state', id='x', state='online')
        bot = XmppBot(self.world, self.prosody, ANNA)
        texts = ['Hello', 'Umlaut: ä, 日本, <b>no markup</b> & "quotes"', 'two\nlines']
        for text in texts:
            im.do('send', 'x', to=ANNA, text=text, tag=text)
            im.wait('sent', tag=text)
            bot.wait_message(text)
            bot.send(OFFHOOK, 'Re: ' + text)
            im.wait('message', id='x', **{'with': ANNA, 'text': 'Re: ' + text})
        self.assertEqual(bot.texts(OFFHOOK), texts)

    def test_presence_and_requests(self):
        """Buddy requests in both directions; presence, its message, the program and typing seen."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        im.do('add-buddy', 'x', name=ANNA, alias='Anna Demo', group='Friends', message='Please')
        wait_for('the request at the bot', lambda: OFFHOOK in bot.requests)
        buddy = im.wait('buddy', id='x', name=ANNA, presence='available')
        self.assertEqual((buddy['alias'], buddy['group']), ('Anna Demo', 'Friends'))
        bot.set_presence('dnd', 'In a meeting')
        im.wait('buddy', name=ANNA, presence='busy', message='In a meeting', client='https://bot.test')
        bot.set_presence('xa')
        im.wait('buddy', name=ANNA, presence='extended-away')
        bot.ask_for_presence(OFFHOOK)
        question = im.wait('question', kind='authorize')
        self.assertEqual((question['id'], question['who']), ('x', ANNA))
        im.do('answer', question=question['question'], button=0)
        wait_for('our presence at the bot', lambda: (OFFHOOK, 'available') in bot.presences)
        im.do('status', 'x', presence='busy', message='On a call')
        wait_for('our new presence', lambda: (OFFHOOK, 'dnd') in bot.presences)
        bot.send_typing(OFFHOOK, 'composing')
        im.wait('typing', id='x', state='active', **{'with': ANNA})
        bot.send_typing(OFFHOOK, 'paused')
        im.wait('typing', state='paused', **{'with': ANNA})
        after = im.count()
        bot.end()
        im.wait('buddy', after=after, name=ANNA, presence='offline')

    def test_denied(self):
        """A request that is refused shows nothing, and a removed buddy is gone."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        bot.ask_for_presence(OFFHOOK)
        question = im.wait('question', kind='authorize')
        im.do('answer', question=question['question'], button=1)
        im.wait('question-closed', question=str(question['question']))
        im.do('add-buddy', 'x', name=ANNA)
        im.wait('buddy', id='x', name=ANNA, presence='available')
        im.do('remove-buddy', 'x', name=ANNA)
        im.wait('buddy-gone', id='x')
        im.do('send', 'x', to=ANNA, text='the last', tag='the last')
        bot.wait_message('the last')
        self.assertNotIn((OFFHOOK, 'available'), bot.presences)

    def test_idle(self):
        """Since when nobody has used a program: read in both ways in which it is said, and said in both;
        nonsense is nothing."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        im.do('add-buddy', 'x', name=ANNA)
        im.wait('buddy', name=ANNA, presence='available')

        def idle():
            return int(im.events('buddy', name=ANNA)[-1]['idle-since'])
        for seconds, old in ((600, False), (3000, True), (1200, False)):
            bot.set_idle(seconds, old)
            wait_for(f'{seconds} s', lambda: abs(time.time() - seconds - idle()) < 30)
        for date in ('9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '2026-13-45T99:99:99Z', '', 'now',
                     '2' * 5000, '-' * 40):
            bot.set_idle(1200)
            wait_for('idle again', lambda: idle() > 0)
            bot.send_raw('<presence><idle xmlns="urn:xmpp:idle:1" '
                         f'since="{date}"/></presence>')
            wait_for(f'{date[:30]!r} to count as nothing', lambda: idle() == 0)
        bot.ask_for_presence(OFFHOOK)
        question = im.wait('question', kind='authorize')
        im.do('answer', question=question['question'], button=0)
        since = int(time.time()) - 500
        im.do('status', 'x', presence='away', message='Out for lunch', **{'idle-since': since})
        shown = wait_for('our idle time', lambda: (
            lambda one: one if one and one['since'] else None)(bot.shown.get(OFFHOOK)))
        self.assertEqual((shown['show'], shown['status']), ('away', 'Out for lunch'))
        self.assertAlmostEqual(calendar.timegm(time.strptime(shown['since'], '%Y-%m-%dT%H:%M:%SZ')),
                               since, delta=5)
        self.assertAlmostEqual(int(shown['seconds']), 500, delta=30)
        im.do('status', 'x', presence='available', message='')
        wait_for('it to end', lambda: bot.shown[OFFHOOK] == {
            'show': '', 'status': '', 'since': None, 'seconds': None})

    def wait_refused(self, with_, kind, name, id='x', **more):  # pylint: disable=redefined-builtin
        return self.im.wait('refused', id=id, kind=kind, name=name, **{'with': with_, **more})

    def test_invitations(self):
        """To chats of many: refused without a question, and told, of whoever sent them, whatever they
        say themselves; of a flood a few are told."""
        im = self.im
        im.sign_in('x')
        after = im.count()
        bot = XmppBot(self.world, self.prosody, ANNA)
        bot.invite(OFFHOOK, 'team@rooms.elsewhere.test')
        self.wait_refused(ANNA, 'room', 'team@rooms.elsewhere.test')
        bot.invite_through(OFFHOOK, f'team@{ROOMS}')
        self.wait_refused(f'team@{ROOMS}', 'room', f'team@{ROOMS}')
        bot.send_raw(f'<message to="{OFFHOOK}"><x xmlns="http://jabber.org/protocol/muc#user">'
                     '<invite from="ben@one.test"/></x></message>')
        self.wait_refused(ANNA, 'room', f'{ANNA}/bot')
        for number in range(40):
            bot.invite(OFFHOOK, f'flood{number}@rooms.elsewhere.test')
        bot.send(OFFHOOK, 'after all')
        im.wait('message', text='after all')
        told = im.events('refused')
        self.assertGreaterEqual(len(told), 10)
        self.assertLess(len(told), 35)
        self.assertEqual({t['with'] for t in told}, {ANNA, f'team@{ROOMS}'})
        self.assertEqual(im.events('question', after), [])

    def test_files(self):
        """Refused, the sender hears so; told with a name that is fit to be shown."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        pid = im.engine_pid()
        bot.offer_file(f'{OFFHOOK}/offhook', 'report.pdf', 1022)
        self.wait_refused(ANNA, 'file', 'report.pdf', size='1022')
        wait_for('the refusal', lambda: bot.answers.get('file') == 'forbidden')
        for number, (name, size) in enumerate((
                ('a\u202egnp.exe&#10;&lt;b&gt;', '18446744073709551615'), ('n' * 3000, '-1'), ('', 'x'))):
            bot.offer_file(f'{OFFHOOK}/offhook', name, size, f'odd{number}')
        self.wait_refused(ANNA, 'file', 'agnp.exe <b>')
        self.wait_refused(ANNA, 'file', 'n' * 255)
        self.wait_refused(ANNA, 'file', '?', size='0')
        self.assertEqual(im.events('question', kind='action'), [])
        self.assertEqual(im.engine_pid(), pid)

    def test_two_programs(self):
        """What is written to a person goes on reaching all her programs after one of them wrote."""
        im = self.im
        im.sign_in('x')
        bots = [XmppBot(self.world, self.prosody, ANNA, resource) for resource in ('desk', 'phone')]
        for turn, bot in enumerate([*bots, bots[0]]):
            text = f'for all {turn}'
            im.do('send', 'x', to=ANNA, text=text, tag=text)
            im.wait('sent', tag=text)
            for each in bots:
                each.wait_message(text)
            bot.send(OFFHOOK, f'read {turn}')
            im.wait('message', id='x', text=f'read {turn}')

    def test_offline_messages(self):
        """What was written while the account was offline arrives at sign-in, and says so."""
        im = self.im
        bot = XmppBot(self.world, self.prosody, ANNA)
        bot.send(OFFHOOK, 'While you were out')
        bot.wait_taken()
        im.sign_in('x')
        message = im.wait('message', text='While you were out')
        self.assertEqual(message['delayed'], 'yes')

    def test_certificate(self):
        """Refused: failed for good. Accepted: not asked again, not by a new process either; another
        certificate is."""
        im = self.im
        im.do('sign-in', 'x')
        question = im.wait('question', kind='certificate')
        im.do('answer', question=question['question'], button=1)
        failed = im.wait('state', id='x', failed='yes', state='offline')
        self.assertEqual(failed['reason'], 'certificate')
        im.sign_in('x')
        after = im.count()
        os.kill(im.engine_pid(), signal.SIGKILL)
        im.wait('state', after=after, id='x', state='online')
        self.assertEqual(im.events('question', after), [])
        self.prosody.end()
        self.prosody.make_certificate('one.test')
        after = im.count()
        self.prosody.start()
        question = im.wait('question', 30, after, kind='certificate')
        self.assertEqual(question['sha256'], self.prosody.fingerprint('one.test'))

    def test_wrong_password(self):
        """Fails for good with its reason, and is not tried again by itself."""
        im = self.im
        im.add_xmpp('w', self.prosody, 'ben@one.test', password='wrong')
        im.do('sign-in', 'w')
        question = im.wait('question', kind='certificate')
        im.do('answer', question=question['question'], button=0)
        self.assertEqual(im.wait('state', id='w', failed='yes')['reason'], 'password')
        im.do('password', 'w', password=USERS['ben@one.test'])
        im.sign_in('w', certificate=False)

    def test_service_away(self):
        """The service ends in mid-conversation: what is written meanwhile waits, and arrives once the
        service is back; so does an account that never got through."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        im.do('send', 'x', to=ANNA, text='before', tag='before')
        bot.wait_message('before')
        after = im.count()
        bot.end()
        self.prosody.kill()
        im.wait('state', after=after, id='x', state='offline', reason='network')
        im.do('send', 'x', to=ANNA, text='meanwhile', tag='meanwhile')
        wait_for('two attempts', lambda: len(im.events('password-asked')) >= 3, 20)
        self.prosody.start()
        im.wait('state', 20, after, id='x', state='online')
        im.wait('sent', after=after, tag='meanwhile')
        bot = XmppBot(self.world, self.prosody, ANNA)
        bot.wait_message('meanwhile')
        self.assertEqual(bot.texts(OFFHOOK), ['meanwhile'])

    def test_hostile(self):
        """Nonsense, markup, control characters and huge messages neither break nor get through."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        pid = im.engine_pid()
        html = 'http://jabber.org/protocol/xhtml-im'
        for raw in ('<body/>', '<body>  </body>', '<subject>only</subject>',
                    f'<body>plain</body><html xmlns="{html}"><body xmlns="http://www.w3.org/1999/'
                    'xhtml"><script>alert(1)</script><b>bold</b> text</body></html>',
                    '<body>&lt;iq type="set"/&gt;</body>',
                    '<active xmlns="http://jabber.org/protocol/chatstates"/>',
                    '<x xmlns="jabber:x:conference" jid="room@nowhere.test"/>' * 50,
                    '<body>\u202egnp.exe\u2066</body>'):
            bot.send_raw(f'<message to="{OFFHOOK}" type="chat">{raw}</message>')
        im.wait('message', text='gnp.exe')
        markup = im.wait('message', text='<iq type="set"/>')
        self.assertEqual(markup['cut'], 'no')
        self.assertTrue(any('bold text' in m['text'] for m in im.events('message')))
        self.assertFalse(any('<b>' in m['text'] for m in im.events('message')))
        bot.send(OFFHOOK, 'y' * 200000)
        huge = wait_for('the huge message', lambda: [
            m for m in im.events('message') if m['text'].startswith('yyy')], 20)[0]
        self.assertEqual((len(huge['text']), huge['cut']), (65536, 'yes'))
        bot.send_raw('<iq type="result" id="stray" to="%s/offhook"><query xmlns="jabber:iq:roster">'
                     '<item jid="forged@one.test" subscription="both"/></query></iq>' % OFFHOOK)
        bot.send_raw('<iq type="set" id="forged" to="%s/offhook"><query xmlns="jabber:iq:roster">'
                     '<item jid="forged@one.test" subscription="both"/></query></iq>' % OFFHOOK)
        for number in range(300):
            bot.send(OFFHOOK, f'flood {number}')
        im.wait('message', 20, text='flood 299')
        self.assertEqual(im.events('buddy', name='forged@one.test'), [])
        self.assertEqual(im.engine_pid(), pid)

    def test_many(self):
        """A hundred messages each way keep their order."""
        im = self.im
        im.sign_in('x')
        bot = XmppBot(self.world, self.prosody, ANNA)
        for number in range(100):
            im.do('send', 'x', to=ANNA, text=f'out {number}', tag=str(number))
            bot.send(OFFHOOK, f'in {number}')
        bot.wait_message('out 99')
        im.wait('message', text='in 99')
        self.assertEqual(bot.texts(OFFHOOK), [f'out {n}' for n in range(100)])
        self.assertEqual([m['text'] for m in im.events('message')],
                         [f'in {n}' for n in range(100)])


class Irc(TestCase):
    def setUp(self):
        super().setUp()
        self.ngircd = Ngircd(self.world)
        self.im = self.world.add(Im(self.world))
        self.im.add_irc('i', self.ngircd, 'offhook')

    def test_messages(self):
        """Both ways, several lines, letters beyond ASCII, and bytes that are no text."""
        im = self.im
        im.sign_in('i', certificate=False)
        bot = IrcBot(self.world, self.ngircd, 'anna')
        im.do('send', 'i', to='anna', text='Grüße & <b>\nsecond line', tag='1')
        im.wait('sent', tag='1')
        bot.wait_message('Grüße & <b>')
        bot.wait_message('second line')
        bot.send('offhook', '\x02bold\x02 <i>and</i> \x0304red')
        message = im.wait('message', id='i', **{'with': 'anna'})
        self.assertEqual(message['text'], 'bold <i>and</i> red')
        bot.send_bytes(b'PRIVMSG offhook :\xff\xfe\x80 bytes\r\n')
        wait_for('the bytes', lambda: any('bytes' in m['text'] for m in im.events('message')))
        bot.send('offhook', '\x01VERSION\x01')
        bot.wait_line(' NOTICE anna :\x01VERSION Offhook ')
        bot.send('offhook', '\x01TIME\x01')
        bot.send('offhook', '\x01ACTION waves\x01')
        wait_for('what anna does', lambda: any('waves' in m['text'] for m in im.events('message')))
        self.assertFalse([m for m in im.events('message') if 'CTCP' in m['text']])
        im.do('send', 'i', to='nobody', text='Is anybody there?', tag='2')
        failed = im.wait('message-failed', id='i')
        self.assertEqual(failed['with'], 'nobody')

    def test_refused(self):
        """Invitations to channels and files: nothing is asked, both are told."""
        im = self.im
        im.sign_in('i', certificate=False)
        bot = IrcBot(self.world, self.ngircd, 'anna')
        bot.send_line('JOIN #team')
        bot.send_line('INVITE offhook #team')
        im.wait('refused', id='i', kind='room', name='#team', **{'with': 'anna'})
        bot.send('offhook', '\x01DCC SEND report.pdf 2130706433 9 1022\x01')
        im.wait('refused', id='i', kind='file', name='report.pdf', size='1022', **{'with': 'anna'})
        self.assertEqual(im.events('question'), [])

    def test_service_away(self):
        """The IRC service ends and comes back: signed in again, and what waited is delivered."""
        im = self.im
        im.sign_in('i', certificate=False)
        after = im.count()
        self.ngircd.kill()
        im.wait('state', after=after, id='i', state='offline', reason='network')
        bot_text = 'It waited'
        self.ngircd.start()
        bot = IrcBot(self.world, self.ngircd, 'anna')
        im.do('send', 'i', to='anna', text=bot_text, tag='1')
        bot.wait_message(bot_text, 20)
        self.assertEqual(bot.messages, [('offhook', bot_text)])

    def test_nick_taken(self):
        """Another one has the nick: signed in under another, and nothing breaks."""
        other = IrcBot(self.world, self.ngircd, 'offhook')
        im = self.im
        im.sign_in('i', certificate=False)
        bot = IrcBot(self.world, self.ngircd, 'anna')
        im.do('send', 'i', to='anna', text='Hello', tag='1')
        bot.wait_message('Hello')
        self.assertNotEqual(bot.messages[0][0], other.nick)


if __name__ == '__main__':
    main()
