#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files over XMPP (slixmpp, in-band; two engines of ours) and IRC (DCC): both ways, refused,
cancelled from each side, cut off; nothing is written but what was accepted, where it was accepted."""
import hashlib
import os
import random
import resource
import signal
import socket
import struct
import threading

from harness import TestCase, main, wait_for
from harness.filebot import FileBot
from harness.im import Im
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

OFFHOOK = 'offhook@one.test'
ANNA = 'anna@one.test'
BEN = 'ben@one.test'
USERS = {OFFHOOK: 'Engine secret 1', ANNA: 'Bot secret 2', BEN: 'Bot secret 3'}
INVALID, NOT_FOUND, EXISTS, LIMIT, CLOSED = '1', '3', '4', '6', '10'  # base/oh-error.h


def make(size):
    return random.Random(size).randbytes(size)


class FileCase(TestCase):
    def setUp(self):
        super().setUp()
        self.im = self.world.add(Im(self.world))
        self.im.do('take', kind='file')
        self.inbox = os.path.dirname(self.world.path('inbox', 'x'))

    def path(self, name='in'):
        return os.path.join(self.inbox, name)

    def write(self, name, data):
        path = self.world.path('outbox', name)
        with open(path, 'wb') as f:
            f.write(data)
        return path

    def wait_offer(self, name, im=None, **wanted):
        return (im or self.im).wait('file', 20, state='offered', name=name, **wanted)

    def accept(self, offer, name='in', im=None):
        (im or self.im).do('accept-file', file=int(offer['file']), path=self.path(name))

    def wait_end(self, offer, end, timeout=40, im=None):
        return (im or self.im).wait('file', timeout, file=offer['file'], state='ended', end=end)

    def send(self, to, path, id='x', im=None):  # pylint: disable=redefined-builtin
        im = im or self.im
        after = im.count()
        im.do('send-file', id, to=to, path=path)
        return im.wait('file', after=after, incoming='no')

    def check_inbox(self, **files):
        """These are all that there are."""
        self.assertEqual(sorted(os.listdir(self.inbox)), sorted(files))
        for name, data in files.items():
            with open(self.path(name), 'rb') as f:
                self.assertEqual(hashlib.sha256(f.read()).digest(), hashlib.sha256(data).digest(), name)


class Xmpp(FileCase):
    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS)
        self.im.add_xmpp('x', self.prosody, OFFHOOK)
        self.im.sign_in('x')
        self.bot = FileBot(self.world, self.prosody, ANNA)
        self.me = f'{OFFHOOK}/offhook'

    def test_received(self):
        """All of it, with its name, size and sender; progress is told, a few times a second."""
        data = make(200000)
        self.bot.send_file(self.me, 'report.pdf', data)
        offer = self.wait_offer('report.pdf')
        self.assertEqual((offer['id'], offer['with'], offer['size'], offer['incoming']),
                         ('x', ANNA, '200000', 'yes'))
        self.accept(offer)
        end = self.wait_end(offer, 'done')
        self.assertEqual(end['done'], '200000')
        self.check_inbox(**{'in': data})
        self.assertEqual(os.stat(self.path()).st_mode & 0o777, 0o600)
        wait_for('the sender to be through', lambda: self.bot.sent)
        told = self.im.events('file', file=offer['file'], state='running')
        self.assertGreaterEqual(len(told), 1)
        span = (told[-1]['mono'] - told[0]['mono']) / 1e6
        self.assertLessEqual(len(told), 4 + 6 * span)

    def test_one_block(self):
        """Small ones, whose first bytes are the last; and blocks that no answer is waited for between."""
        for number, (size, hurry) in enumerate(((1, False), (4096, False), (4097, False), (50000, True))):
            data = make(size)
            self.bot.send_file(self.me, f'small{number}', data, hurry=hurry)
            offer = self.wait_offer(f'small{number}')
            self.accept(offer, f'in{number}')
            self.wait_end(offer, 'done')
            with open(self.path(f'in{number}'), 'rb') as f:
                self.assertEqual(f.read(), data)

    def test_sent(self):
        data = make(150000)
        sent = self.send(f'{ANNA}/bot', self.write('minutes.txt', data))
        self.assertEqual((sent['name'], sent['size'], sent['state']), ('minutes.txt', '150000', 'waiting'))
        offer = self.bot.wait_offer('minutes.txt')
        self.assertEqual(offer[3], 150000)
        self.bot.take(offer)
        self.assertEqual(self.wait_end(sent, 'done')['done'], '150000')
        wait_for('all of it', lambda: self.bot.files.get('minutes.txt') == data)

    def test_refused(self):
        """By us and by them; nothing is left."""
        self.bot.send_file(self.me, 'no.txt', b'nothing')
        offer = self.wait_offer('no.txt')
        self.im.do('cancel-file', file=int(offer['file']))
        self.wait_end(offer, 'stopped')
        wait_for('the refusal', lambda: self.bot.sent.get('no.txt') == 'forbidden')
        self.accept(offer)
        self.assertEqual(self.im.wait('file-error')['code'], CLOSED)
        sent = self.send(f'{ANNA}/bot', self.write('unwanted.txt', b'something'))
        self.bot.decline(self.bot.wait_offer('unwanted.txt'))
        self.wait_end(sent, 'refused')
        self.assertEqual(self.im.events('notice'), [])
        self.assertEqual(self.im.events('message-failed'), [])
        self.check_inbox()

    def test_cancelled(self):
        """In the middle, from each side, in each direction."""
        data = make(400000)
        self.bot.send_file(self.me, 'theirs', data, stop_after=40960)
        offer = self.wait_offer('theirs')
        self.accept(offer)
        self.wait_end(offer, 'cancelled')
        self.bot.send_file(self.me, 'ours', data, block=1024)
        offer = self.wait_offer('ours')
        self.accept(offer, 'in2')
        self.im.wait('file', file=offer['file'], state='running')
        self.im.do('cancel-file', file=int(offer['file']))
        self.wait_end(offer, 'stopped')
        wait_for('its sender to hear', lambda: self.bot.sent.get('ours'))
        self.assertNotEqual(self.bot.sent['ours'], 'done')
        path = self.write('long', make(2000000))
        sent = self.send(f'{ANNA}/bot', path)
        self.bot.take(self.bot.wait_offer('long'), stop_after=20000)
        self.wait_end(sent, 'cancelled')
        self.bot.offers.clear()
        sent = self.send(f'{ANNA}/bot', path)
        self.bot.take(self.bot.wait_offer('long'))
        self.im.wait('file', file=sent['file'], state='running')
        self.im.do('cancel-file', file=int(sent['file']))
        self.wait_end(sent, 'stopped')
        wait_for('its end there', lambda: 'long' in self.bot.files)
        self.assertLess(len(self.bot.files['long']), 2000000)
        self.check_inbox()

    def test_taken_back(self):
        """An offer that is taken back before it was answered: what is answered then finds nothing."""
        sent = self.send(f'{ANNA}/bot', self.write('early', make(5000)))
        self.im.do('cancel-file', file=int(sent['file']))  # while it still asks what they can do
        self.wait_end(sent, 'stopped')
        offer = self.bot.wait_offer('early')
        self.bot.take(offer)
        sent = self.send(f'{ANNA}/bot', self.write('later', make(5000)))
        offer = self.bot.wait_offer('later')
        self.bot.take(offer)
        self.wait_end(sent, 'done')
        self.assertNotEqual(self.bot.files.get('early'), make(5000))

    def test_lost(self):
        """The account goes offline, or the engine's process ends, in mid-file: told, and nothing left."""
        path = self.write('long', make(3000000))
        for way, end in (('sign-out', 'closed'), ('kill', 'engine'), ('service', 'closed')):
            with self.subTest(way):
                self.bot.offers.clear()
                self.bot.send_file(self.me, f'in-{way}', make(2000000), block=512)
                offer = self.wait_offer(f'in-{way}')
                self.accept(offer, way)
                self.im.wait('file', file=offer['file'], state='running')
                sent = self.send(f'{ANNA}/bot', path)
                self.bot.take(self.bot.wait_offer('long'))
                self.im.wait('file', file=sent['file'], state='running')
                waiting = self.send(f'{ANNA}/bot', self.write('waiting', b'1'))
                self.bot.wait_offer('waiting')
                after = self.im.count()
                if way == 'sign-out':
                    self.im.do('sign-out', 'x')
                elif way == 'kill':
                    os.kill(self.im.engine_pid(), signal.SIGKILL)
                else:
                    self.prosody.kill()
                for one in (offer, sent, waiting):
                    self.wait_end(one, end)
                if way == 'sign-out':
                    self.im.sign_in('x', certificate=False)
                elif way == 'kill':
                    self.im.wait('state', 20, after, id='x', state='online')
        self.check_inbox()

    def test_where(self):
        """What is there is never written over, nor through a link; what others call a file leads nowhere."""
        with open(self.path('there'), 'wb') as f:
            f.write(b'mine')
        os.symlink(self.path('elsewhere'), self.path('link'))
        self.bot.send_file(self.me, '../../../tmp/evil\u202e/.bashrc', b'evil')
        offer = self.wait_offer('bashrc')
        for name in ('there', 'link'):
            after = self.im.count()
            self.accept(offer, name)
            self.assertEqual(self.im.wait('file-error', after=after)['code'], EXISTS)
        self.accept(offer, 'none/such')
        self.im.wait('file-error', code='0')
        self.accept(offer)
        self.wait_end(offer, 'done')
        self.assertEqual(sorted(os.listdir(self.inbox)), ['in', 'link', 'there'])
        with open(self.path('there'), 'rb') as f:
            self.assertEqual(f.read(), b'mine')

    def test_sizes(self):
        """More than was said, less, none, too much: nothing of it stays."""
        for name, data, size in (('more', make(9000), 5000), ('less', make(5000), 9000)):
            self.bot.send_file(self.me, name, data, size=size)
            offer = self.wait_offer(name)
            self.accept(offer, name)
            wait_for(f'the end of {name}', lambda: self.im.events(
                'file', file=offer['file'], state='ended'), 30)  # pylint: disable=cell-var-from-loop
            if name == 'less':
                self.wait_end(offer, 'cancelled')
        for name, size in (('none', 0), ('huge', 5 << 30)):
            self.bot.send_file(self.me, name, b'1', size=size)
            self.im.wait('refused', kind='file', name=name)
        self.assertFalse(self.im.events('file', name='huge'))
        if os.path.exists(self.path('more')):  # cut at what was said
            self.assertEqual(os.stat(self.path('more')).st_size, 5000)
            os.unlink(self.path('more'))
        self.check_inbox()

    def test_begun_unasked(self):
        """Bytes before the offer is accepted go nowhere."""
        bot = XmppBot(self.world, self.prosody, BEN)
        pid = self.im.engine_pid()
        bot.offer_file(self.me, 'hasty', 4, 'hasty')
        offer = self.wait_offer('hasty')
        ibb = 'http://jabber.org/protocol/ibb'
        bot.ask('open', f'<iq type="set" id="open" to="{self.me}"><open xmlns="{ibb}" sid="hasty" '
                'block-size="4096"/></iq>')
        bot.ask('data', f'<iq type="set" id="data" to="{self.me}"><data xmlns="{ibb}" sid="hasty" '
                'seq="0">QUFBQQ==</data></iq>')
        wait_for('an answer', lambda: 'data' in bot.answers)
        self.accept(offer)
        bot.send(OFFHOOK, 'after all')
        self.im.wait('message', text='after all')
        wait_for('its end', lambda: self.im.events('file', file=offer['file'], state='ended'))
        self.assertFalse(self.im.events('file', file=offer['file'], end='done'))
        self.check_inbox()
        self.assertEqual(self.im.engine_pid(), pid)

    def test_many(self):
        """Twenty wait; the next are refused and told."""
        bot = XmppBot(self.world, self.prosody, BEN)
        for number in range(25):
            bot.offer_file(self.me, f'file{number}', 100, f'n{number}')
        wait_for('the refusals', lambda: list(bot.answers.values()).count('forbidden') == 5, 20)
        self.im.wait('refused', kind='file', name='file24')
        self.assertEqual(len(self.im.events('file', state='offered')), 20)
        self.im.do('send-file', 'x', to=f'{ANNA}/bot', path=self.write('one', b'1'))
        self.assertEqual(self.im.wait('file-error')['code'], LIMIT)
        self.im.do('cancel-file', file=1)
        wait_for('it', lambda: bot.answers.get('n0') == 'forbidden')
        self.im.do('send-file', 'x', to=f'{ANNA}/bot', path=self.write('two', b'2'))
        self.bot.wait_offer('two')

    def test_cannot_be_sent(self):
        """No file, an empty one, a folder; somebody who is not there, or takes none."""
        for path, code in ((self.path('none'), NOT_FOUND), (self.write('empty', b''), INVALID),
                           (self.inbox, INVALID), ('/dev/null', INVALID)):
            after = self.im.count()
            self.im.do('send-file', 'x', to=f'{ANNA}/bot', path=path)
            self.assertEqual(self.im.wait('file-error', after=after)['code'], code, path)
        path = self.write('some', b'some')
        XmppBot(self.world, self.prosody, BEN)
        for to in ('nobody@one.test', BEN, f'{BEN}/bot'):
            end = self.wait_end(self.send(to, path), 'failed')
            self.assertTrue(end['text'], to)
        self.assertEqual(self.im.events('notice'), [])

    def test_full(self):
        """The file cannot be written: told, and nothing left. (A limit stands for a full disk.)"""
        pid = self.im.engine_pid()
        data = make(300000)
        self.bot.send_file(self.me, 'big', data)
        offer = self.wait_offer('big')
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (100000, 100000))
        self.accept(offer)
        end = self.wait_end(offer, 'failed')
        self.assertTrue(end['text'])
        self.check_inbox()
        self.assertEqual(self.im.engine_pid(), pid)


