#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of chats through the call server (RFC 3428): who may write what to whom, what waits for a
receiver who is nowhere signed in, and in which order it comes."""
import re
import threading
import time

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
        self.assertEqual(anna.send('berta', 'The last')[0], 200)
        for device in (berta, second):
            device.wait_text('The last')
            self.assertEqual(device.texts(), ['Hällo 日本', 'The last'])

    def test_long_ones(self):
        """16 KiB over TCP; over UDP no request has more than 1,300 bytes, so that it comes in parts,
        whole signs in each."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta')
        text = 'äbc日' * 1300
        self.assertEqual(anna.send('berta', text)[0], 200)
        wait_for('all parts', lambda: ''.join(berta.texts()) == text)
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
        berta.wait_text('two')
        self.assertEqual(berta.texts(), ['one', 'two'])
        silent.status = 200  # what is sent again it takes now, late
        silent.wait_text('one', 30)
        silent.wait_text('two', 30)


    def test_new_address_in_mid_delivery(self):
        """A device that does not answer where it was, and signs in from another address, has it at once."""
        anna = self.user('anna', 'tcp')
        gone = self.user('berta', status=0)
        sending = threading.Thread(target=anna.send, args=('berta', 'one'))
        sending.start()
        wait_for('the message at the old address', lambda: gone.asked)
        berta = self.user('berta', 'tcp', login=gone.login)
        berta.wait_text('one', 10)
        sending.join(20)
        self.assertEqual(berta.texts(), ['one'])

    def test_refused_for_ever(self):
        """A receiver that refuses what waits is asked once each time that something changes, not on and
        on; when it takes them, it gets all, in order."""
        anna = self.user('anna', 'tcp')
        for i in range(25):
            self.assertEqual(anna.send('berta', f'number {i}')[0], 202)
        berta = self.user('berta', 'tcp', status=405)
        wait_for('the first one', lambda: berta.asked)
        for _ in range(3):
            berta.register()
        self.assertEqual(anna.send('berta', 'number 25')[0], 202)
        self.assertLess(berta.asked, 10)
        berta.status = 200
        berta.register()
        berta.wait_text('number 25')
        self.assertEqual(berta.texts(), [f'number {i}' for i in range(26)])

    def test_notes_to_oneself(self):
        """They go to the user's other devices, never back to the one that wrote them: there they wait
        until another one comes, and hold up nothing else."""
        laptop, phone = self.user('anna', 'tcp'), self.user('anna', 'tcp')
        berta = self.user('berta', 'tcp')
        self.assertEqual(laptop.send('anna', 'one')[0], 200)
        self.assertEqual(phone.wait_text('one')[2], 'one')
        phone.unregister()
        for i in range(25):
            self.assertEqual(laptop.send('anna', f'note {i}')[0], 202)
        laptop.register()
        self.assertEqual(berta.send('anna', 'two')[0], 200)
        self.assertEqual(laptop.texts(), ['two'])
        laptop.unregister()
        self.assertEqual(berta.send('anna', 'three')[0], 202)
        laptop.register()
        laptop.wait_text('three')
        phone.register()
        phone.wait_text('note 24')
        self.assertEqual(phone.texts(), ['one'] + [f'note {i}' for i in range(25)])
        self.assertEqual(laptop.texts(), ['two', 'three'])
        self.assertEqual(berta.send('anna', 'four')[0], 200)


