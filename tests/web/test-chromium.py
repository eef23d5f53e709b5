#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium as the far WebRTC end of the media peer: who offers, ICE-lite and full ICE, the cipher,
sound in each direction, keys, redundancy where packets get lost, and less of it where the way gets narrow."""
import base64
import json
import os
import re
import subprocess
import threading
import http.server
import functools

from harness import case, sound
from harness.bad_wire import BadWire
from harness.browser import open_browser
from harness.process import wait_for
from harness.wire import enter_name_space
from harness.world import build_root

HERE = os.path.dirname(os.path.abspath(__file__))


class Peer:
    """offhook-peer, spoken to in JSON lines."""

    def __init__(self, world, *args):
        self.lines = []
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [os.path.join(build_root(), 'tests/web/offhook-peer'), *args], env=world.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def tell(self, **what):
        self.process.stdin.write(json.dumps(what) + '\n')
        self.process.stdin.flush()

    def find(self, key, value=None):
        return [line for line in self.lines
                if key in line and (value is None or line[key] == value)]

    def ask(self, key, **what):
        before = len(self.find(key))
        self.tell(**what)
        wait_for(f'{key} of the peer', lambda: len(self.find(key)) > before or self.find('error'))
        assert not self.find('error'), self.lines
        return self.find(key)[-1][key]

    def end(self):
        if self.process.poll() is None:
            self.tell(do='end')
        self.process.stdin.close()
        self.process.wait(10)
        self.reader.join(5)
        self.process.stdout.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass


class Page(case.TestCase):
    speech = 8.0  # s, what the peer says; the first eight are judged

    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(
            ('127.0.0.1', 0), functools.partial(Quiet, directory=HERE))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.said = sound.make_marked(os.path.join(self.world.dir, 'user.wav'), 'user')
        self.played = sound.make_marked(os.path.join(self.world.dir, 'caller.wav'), 'caller', self.speech,
                                        lead=2.0)
        self.judged = sound.make_marked(os.path.join(self.world.dir, 'judged.wav'), 'caller', 8.0,
                                        lead=2.0)
        self.browser = open_browser(self.world, self.said)
        self.addCleanup(self.browser.quit)
        self.browser.set_script_timeout(20)
        self.browser.get(f'http://127.0.0.1:{server.server_address[1]}/page.html')

    def call(self, net, peer_offers, codecs=None, change=lambda sdp: sdp,
             meanwhile=lambda peer: None):
        """`change`: what is done to our answer; `meanwhile`: to be waited for in the call."""
        record = os.path.join(self.world.dir, 'heard.wav')
        args = ['--net', net, '--play', self.played, '--record', record]
        peer = Peer(self.world, *args, *(['--codecs', codecs] if codecs else []))
        self.addCleanup(peer.end)
        run = self.browser.execute_script
        if peer_offers:
            answer = run('return make_answer(arguments[0])', peer.ask('sdp', do='offer'))
            peer.ask('sdp', do='accept', sdp=answer)
        else:
            offer = run('return make_offer()')
            run('return accept(arguments[0])', change(peer.ask('sdp', do='answer', sdp=offer)))
        wait_for('a path', lambda: peer.find('event', 'ready') or peer.find('error'))
        wait_for('Chromium connected', lambda: run('return get_state()')['connection'] == 'connected')
        wait_for('six seconds', lambda: run('return heard.length * 4096 / rate') > 8.5, 20)
        meanwhile(peer)
        run('send_digits("42#")')
        wait_for('keys', lambda: len(peer.find('digit')) >= 3)
        self.assertEqual([line['digit'] for line in peer.find('digit')], ['4', '2', '#'])
        stats = peer.ask('stats', do='stats')
        self.assertEqual(stats['cipher'], 'AEAD_AES_128_GCM', stats)
        self.assertIn('GCM', run('return get_state()')['cipher'])
        heard = run('return get_heard()')
        peer.end()
        path = os.path.join(self.world.dir, 'far.wav')
        samples = sound.numpy.frombuffer(base64.b64decode(heard['samples']), '<i2') / 32768
        sound.write_wav(path, samples, int(heard['rate']))
        far = sound.judge(self.judged, path)
        near = sound.judge(self.said, record)
        print(f'# far {far.correlation:.3f} near {near.correlation:.3f} {stats}')
        self.assertTrue(far.heard, far)
        self.assertTrue(near.heard, near)
        return stats


class Chromium(Page):
    def test_chromium_offers_to_ice_lite(self):
        self.assertEqual(self.call('lite', False)['codec'], 'opus')

    def test_ice_lite_offers(self):
        self.assertEqual(self.call('lite', True)['codec'], 'opus')

    def test_chromium_offers_to_full_ice_g711(self):
        self.assertEqual(self.call('ice', False, 'PCMU')['codec'], 'PCMU')


class OnBadPath(Page):
    speech = 40.0

    def setUp(self):
        enter_name_space()
        super().setUp()
        wire = BadWire(loss=10)
        self.addCleanup(wire.end)

    def prefer_red(self, sdp):
        """Chromium sends each frame twice where `red` stands first."""
        red, = re.findall(r'a=rtpmap:(\d+) red/48000/2', sdp)
        line, = re.findall(r'm=audio [^\r\n]*', sdp)
        words = line.split()
        words.remove(red)
        return sdp.replace(line, ' '.join(words[:3] + [red] + words[3:]))

    def both_ways(self, peer):
        """What gets lost comes again, for both, and is taken."""
        def stats():
            return peer.ask('stats', do='stats')
        wait_for('copies for Chromium, which reports loss', lambda: stats()['copies'] == 1, 25, 0.5)
        wait_for('frames that came again', lambda: stats()['recovered'] > 20, 20, 0.5)
        before = self.browser.execute_script('return get_sound()')
        wait_for('ten seconds', lambda: self.sound_since(before) > 10, 30, 0.5)
        now = self.browser.execute_script('return get_sound()')
        lost, made_up = ((now[name] - before[name]) for name in ('lost', 'made_up'))
        print(f'# Chromium lost {lost} packets and made up {made_up / 960:.0f}')
        self.assertGreater(lost, 10)
        self.assertLess(made_up / 960, 0.6 * lost)

    def sound_since(self, before):
        now = self.browser.execute_script('return get_sound()')
        return (now['all'] - before['all']) / 48000

    def test_redundancy(self):
        stats = self.call('lite', False, change=self.prefer_red, meanwhile=self.both_ways)
        self.assertEqual(stats['codec'], 'opus')


class OnNarrowPath(Page):
    speech = 70.0

    def setUp(self):
        enter_name_space()
        super().setUp()
        self.wire = BadWire()
        self.addCleanup(self.wire.end)
        self.port = 0

    def note_port(self, sdp):
        self.port = int(re.search(r'm=audio (\d+)', sdp).group(1))
        return sdp

    def both_widths(self, peer):
        """40 kbit/s for what is sent to Chromium, with a queue before it, and then as much as ever."""
        def stats():
            return peer.ask('stats', do='stats')
        wait_for('the usual pace', lambda: (stats()['ptime'], stats()['bit_rate']) == (20, 32000), 30, 0.5)
        self.wire.narrow(40, self.port)
        wait_for('longer packets', lambda: stats()['ptime'] >= 40, 40, 0.5)
        narrow = stats()
        self.assertEqual(narrow['copies'], 0)
        self.assertLess(narrow['bit_rate'], 24000)
        wait_for('a queue that drained', lambda: stats()['rtt_ms'] < 150, 30, 0.5)
        before = self.browser.execute_script('return get_sound()')
        wait_for('five seconds', lambda: self.sound_since(before) > 5, 20, 0.2)
        now = self.browser.execute_script('return get_sound()')
        made_up = (now['made_up'] - before['made_up']) / (now['all'] - before['all'])
        print(f'# narrow: {narrow}; Chromium made up {made_up:.3f} of it then')
        self.assertLess(made_up, 0.1)
        self.wire.narrow(0, 0)
        wait_for('as much as before', lambda: stats()['bit_rate'] == 32000, 150, 1)
        self.assertEqual(stats()['ptime'], 20)

    def sound_since(self, before):
        now = self.browser.execute_script('return get_sound()')
        return (now['all'] - before['all']) / 48000

    def test_less_is_sent(self):
        self.call('lite', False, change=self.note_port, meanwhile=self.both_widths)


if __name__ == '__main__':
    case.main()