class Two(FileCase):
    def test_two_engines(self):
        """Between two engines, as these agree on it: by a socket of their own wherever the computer has an
        address besides its loopback. The person is asked which program where there are two."""
        prosody = Prosody(self.world, USERS, friends=[(OFFHOOK, ANNA)])
        other = self.world.add(Im(self.world, 'other'))
        other.do('take', kind='file')
        self.im.add_xmpp('x', prosody, OFFHOOK)
        self.im.sign_in('x')
        other.add_xmpp('y', prosody, ANNA)
        other.sign_in('y')
        self.im.wait('buddy', name=ANNA, presence='available')
        data = make(5000000)
        sent = self.send(ANNA, self.write('film', data))
        offer = self.wait_offer('film', other)
        self.assertEqual(offer['with'], OFFHOOK)
        self.accept(offer, im=other)
        self.wait_end(offer, 'done', im=other)
        self.wait_end(sent, 'done')
        self.check_inbox(**{'in': data})
        bot = FileBot(self.world, prosody, ANNA)
        wait_for('the other program to be known', lambda: self.im.events(
            'buddy', name=ANNA), 10)
        bot.send(OFFHOOK, 'here too')
        self.im.wait('message', text='here too')
        sent = self.send(ANNA, self.write('which', b'which one'))
        question = self.im.wait('question', kind='fields')
        self.assertEqual(question['fields'][0]['choices'], ['0', '1'])
        self.im.do('answer', question=question['question'], button=-1)
        self.wait_end(sent, 'failed')