class Receipts(MessageCase):
    """A delivery notification (RFC 5438) for what waited, to the device that asked for one."""

    @staticmethod
    def write(user, text, receipt):
        return user.send('berta', text, headers=(f'Offhook-Receipt: {receipt}',))[0]

    def check(self, user, *receipts):
        wait_for(f'{len(receipts)} notifications', lambda: len(user.messages) >= len(receipts))
        self.assertEqual([re.search('<message-id>(.*?)</message-id>', m[2])[1] for m in user.messages],
                         list(receipts))
        for origin, kind, body, text in user.messages:
            self.assertIn('sip:berta@localhost', origin)
            self.assertEqual(kind, 'message/imdn+xml')
            self.assertEqual(header(text, 'Content-Disposition'), 'notification')
            self.assertIn('<status><delivered/></status>', body)

    def test_at_once(self):
        """When the receiver comes. Nothing of what he had at once, nor unasked, nor by a bad name."""
        anna, second = self.user('anna', 'tcp'), self.user('anna', 'tcp')
        self.assertEqual(self.write(anna, 'one', 'r-1'), 202)
        self.assertEqual(anna.send('berta', 'two')[0], 202)
        self.assertEqual(self.write(anna, 'three', '<r>'), 202)
        self.assertEqual(self.write(anna, 'four', 'r-4'), 202)
        berta = self.user('berta')
        berta.wait_text('four')
        self.check(anna, 'r-1', 'r-4')
        self.assertNotIn('eceipt', ''.join(m[3] for m in berta.messages))
        self.assertEqual(self.write(anna, 'five', 'r-5'), 200)
        berta.unregister()
        self.assertEqual(self.write(anna, 'six', 'r-6'), 202)
        berta.register()
        self.check(anna, 'r-1', 'r-4', 'r-6')
        self.assertEqual(second.messages, [])

    def test_who_wrote_is_away(self):
        """It waits for the device, over the end of the server too, and comes once."""
        anna = self.user('anna', 'tcp')
        for i in range(25):
            self.assertEqual(self.write(anna, f'number {i}', f'r-{i}'), 202)
        anna.unregister()
        berta = self.user('berta', 'tcp')
        berta.wait_text('number 24')
        berta.register()  # the server has its last answer
        self.server.restart()
        anna = self.user('anna', 'tcp', login=anna.login)
        self.check(anna, *(f'r-{i}' for i in range(25)))
        anna.register()
        berta = self.user('berta', 'tcp')
        self.assertEqual(berta.send('anna', 'the last')[0], 200)
        self.assertEqual(len(anna.messages), 26)

    def test_refused(self):
        """A device that refuses them keeps nothing busy, and has them when it is signed in anew."""
        anna = self.user('anna', 'tcp')
        self.assertEqual(self.write(anna, 'one', 'r-1'), 202)
        anna.status = 415
        berta = self.user('berta', 'tcp')
        wait_for('the notification', lambda: anna.asked)
        self.assertEqual(anna.send('berta', 'two')[0], 200)
        self.assertLess(anna.asked, 5)
        anna.status = 200
        anna.register()
        self.check(anna, 'r-1')
        self.assertEqual(berta.texts(), ['one', 'two'])


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
        self.assertEqual([m[2] for m in list(berta.messages)], [NOTICE, 'done'])

    def test_who_and_whom(self):
        """Nothing without the credential, nothing under another name, nothing to nobody."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta', 'tcp')
        self.assertEqual(anna.send('berta', 'x', proven=False)[0], 407)
        self.assertEqual(anna.send('berta', 'x', origin='sip:berta@localhost')[0], 403)
        self.assertEqual(anna.send('berta', 'x', origin='sip:anna@elsewhere.test')[0], 403)
        self.assertEqual(anna.send('nobody', 'x')[0], 404)
        self.assertEqual(anna.ask('MESSAGE', 'sip:berta@elsewhere.test', 'x', 'text/plain')[0], 404)
        right = anna.login
        anna.login = {**right, 'secret': 'wrong'}
        self.assertEqual(anna.send('berta', 'x')[0], 407)
        anna.login = right
        self.assertEqual(anna.send('berta', 'The last')[0], 200)
        self.assertEqual(berta.texts(), ['The last'])
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

    def check_rate(self, user, method, uri, burst, rate, body='', kind=None, headers=()):
        """`burst` at once and then `rate` a second are taken, not more."""
        begun, answers, held = time.monotonic(), [], []
        while len(held) < 5 and len(answers) < 4 * burst:
            answers.append(user.ask(method, uri, body, kind, headers))
            held += [text for status, text in answers[-1:] if status == 503]
        taken = sum(status < 300 for status, _ in answers)
        self.assertGreaterEqual(taken, burst - 1)
        self.assertLessEqual(taken, burst + 1 + rate * (time.monotonic() - begun))
        self.assertEqual(len(held), 5)
        self.assertGreaterEqual(int(header(held[0], 'Retry-After')), 1)

    def test_flood_of_presence(self):
        """Who tells or asks of presence without end is held off, device by device."""
        anna, berta = self.user('anna', 'tcp'), self.user('berta', 'tcp')
        body = ('<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" '
                'entity="sip:anna@localhost"><tuple id="t"><status><basic>open</basic></status>'
                '</tuple></presence>')
        tell = ('PUBLISH', 'sip:anna@localhost', body, 'application/pidf+xml',
                ('Event: presence', 'Expires: 120'))
        self.check_rate(anna, *tell[:2], 30, 1, *tell[2:])
        ask = ('SUBSCRIBE', 'sip:berta@localhost', '', None,
               ('Event: presence', 'Expires: 0', f'Contact: <sip:anna@{anna.own};transport=tcp>'))
        self.check_rate(anna, *ask[:2], 300, 2, *ask[2:])
        self.assertEqual(berta.ask('PUBLISH', 'sip:berta@localhost', body.replace('anna', 'berta'),
                                   *tell[3:])[0], 200)
        self.assertEqual(anna.send('berta', 'still here')[0], 200)


if __name__ == '__main__':
    main()
