#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of call offers: a plain IM user on Prosody, and whatever follows links."""
import concurrent.futures
import json
import re
import unicodedata

from harness import main, wait_for
from harness.im import wait_seen
from harness.imflow import ANNA, BEN, CALLS, FORM, ImFlowCase
from harness.phone import Phone
from harness.rawsip import RawSip
from harness.xmppbot import XmppBot

LINK = re.compile(r'https://localhost:(\d+)(/o/[A-Za-z0-9_-]{22})$')
JSON = {'Accept': 'application/json'}
NAMES = (  # as the From header has them: control characters, folded lines, what turns text, broken UTF-8
    'One\x01\x07\b\x1b[31m\tTwo\x7f\x85\x9b31m\\\x02Three',
    'One\r\n 1 answer\r\n\tTwo',
    '\u202eOne\u2066Two\u2069\u2069\u2028\u2029\u200f\ufeffThree\u202d\u061c',
    '\u2067שלום\u202e <b>\udcff\udcc3', '\u202e\u2069')


class Links(ImFlowCase):
    delay = 120  # a slow machine must not run into it
    times = 100  # each link is fetched

    def caller(self, *args, **options):
        return super().caller(*args, **{'max_time': 150, **options})

    def start_links(self, *identities, **options):
        """Anna has these identities on Prosody; returns their bots."""
        identities = identities or [(ANNA,)]
        self.start_im(identity=False, rules=('--decline-action', 'busy', '--order', 'together'),
                      **options)
        for words in identities:
            self.add_identity(*words, '--verified')
        bots = [XmppBot(self.world, self.prosody, words[0]) for words in identities]
        wait_seen(self.server, len(bots))
        return bots

    def text(self, bot, number, timeout=15):
        return wait_for(f'message {number}', lambda: len(bot.texts(CALLS)) >= number
                        and bot.texts(CALLS)[number - 1], timeout)

    def link(self, bot, number=1):
        """The path of the link in that message."""
        found = LINK.search(self.text(bot, number))
        self.assertTrue(found, bot.texts(CALLS))
        self.assertEqual(int(found.group(1)), self.server.https)
        return found.group(2)

    def describe(self, path):
        status, headers, content = self.ask('GET', path, headers=JSON)
        self.assertEqual(headers['Content-Type'], 'application/json')
        return status, json.loads(content)

    # --- what is shown ---

    def test_robots(self):
        """Looking changes nothing, however often; then the form does what it says."""
        bot, = self.start_links()
        caller = self.caller()
        path = self.link(bot)
        caller.wait_event('ringing')
        before = self.server.events()
        pages = {self.ask('GET', path)[0] for _ in range(self.times)}
        heads = {self.ask('HEAD', path)[::2] for _ in range(self.times)}
        self.assertEqual((pages, heads), ({200}, {(200, '')}))
        for method in ('PUT', 'DELETE', 'PATCH', 'OPTIONS'):
            status, headers, _ = self.ask(method, path, headers={'Content-Length': '0'})
            self.assertEqual((status, headers['Allow']), (405, 'GET, HEAD, POST'))
        self.assertEqual(self.server.events(), before)
        self.assertEqual(len(bot.texts(CALLS)), 1)

        status, headers, page = self.ask('GET', path)
        self.assertIn('Demo Caller', page)
        self.assertRegex(page, r'>\d+ s left, then voicemail<')
        self.assertLess(page.index('value="3"'), page.index('value="9"'))
        self.assertEqual(headers['Cache-Control'], 'no-store')
        self.assertEqual(headers['Referrer-Policy'], 'no-referrer')
        self.assertIn('noindex', headers['X-Robots-Tag'])
        self.assertEqual(headers['X-Content-Type-Options'], 'nosniff')
        policy = headers['Content-Security-Policy']
        for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            self.assertIn(part, policy)
        self.assertNotIn('unsafe', policy)

        status, headers, _ = self.choose(path, 9)
        self.assertEqual((status, headers['Location']), (303, path))
        self.assertEqual(caller.result()['status'], 486)
        self.assertRegex(self.text(bot, 2), 'Demo Caller.*: declined at')
        self.assertIn('Declined at', self.ask('GET', path)[2])
        reason = next(e['reason'] for e in self.server.call_events() if e['event'] == 'declined')
        self.assertEqual(reason, f'declined by {ANNA} (xmpp) by link')
        self.check_logs(path)

    def check_logs(self, path):
        """The server logs everything here, but no token."""
        token = path[len('/o/'):]
        self.server.end()
        log = self.server.process.output()
        self.assertIn('offhookd', log)
        self.assertNotIn(token, log)

    def test_json(self):
        """What a program reads, and that the second of two choices comes too late."""
        bot, = self.start_links()
        caller = self.caller(play_delay=3000, hang_up_after=6)
        device = self.device(ring_only=True, wait=True)
        path = self.link(bot)
        status, offer = self.describe(path)
        self.assertEqual(status, 200)
        self.assertEqual((offer['state'], offer['caller'], offer['called'], offer['default']),
                         ('open', {'name': 'Demo Caller', 'number': '555100'}, '100', 3))
        self.assertEqual([(o['option'], o['name']) for o in offer['options']],
                         [(1, 'answer'), (3, 'voicemail'), (9, 'decline')])
        self.assertTrue(0 < offer['seconds_left'] <= 200, offer)
        offered = next(e for e in self.server.call_events() if e['event'] == 'offered')
        self.assertEqual(offer['id'], offered['offer'])
        self.assertNotIn(path[3:], json.dumps(self.server.events()))

        for body, headers in (('option=1', FORM), ('option=2', FORM), ('option=33', FORM),
                              ('', FORM), ('option=3', {}), ('{"option": 3}', {
                                  'Content-Type': 'application/json'})):
            status, _, content = self.ask('POST', path, body, {**headers, **JSON})
            self.assertEqual((status, json.loads(content)['error']), (400, 'not-offered'), body)
        self.assertEqual(self.ask('POST', path, 'x' * 5000, FORM)[0], 413)
        for header in ({'Origin': 'https://evil.test'}, {'Sec-Fetch-Site': 'cross-site'}):
            self.assertEqual(self.choose(path, 3, **header)[0], 403)
        self.assertEqual(self.describe(path)[1]['state'], 'open')

        status, _, content = self.choose(path, 3, **JSON)
        self.assertEqual(status, 200, content)
        self.assertEqual((json.loads(content)['state'], json.loads(content)['outcome']),
                         ('over', 'voicemail'))
        device.result()
        status, _, content = self.choose(path, 9, **JSON)
        self.assertEqual((status, json.loads(content)['outcome']), (409, 'voicemail'))
        status, _, page = self.choose(path, 9)
        self.assertEqual(status, 409)
        self.assertIn('Too late: your choice changed nothing.', page)
        self.assertIn('Went to voicemail at', page)
        self.assertEqual(self.choose(path, 3)[0], 303)
        self.assertTrue(caller.result(30)['answered'])
        self.wait_ended()
        names = self.event_names()
        self.assertEqual((names.count('voicemail'), names.count('declined')), (1, 0))
        self.assertRegex(self.text(bot, 2), 'went to voicemail')
        self.assertEqual(len(bot.texts(CALLS)), 2)

    def test_two_at_once(self):
        """Two options at the same moment, by the links of two identities: one wins, the other is told.
        Each link knows what its identity may see."""
        bot, other = self.start_links((ANNA,), (BEN, '--hide-number'))
        caller = self.caller(hang_up_after=4)
        paths = [self.link(bot), self.link(other)]
        self.assertNotEqual(*paths)
        self.assertIn('555100', self.ask('GET', paths[0])[2])
        self.assertNotIn('555100', self.ask('GET', paths[1])[2])
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda n: self.choose(
                paths[n % 2], 3 if n % 2 else 9, **JSON), range(8)))
        found = {(status, json.loads(content)['outcome']) for status, _, content in replies}
        outcome = {'voicemail': 'went to voicemail', 'declined': 'declined'}
        winner = found.pop()[1]
        self.assertEqual(found | {(200, winner), (409, winner)}, {(200, winner), (409, winner)})
        self.assertEqual(sorted(status for status, _, _ in replies), [200] * 4 + [409] * 4)
        for one in (bot, other):
            self.assertIn(outcome[winner], self.text(one, 2))
        caller.result()
        self.wait_ended()
        names = self.event_names()
        self.assertEqual(names.count('voicemail') + names.count('declined'), 1, names)

    def test_answered_elsewhere(self):
        """A page that comes too late says where it was answered."""
        bot, = self.start_links()
        device = self.device(ring_only=True)
        caller = self.caller()
        path = self.link(bot)
        device.wait_event('arrived')
        self.assertIn('press Answer on <bdi>laptop</bdi>', self.ask('GET', path)[2])
        device.answer()
        self.text(bot, 2)
        status, _, page = self.choose(path, 3)
        self.assertEqual(status, 409)
        self.assertRegex(page, r'Answered on <bdi>laptop</bdi> at \d\d:\d\d')
        caller.stop()
        self.assertTrue(caller.result()['answered'])
        self.wait_ended()
        self.assertNotIn('voicemail', self.event_names())

    # --- what is none ---

    def test_unknown(self):
        """Guessed, malformed, cut and too long: one page, and not often."""
        bot, = self.start_links()
        caller = self.caller()
        path = self.link(bot)
        wrong = ['/o/' + 'A' * 22, path[:-1], path + 'A', path + '/', '/o/', '/o/a/b',
                 '/o/%3Cscript%3E', '/o/' + 'A' * 3000, '/o/' + path[3:].swapcase()]
        replies = {self.ask(method, one, '' if method == 'POST' else None,
                            FORM if method == 'POST' else {})[::2]
                   for one in wrong for method in ('GET', 'POST')}
        self.assertEqual(len(replies), 1, [(s, p[:200]) for s, p in replies])
        status, page = replies.pop()
        self.assertEqual(status, 404)
        self.assertIn('There is no call here', page)
        self.assertEqual(self.ask('GET', '/o/..%2f..%2fetc')[::2], (400, ''))
        self.assertIn('Hier ist kein Anruf', self.ask('GET', '/o/x', headers={
            'Accept-Language': 'de-AT,de;q=0.9'})[2])
        refused = [headers for status, headers, _ in (self.ask('GET', f'/o/{n}') for n in range(60))
                   if status == 429]
        self.assertTrue(refused)
        self.assertGreater(int(refused[0]['Retry-After']), 0)
        self.assertEqual(self.ask('GET', '/o/x', source='127.0.0.2')[0], 404)
        self.assertEqual(self.ask('GET', path)[0], 200, 'a right one is not counted')
        self.assertEqual(self.choose(path, 9)[0], 303)
        self.assertEqual(caller.result()['status'], 486)
        self.server.restart()
        self.assertEqual(self.ask('GET', path)[0], 404)

    def test_hostile_names(self):
        """Markup, quotes and length of a name stay text, and what controls or turns text does neither in
        message nor page; in German."""
        bot, = self.start_links()
        self.server.ctl('user', 'set', 'anna', '--language', 'de')
        name = '<script>alert(1)</script>"\'&amp;' + 'שלום ' * 20
        caller = Phone(self.world, 'hostile', self.server.uri('100'), name=name, max_time=150,
                       **{'listen': 'udp:127.0.0.1:0', 'from': 'sip:555100@127.0.0.1'})
        path = self.link(bot)
        _, _, page = self.ask('GET', path)
        self.assertIn('&lt;script&gt;alert(1)', page)
        self.assertEqual(page.count('<script>'), 1, 'our own')
        self.assertRegex(page, r'>Noch \d+ s, dann Anrufbeantworter<')
        self.assertIn('An den Anrufbeantworter</button>', page)
        self.assertIn('<html lang="de">', page)
        caller.stop()
        self.text(bot, 2)
        self.assertIn('Der Anrufer hat um', self.ask('GET', path)[2])
        for number, name in enumerate(NAMES, 1):
            self.check_name(bot, 2 * number + 1, name)

    def check_name(self, bot, number, name):
        """Of a caller of that name, whose offer is the message `number`."""
        caller = self.world.add(RawSip(self.server, user='555%0D%0A%1B300'))
        caller.origin = caller.origin.replace('Demo Raw', name)
        caller.send('INVITE', caller.sdp())
        path = self.link(bot, number)
        pages = [self.ask('GET', path)[2]]
        self.assertEqual(self.choose(path, 9)[0], 303)
        self.assertEqual(caller.wait_status()[0], 486)
        caller.send('ACK', cseq=caller.cseq)
        offer, outcome = self.text(bot, number), self.text(bot, number + 1)
        pages.append(self.ask('GET', path)[2])
        who = r'^Anruf von (.+ \(555%0D%0A%1B300\)|555%0D%0A%1B300)'
        self.assertRegex(offer, who + r' für 100\.\n1 annehmen .+\nKein Gerät .+$')
        self.assertRegex(outcome, who + r': abgelehnt um \d\d:\d\d\.$')
        for text in (offer, outcome):
            self.assert_plain(text, '\n\u2068\u2069')
            self.assertIn(re.sub('[^\u2068\u2069]', '', text), ('', '\u2068\u2069'), 'set apart by ourselves')
        for page in pages:
            self.assert_plain(page, '\n')
            self.assertRegex(page, r'<p class="name[^>]*>[^<\s]')
            self.assertNotIn('<b>', page)

    def assert_plain(self, text, others):
        """Nothing is in it that controls, turns or hides, but for these."""
        found = {c for c in text if unicodedata.category(c) in ('Cc', 'Cf', 'Zl', 'Zp')}
        self.assertFalse(found - set(others), ascii(text[:500]))

    def test_public_name(self):
        """From the next reload on links have the server's public name."""
        bot, = self.start_links()
        with open(self.server.config, encoding='utf-8') as f:
            text = f.read()
        with open(self.server.config, 'w', encoding='utf-8') as f:
            f.write(text.replace('[server]', '[server]\npublic_name=phone.test'))
        self.server.reload()
        self.server.process.wait_output('certificates reloaded')
        caller = self.caller()
        self.assertIn(f'https://phone.test:{self.server.https}/o/', self.text(bot, 1))
        caller.stop()


if __name__ == '__main__':
    main()
