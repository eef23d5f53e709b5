#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of chats through the call server (RFC 3428): who may write what to whom, what waits for a
receiver who is nowhere signed in, and in which order it comes."""
import re

from harness import main, wait_for
from harness.flow import FlowCase
from harness.sipuser import COMPOSING, NOTICE, SipUser, header


class MessageCase(FlowCase):
    def setUp(self):
        super().setUp()
        self.start_server(trunk=False)
        self.server.add_user('berta', '200', name='Berta Demo')

    def user(self, name, transport='udp', **options):
        return self.world.add(SipUser(self.server, name, transport, **options))


class Delivery(MessageCase):
    def test_both_ways(self):
        """200 when a device of the receiver has it; the sender is who the credential says; by name
        or number; all devices get it, and the sender's own none."""
        anna, berta = self.user('anna'), self.user('berta', 'tcp')
        second = self.user('berta')
        self.assertEqual(anna.send('berta', 'Hällo 日本')[0], 200)
        self.assertEqual(second.wait_text('Hällo')[2], 'Hällo 日本')
        origin, kind, body, _ = berta.wait_text('Hällo')
        self.assertIn('<sip:anna@localhost>', origin)
        self.assertIn('Anna Demo', origin)
        self.assertEqual(kind.lower(), 'text/plain;charset=utf-8')
        self.assertEqual(berta.send('100', 'To the number')[0], 200)
        self.assertEqual(anna.wait_text('To the number')[2], 'To the number')
        self.assertEqual(berta.send('anna', '')[0], 200)
        self.assertEqual(anna.texts(), ['To the number'])
        self.assertEqual(berta.texts(), ['Hällo 日本'])

    def test_long_ones(self):
        """16 KiB over TCP; over UDP no request has more than 1,300 bytes, so that it comes in parts,
        whole signs in each."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta')
        text = 'äbc日' * 1300
        self.assertEqual(anna.send('berta', text)[0], 200)
        self.assertEqual(''.join(berta.texts()), text)
        for part in berta.messages:
            self.assertLess(len(part[3].encode()) + len(part[2].encode()), 1300)
        self.assertEqual(anna.send('berta', 'x' * 16385)[0], 413)
        self.assertEqual(berta.send('anna', 'x' * 1301)[0], 513)
        self.assertEqual(berta.send('anna', 'x' * 1200)[0], 200)
        anna.wait_text('xxx')

    def test_waits(self):
        """202 for a user who is nowhere; then all of it in order, with the time when it was written,
        before what is new; once. A server that is killed loses none of it."""
        anna = self.user('anna', 'tcp')
        for i in range(25):
            self.assertEqual(anna.send('berta', f'number {i}')[0], 202)
        self.server.kill()
        self.server.start()
        anna = self.user('anna', 'tcp')
        berta = self.user('berta')
        self.assertIn(anna.send('berta', 'number 25')[0], (200, 202))
        berta.wait_text('number 25')
        self.assertEqual(berta.texts(), [f'number {i}' for i in range(26)])
        date = header(berta.messages[0][3], 'Date')
        self.assertTrue(re.fullmatch(r'[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d [\d:]{8} GMT', date))
        self.assertIsNone(header(berta.messages[25][3], 'Date'))
        berta.register()
        self.assertEqual(anna.send('berta', 'the last')[0], 200)
        self.assertEqual(len(berta.texts()), 27)

    def test_refusing_and_silent_devices(self):
        """A device that takes no messages, or does not answer, is none; the sender hears soon that it
        waits, and another device gets it."""
        anna = self.user('anna', 'tcp')
        deaf = self.user('berta', 'tcp', status=405)
        self.assertEqual(anna.send('berta', 'one')[0], 202)
        deaf.unregister()
        deaf.end()
        silent = self.user('berta', status=0)
        self.assertEqual(anna.send('berta', 'two', timeout=12)[0], 202)
        berta = self.user('berta', 'tcp')  # it does not wait behind the silent one
        berta.wait_text('two', 10)
        self.assertEqual(berta.texts(), ['one', 'two'])
        silent.status = 200  # what is sent again it takes now, late
        silent.wait_text('one')
        silent.wait_text('two')


class Refusals(MessageCase):
    def test_bodies(self):
        anna, berta = self.user('anna', 'tcp'), self.user('berta', 'tcp')
        for kind in ('text/html', 'application/octet-stream', 'text/plain;charset=iso-8859-1',
                     'multipart/mixed;boundary=x', 'message/cpim', 'image/png'):
            status, text = anna.send('berta', 'x', kind)
            self.assertEqual(status, 415, kind)
            self.assertEqual(header(text, 'Accept'), f'text/plain, {COMPOSING}')
        self.assertEqual(anna.send('berta', 'x', headers=('Content-Encoding: gzip',))[0], 415)
        for body in (b'\xff\xfe', b'a\0b', b'\xed\xa0\x80', b'\xc0\xaf'):
            self.assertEqual(anna.send('berta', body)[0], 400, body)
        self.assertEqual(anna.send('berta', 'fine', 'text/plain; charset="UTF-8"')[0], 200)
        self.assertEqual(anna.send('berta', 'fine too', 'text/plain')[0], 200)
        self.assertEqual(berta.texts(), ['fine', 'fine too'])

    def test_notices(self):
        """Who types is told to who is there, kept for nobody; hostile documents go no further."""
        anna = self.user('anna', 'tcp')
        self.assertEqual(anna.send('berta', NOTICE, COMPOSING)[0], 200)
        berta = self.user('berta', 'tcp')
        bomb = ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
                '<isComposing><state>&b;</state></isComposing>')
        outside = ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                   '<isComposing><state>&a;</state></isComposing>')
        for bad in (bomb, outside, '<isComposing><state>&b;</state></isComposing>', '<isComposing/>',
                    '<html><state>active</state></html>', '<a>' * 500, NOTICE[:-3],
                    '<isComposing>' + '<x>' * 9 + '</x>' * 9 + '<state>active</state></isComposing>',
                    NOTICE + '<!--' + 'x' * 2048 + '-->'):
            self.assertEqual(anna.send('berta', bad, COMPOSING)[0], 400, bad[:60])
        self.assertEqual(anna.send('berta', NOTICE, COMPOSING)[0], 200)
        anna.send('berta', 'done')
        berta.wait_text('done')
        self.assertEqual([m[2] for m in berta.messages], [NOTICE, 'done'])

    def test_who_and_whom(self):
        """Nothing without the credential, nothing under another name, nothing to nobody."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta', 'tcp')
        self.assertEqual(anna.send('berta', 'x', proven=False)[0], 407)
        self.assertEqual(anna.send('berta', 'x', origin='sip:berta@localhost')[0], 403)
        self.assertEqual(anna.send('berta', 'x', origin='sip:anna@elsewhere.test')[0], 403)
        self.assertEqual(anna.send('nobody', 'x')[0], 404)
        self.assertEqual(anna.ask('MESSAGE', 'sip:berta@elsewhere.test', 'x', 'text/plain')[0], 404)
        anna.login = {**anna.login, 'secret': 'wrong'}
        self.assertEqual(anna.send('berta', 'x')[0], 407)
        self.assertEqual(berta.messages, [])
        wait_for('a word in the log', lambda: 'refused MESSAGE from 127.0.0.1: wrong credential'
                 in self.server.process.output())
        self.assertNotIn('Hällo', self.server.process.output())

    def test_floods(self):
        """30 at once, then one a second; others are not held up by it."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta', 'tcp')
        statuses = [anna.send('berta', f'{i}') for i in range(80)]
        taken = [s for s, _ in statuses if s == 200]
        held = [text for s, text in statuses if s == 503]
        self.assertGreaterEqual(len(taken), 30)
        self.assertGreaterEqual(len(held), 10)
        self.assertGreaterEqual(int(header(held[0], 'Retry-After')), 1)
        self.assertEqual({text.split('\r\n')[0] for text in held},
                         {'SIP/2.0 503 Too Many Messages'})
        self.assertEqual(len(berta.texts()), len(taken))
        self.assertEqual(berta.send('anna', 'still here')[0], 200)

    def test_flood_of_notices(self):
        """Who types without end is held off; what the same person writes is not."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta', 'tcp')
        statuses = [anna.send('berta', NOTICE, COMPOSING)[0] for _ in range(60)]
        self.assertGreaterEqual(statuses.count(200), 30)
        self.assertGreaterEqual(statuses.count(503), 5)
        for i in range(20):
            self.assertEqual(anna.send('berta', f'{i}')[0], 200)
        self.assertEqual(berta.texts(), [f'{i}' for i in range(20)])


if __name__ == '__main__':
    main()
