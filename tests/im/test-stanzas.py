#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""XMPP's stanzas as they are, on Prosody, with slixmpp at the other end: questions and answers both ways,
messages with something of ours in them; what is no stanza never reaches the service."""
import os
import re
import signal

from harness import TestCase, main, wait_for
from harness.im import Im
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

OFFHOOK = 'offhook@one.test'
ANNA = 'anna@one.test'
BEN = 'ben@one.test'
USERS = {OFFHOOK: 'Engine secret 1', ANNA: 'Bot secret 2', BEN: 'Bot secret 3'}
VOICE = 'urn:offhook:test:voice'
OTHER = 'urn:offhook:test:other'
INVALID, UNSUPPORTED, NOT_FOUND, LIMIT, TIMEOUT, CLOSED = '1', '2', '3', '6', '8', '10'  # oh-error.h


def attribute(xml, name):
    return re.search(rf'''\b{name}=["']([^"']*)''', xml).group(1)


class StanzaCase(TestCase):
    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS)
        self.im = self.world.add(Im(self.world))
        self.im.add_xmpp('x', self.prosody, OFFHOOK)
        self.im.sign_in('x')

    def bot(self, address=ANNA):
        return XmppBot(self.world, self.prosody, address)

    def send(self, tag, xml, id='x', **more):  # pylint: disable=redefined-builtin
        self.im.do('stanza', id, tag=tag, xml=xml, **more)

    def ask(self, tag, to=f'{ANNA}/bot', content='', **more):
        self.send(tag, f'<iq type="get" id="mine" to="{to}"><call xmlns="{VOICE}">{content}</call></iq>',
                  **more)

    def answered(self):
        return [s for s in self.im.events('stanza-sent') if not s['tag'].startswith('watched')]

    def wait_failed(self, tag, code, timeout=15):
        failed = self.im.wait('stanza-failed', timeout, tag=tag)
        self.assertEqual(failed['code'], code, failed['text'])

    def watch(self, *namespaces, features='', id='x'):  # pylint: disable=redefined-builtin
        """It is so when what was sent afterwards has been answered."""
        self.im.do('watch', id, namespaces=' '.join(namespaces), features=features)
        tag = f'watched {self.im.count()}'
        self.send(tag, '<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>', id)
        self.im.wait('stanza-sent', tag=tag)


class Asking(StanzaCase):
    def test_answers(self):
        """A question under an id that is not the asker's own, and its answer under that again; an error
        is an answer, and so is that of the service itself."""
        bot = self.bot()
        bot.watch(f'{{{VOICE}}}call', lambda iq: (
            f'<iq type="result" id="{iq["id"]}" to="{iq["from"]}"><call xmlns="{VOICE}">'
            f'2 &lt; 3 \u00e4</call></iq>'))
        self.ask('1', content='1 &lt; 2')
        answer = self.im.wait('stanza-sent', tag='1')['xml']
        self.assertIn('2 &lt; 3 \u00e4', answer)
        self.assertEqual(attribute(answer, 'id'), 'mine')
        self.assertEqual(attribute(answer, 'from'), f'{ANNA}/bot')
        self.assertIn('1 &lt; 2', bot.stanzas[0])
        self.assertNotEqual(attribute(bot.stanzas[0], 'id'), 'mine')
        self.send('2', f'<iq type="set" to="{ANNA}/bot"><nothing xmlns="{OTHER}"/></iq>')
        answer = self.im.wait('stanza-sent', tag='2')['xml']
        self.assertIn('feature-not-implemented', answer)
        self.assertNotIn(' id=', answer)
        self.send('3', '<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>')
        self.assertEqual(attribute(self.im.wait('stanza-sent', tag='3')['xml'], 'type'), 'result')
        self.send('4', '<iq type="get" to="nobody@one.test/none"><ping xmlns="urn:xmpp:ping"/></iq>')
        self.assertIn('service-unavailable', self.im.wait('stanza-sent', tag='4')['xml'])
        self.send('5', '<iq type="get" to="one.test"><ping xmlns="urn:xmpp:ping"/></iq>')
        self.assertEqual(attribute(self.im.wait('stanza-sent', tag='5')['xml'], 'type'), 'result')

    def test_silence(self):
        """No answer: told when the time is over, when the account signs out, and when the process ends."""
        bot = self.bot()
        bot.watch(f'{{{VOICE}}}call')
        self.ask('1', timeout=1)
        self.wait_failed('1', TIMEOUT)
        self.ask('2', timeout=50)
        wait_for('the question', lambda: len(bot.stanzas) == 2)
        self.im.do('sign-out', 'x')
        self.wait_failed('2', CLOSED)
        self.ask('3')
        self.wait_failed('3', CLOSED)
        self.im.sign_in('x', certificate=False)
        self.ask('4', timeout=50)
        wait_for('the question', lambda: len(bot.stanzas) == 3)
        os.kill(self.im.engine_pid(), signal.SIGKILL)
        self.wait_failed('4', CLOSED)

    def test_somebody_else_answers(self):
        """Whoever else learns the id: his answer counts for nothing."""
        bot, other = self.bot(), self.bot(BEN)
        bot.watch(f'{{{VOICE}}}call')
        self.ask('1', timeout=30)
        wait_for('the question', lambda: bot.stanzas)
        number = attribute(bot.stanzas[0], 'id')
        forged = f'<iq type="result" id="{number}" to="{OFFHOOK}/offhook"><forged xmlns="{VOICE}"/></iq>'
        other.send_raw(forged)
        other.send(OFFHOOK, 'after the forged one')
        self.im.wait('message', text='after the forged one')
        self.assertEqual(self.answered(), [])
        bot.send_raw(forged.replace('forged', 'real'))
        self.assertIn('<real', self.im.wait('stanza-sent', tag='1')['xml'])
        bot.send_raw(forged)
        bot.send(OFFHOOK, 'after all')
        self.im.wait('message', text='after all')
        self.assertEqual(len(self.answered()), 1)

    def test_long_answer(self):
        bot = self.bot()
        bot.watch(f'{{{VOICE}}}call', lambda iq: (
            f'<iq type="result" id="{iq["id"]}" to="{iq["from"]}"><call xmlns="{VOICE}">'
            + 'x' * 70000 + '</call></iq>'))
        self.ask('1')
        self.wait_failed('1', LIMIT)


class Hearing(StanzaCase):
    def test_questions(self):
        """What is watched comes with its sender, and the answer goes back; once. What is not watched,
        libpurple answers by itself."""
        im = self.im
        self.watch(VOICE)
        bot = self.bot()
        question = f'<iq type="set" id="%s" to="{OFFHOOK}/offhook"><call xmlns="%s">Ring</call></iq>'
        bot.ask('one', question % ('one', VOICE))
        heard = im.wait('stanza', id='x')
        self.assertEqual(heard['from'], f'{ANNA}/bot')
        self.assertIn('>Ring<', heard['xml'])
        self.assertEqual(attribute(heard['xml'], 'id'), 'one')
        self.send('0', f'<iq type="result" id="one" to="{BEN}/bot"/>')
        self.wait_failed('0', NOT_FOUND)
        answer = f'<iq type="result" id="one" to="{ANNA}/bot"><call xmlns="{VOICE}">Up</call></iq>'
        self.send('1', answer)
        self.assertEqual(im.wait('stanza-sent', tag='1')['xml'], '')
        wait_for('the answer', lambda: '>Up<' in bot.replies.get('one', ''))
        self.send('2', answer)
        self.wait_failed('2', NOT_FOUND)
        bot.ask('two', question % ('two', VOICE))
        im.wait('stanza', after=im.count() - 1, id='x')
        self.send('3', f'<iq type="error" id="two" to="{ANNA}/bot"><error type="cancel"><conflict '
                  'xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>')
        wait_for('the error', lambda: bot.answers.get('two') == 'conflict')
        bot.ask('three', question % ('three', OTHER))
        wait_for('libpurple\'s answer', lambda: bot.answers.get('three') == 'feature-not-implemented')
        self.assertEqual(len(im.events('stanza')), 2)
        self.watch()
        bot.ask('four', question % ('four', VOICE))
        wait_for('nobody to watch', lambda: bot.answers.get('four') == 'feature-not-implemented')

    def test_nobody_answers(self):
        """Who asks is told so."""
        self.watch(VOICE)
        bot = self.bot()
        bot.ask('one', f'<iq type="get" id="one" to="{OFFHOOK}/offhook"><call xmlns="{VOICE}"/></iq>')
        self.im.wait('stanza')
        wait_for('the end of its patience', lambda: bot.answers.get('one') == 'recipient-unavailable', 40)
        self.send('1', f'<iq type="result" id="one" to="{ANNA}/bot"/>')
        self.wait_failed('1', NOT_FOUND)

    def test_messages(self):
        """With something of ours in them, both ways; their words are a message like others. Presences
        too."""
        im = self.im
        self.watch(VOICE, OTHER)
        bot = self.bot()
        bot.watch(f'{{{VOICE}}}call')
        bot.send_raw(f'<message to="{OFFHOOK}" type="chat"><body>Hello</body><call xmlns="{VOICE}">'
                     '<codec name="opus"/></call></message>')
        heard = im.wait('stanza', id='x')['xml']
        self.assertIn('name=\'opus\'', heard)
        im.wait('message', text='Hello')
        bot.send_raw(f'<message to="{OFFHOOK}"><call xmlns="{OTHER}"/></message>')
        bot.send_raw(f'<message to="{OFFHOOK}"><call xmlns="urn:nobody"/></message>')
        bot.send_raw(f'<presence to="{OFFHOOK}/offhook"><call xmlns="{OTHER}">last</call></presence>')
        wait_for('the presence', lambda: any('>last<' in s['xml'] for s in im.events('stanza')))
        self.assertEqual(len(im.events('stanza')), 3)
        self.send('1', f'<message to="{ANNA}"><call xmlns="{VOICE}">to you</call></message>')
        wait_for('the message', lambda: bot.stanzas)
        self.assertIn('to you', bot.stanzas[0])
        bot.send_raw(f'<message to="{OFFHOOK}/offhook" type="error" id="1"><call xmlns="{VOICE}"/><error '
                     'type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>')
        wait_for('an error', lambda: any('<gone ' in s['xml'] for s in im.events('stanza')))

    def test_blocked(self):
        """Who is blocked is not heard."""
        self.watch(VOICE)
        bot, other = self.bot(), self.bot(BEN)
        self.im.do('block', 'x', name=ANNA)
        call = f'<message to="{OFFHOOK}"><call xmlns="{VOICE}"/></message>'
        self.send('0', '<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>')
        self.im.wait('stanza-sent', tag='0')
        bot.send_raw(call)
        bot.wait_taken()
        other.send_raw(call)
        self.assertEqual(self.im.wait('stanza')['from'], f'{BEN}/bot')
        self.assertEqual(len(self.im.events('stanza')), 1)

    def test_other_accounts(self):
        """What one account watches or asks is nothing to another; other protocols have no stanzas."""
        im = self.im
        im.add_xmpp('y', self.prosody, BEN)
        im.sign_in('y', certificate=False)
        ngircd = Ngircd(self.world)
        im.add_irc('i', ngircd, 'offhook')
        im.sign_in('i', certificate=False)
        self.watch(VOICE)
        bot = self.bot()
        call = '<message to="%s"><call xmlns="%s">%s</call></message>'
        bot.send_raw(call % (BEN, VOICE, 'for ben'))
        bot.send_raw(call % (OFFHOOK, VOICE, 'for us'))
        im.wait('stanza', id='x')
        self.assertEqual(im.events('stanza', id='y'), [])
        self.send('1', call % (ANNA, VOICE, ''), id='i')
        self.wait_failed('1', UNSUPPORTED)
        bot.watch(f'{{{VOICE}}}call')
        self.ask('2', timeout=20)
        wait_for('the question', lambda: bot.stanzas)
        number = attribute(bot.stanzas[-1], 'id')
        bot.send_raw(f'<iq type="result" id="{number}" to="{BEN}/offhook"/>')
        bot.send(BEN, 'after it')
        im.wait('message', id='y', text='after it')
        self.assertEqual(self.answered(), [])

    def test_after_a_crash(self):
        """A new process watches what the last one did, and announces it."""
        im = self.im
        self.watch(VOICE, features=f'{VOICE} {OTHER}')
        after = im.count()
        os.kill(im.engine_pid(), signal.SIGKILL)
        im.wait('state', 20, after, id='x', state='online')
        bot = self.bot()
        bot.send_raw(f'<message to="{OFFHOOK}"><call xmlns="{VOICE}"/></message>')
        im.wait('stanza', id='x')
        bot.ask('disco', f'<iq type="get" id="disco" to="{OFFHOOK}/offhook">'
                '<query xmlns="http://jabber.org/protocol/disco#info"/></iq>')
        wait_for('what it can do', lambda: 'disco' in bot.replies)
        for feature in (VOICE, OTHER, 'http://jabber.org/protocol/disco#info'):
            self.assertIn(f'var="{feature}"', bot.replies['disco'])


class Hostile(StanzaCase):
    def test_no_stanzas(self):
        """Refused with its reason before the service sees anything of it, which would end the stream."""
        for number, (xml, code) in enumerate((
                ('', INVALID), ('words', INVALID), ('</stream:stream>', INVALID),
                ('<message/></stream:stream>', INVALID), ('<message', INVALID),
                ('<stream:error><conflict/></stream:error>', INVALID), ('<a:b/>', INVALID),
                ('<message><x:y/></message>', INVALID), ('<message/><message/>', INVALID),
                (f'<message from="{BEN}" to="{ANNA}"/>', INVALID),
                ('<!DOCTYPE x [<!ENTITY a "b">]><message>&a;</message>', INVALID),
                ('<message><body>&#1;</body></message>', INVALID), ('<iq type="get"/>', INVALID),
                ('<message><body>' + 'x' * 65536 + '</body></message>', LIMIT),
                ('<message>' + '<a>' * 64 + '</a>' * 64 + '</message>', LIMIT),
                ('<iq type="result" id="never" to="one.test"/>', NOT_FOUND))):
            self.send(str(number), xml)
            self.wait_failed(str(number), code)
        self.send('last', '<iq type="get"><ping xmlns="urn:xmpp:ping"/></iq>')
        self.im.wait('stanza-sent', tag='last')
        self.assertEqual(self.im.events('state', id='x', state='offline'), [])

    def test_floods(self):
        """Huge and many: some are dropped, and all goes on; questions beyond what may wait are answered."""
        im = self.im
        self.watch(VOICE)
        bot = self.bot()
        pid = im.engine_pid()
        bot.send_raw(f'<message to="{OFFHOOK}"><call xmlns="{VOICE}">' + 'x' * 100000
                     + '</call></message>')
        bot.send_raw(f'<message to="{OFFHOOK}"><call xmlns="{VOICE}">' + '<a>' * 500 + '</a>' * 500
                     + '</call></message>')
        for number in range(250):
            bot.ask(f'q{number}', f'<iq type="get" id="q{number}" to="{OFFHOOK}/offhook">'
                    f'<call xmlns="{VOICE}"/></iq>')
        wait_for('those beyond 200', lambda: list(bot.answers.values()).count(
            'resource-constraint') == 50, 20)
        # Under a sanitizer so many would keep it from answering its parent.
        count = 300 if os.environ.get('OFFHOOK_SANITIZED') else 2000
        for number in range(count):
            bot.send_raw(f'<message to="{OFFHOOK}"><call xmlns="{VOICE}">m{number}</call></message>')
        bot.send(OFFHOOK, 'after all')
        im.wait('message', 30, text='after all')
        heard = im.events('stanza')
        self.assertFalse(any(len(s['xml']) > 65536 for s in heard))
        self.assertGreaterEqual(len(heard), min(count, 1000))
        self.assertEqual(im.engine_pid(), pid)


if __name__ == '__main__':
    main()