class Irc(FileCase):
    def setUp(self):
        super().setUp()
        self.ngircd = Ngircd(self.world)
        self.im.add_irc('i', self.ngircd, 'offhook')
        self.im.sign_in('i', certificate=False)
        self.bot = IrcBot(self.world, self.ngircd, 'anna')

    def serve(self, data, stop_after=None):
        """As a sender waits for who takes it. Its port."""
        listener = socket.create_server(('127.0.0.1', 0))
        listener.settimeout(30)

        def run():
            with listener, listener.accept()[0] as taker:
                taker.sendall(data[:stop_after])
                while stop_after is None and taker.recv(4096):
                    pass
        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    def test_received(self):
        data = make(300000)
        self.bot.send('offhook', f'\x01DCC SEND "data.bin" 2130706433 {self.serve(data)} 300000\x01')
        offer = self.wait_offer('data.bin')
        self.assertEqual((offer['id'], offer['with'], offer['size']), ('i', 'anna', '300000'))
        self.accept(offer)
        self.wait_end(offer, 'done')
        self.check_inbox(**{'in': data})

    def test_cut_off(self):
        """The sender goes away, or was never there."""
        data = make(300000)
        self.bot.send('offhook', f'\x01DCC SEND half 2130706433 {self.serve(data, 1000)} 300000\x01')
        offer = self.wait_offer('half')
        self.accept(offer)
        self.wait_end(offer, 'cancelled')
        self.bot.send('offhook', '\x01DCC SEND nobody 2130706433 9 300000\x01')
        offer = self.wait_offer('nobody')
        self.accept(offer)
        self.wait_end(offer, 'failed')
        self.bot.send('offhook', '\x01DCC SEND minus 2130706433 9 -5\x01')
        self.im.wait('refused', kind='file', name='minus')
        self.check_inbox()

    def test_sent(self):
        data = make(100000)
        sent = self.send('anna', self.write('minutes.txt', data), id='i')
        offer = wait_for('the offer', lambda: [
            m[1] for m in self.bot.messages if m[1].startswith('\x01DCC SEND')], 20)[0]
        self.assertIn('"minutes.txt"', offer)
        port, size = offer.rstrip('\x01').split()[-2:]
        self.assertEqual(size, '100000')
        got = b''
        with socket.create_connection(('127.0.0.1', int(port)), 10) as sender:
            while len(got) < len(data):
                got += sender.recv(65536)
                sender.sendall(struct.pack('!I', len(got)))
            self.wait_end(sent, 'done')
        self.assertEqual(got, data)
        sent = self.send('anna', self.write('never.txt', data), id='i')
        self.im.do('cancel-file', file=int(sent['file']))
        self.wait_end(sent, 'stopped')


if __name__ == '__main__':
    main()
