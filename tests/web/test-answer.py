#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls answered in the browser: the link comes by IM (Prosody), Chromium opens it, offhook-phone is
the caller; and a WebSocket client of the test's own that says what no page says."""
import json
import re

from harness import main, wait_for
from harness.baresip import Baresip
from harness.browser import (get_heard, get_state, open_browser, screenshot, tap, wait_sound, wait_state,
                             wait_text, wait_text_gone)
from harness.imflow import CALLS, ImFlowCase
from harness.relay import HOST, Relay
from harness.websocket import BINARY, SDP, WebSocket

# The microphone is joined to the call, which is told of only when the page shows something else.
SLOW_JOIN = """
const join = RTCRtpSender.prototype.replaceTrack;
RTCRtpSender.prototype.replaceTrack = async function (track) {
  await join.call(this, track);
  window.joining = true;
  await new Promise(done => {
    const timer = setInterval(() => {
      if (document.body.dataset.state === 'asking')
        return;
      clearInterval(timer);
      done();
    }, 10);
  });
};
"""


class Answer(ImFlowCase):
    delay = 60

    def setUp(self):
        super().setUp()
        self.start_im()
        self.bot = self.start_bot()
        self.browser = None

    # --- What happens ---

    def open_browser(self, *flags, **options):
        self.browser = open_browser(self.world, self.marked('user'), (
            '--ignore-certificate-errors', *flags), **options)
        self.addCleanup(self.browser.quit)
        self.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': 390, 'height': 844, 'deviceScaleFactor': 1, 'mobile': True})
        tap(self.browser)

    def call(self, **options):
        """A call comes; returns the caller and the link that anna got."""
        before = len(self.bot.texts(CALLS))
        caller = self.caller(**options)
        return caller, self.link(before)

    def link(self, before=0):
        """That of the first message after so many."""
        text = wait_for('the offer', lambda: self.bot.texts(CALLS)[before:])[0]
        link = re.search(r'https://\S+/o/[\w-]+', text)
        self.assertTrue(link, text)
        return link[0]

    def open_page(self, link):
        """The page is there and its sound is agreed on, so that Answer has nothing to wait for."""
        self.browser.get(link)
        wait_state(self.browser, 'open')
        self.wait_path()

    def wait_path(self):
        wait_for('the path', lambda: self.browser.execute_script(
            'return tap.peers.length > 0 && tap.peers.at(-1).connectionState') == 'connected', 15)

    def press(self, name):
        self.browser.find_element('id', name).click()

    def answer(self):
        self.press('take')
        wait_state(self.browser, 'call')

    def connect(self, link, resume=None, **options):
        """The test's own client in the place of a page."""
        host = f'localhost:{self.server.https}'
        query = f'?resume={resume}' if resume else ''
        options.setdefault('origin', 'https://' + host)
        return self.world.add(WebSocket(('127.0.0.1', self.server.https), link.split(host)[1]
                                        + '/socket' + query, host, **options))

    @staticmethod
    def keys(caller):
        return [e['key'] for e in caller.events() if e['event'] == 'key']

    def last_text(self, words, timeout=10):
        return wait_for(f'{words!r} by IM', lambda: words in self.bot.texts(CALLS)[-1], timeout)

    # --- With Chromium ---

    def test_conversation(self):
        """Heard both ways; nothing of the microphone before Answer; keys; hung up in the page."""
        self.open_browser()
        caller, link = self.call(play_delay=500)
        self.open_page(link)
        self.assertEqual(self.browser.execute_script('return tap.asked'), 0)
        self.assertTrue(self.browser.execute_script(
            'return tap.peers[0].getSenders().every(sender => !sender.track)'))
        screenshot(self.browser, 'answer-open')
        self.answer()
        self.assertEqual(self.browser.execute_script('return tap.peers.length'), 1)
        caller.wait_event('answered')
        self.last_text('answered in the browser')
        wait_text(self.browser, ' ms')  # the quality
        self.press('keys')
        screenshot(self.browser, 'answer-call')
        screenshot(self.browser, 'answer-call', dark=True)
        wait_sound(self.browser, 7.5)
        for key in '42#':
            self.browser.find_element('xpath', f'//div[@id="keypad"]/button[.="{key}"]').click()
        wait_for('keys', lambda: self.keys(caller) == ['4', '2', '#'])
        heard = get_heard(self.browser, self.world.path('sound', 'browser-heard.wav'))
        self.press('hang-up')
        wait_state(self.browser, 'done')
        wait_text(self.browser, 'You hung up.')
        caller.result(10)
        self.assert_heard('the user', self.marked('caller'), heard)
        self.assert_heard('the caller', self.marked('user'), caller.heard)
        self.assert_events('offered', 'ringing', 'answered', 'ended')
        answered = next(e for e in self.server.call_events() if e['event'] == 'answered')
        self.assertEqual((answered['reason'], answered['device']), ('in the browser', 'browser'))
        row = self.history(self.server.sign_in('anna'))[0]
        self.assertEqual((row['outcome'], row['device']), ('answered', 'browser'))

    def track(self, what):
        """Of what the page sends."""
        return self.browser.execute_script(
            f'return tap.peers.at(-1).getSenders()[0].track.{what}')

    def check_microphones(self):
        """Mute is one press and back; another microphone is taken, muted or not."""
        self.assertTrue(self.track('enabled'))
        self.press('mute')
        self.assertFalse(self.track('enabled'))
        self.press('mute')
        self.assertTrue(self.track('enabled'))
        before = self.track('getSettings().deviceId')
        other = self.find_others('microphone', before)[0]
        self.choose('microphone', other)
        wait_for('the other microphone', lambda: self.track('getSettings().deviceId') == other)
        self.assertTrue(self.track('enabled'))

    def check_speakers(self):
        """What is heard goes to the speaker that is chosen; where that is gone it stays where it was."""
        other = self.find_others('speaker', 'default')[-1]
        self.choose('speaker', other)
        wait_for('the other speaker', lambda: self.speaker() == (other, other))
        self.browser.execute_script('document.getElementById("speaker").add(new Option("", "gone"))')
        self.choose('speaker', 'gone')
        wait_for('the speaker as before', lambda: self.speaker() == (other, other))

    def speaker(self):
        """The one that plays, and the one that is shown."""
        return tuple(self.browser.execute_script(
            'return [document.getElementById("sound").sinkId, document.getElementById("speaker").value]'))

    def find_others(self, what, current):
        """The devices that the page offers besides."""
        return wait_for(f'another {what}', lambda: [
            value for value in self.browser.execute_script(
                'return [...document.getElementById(arguments[0]).options].map(o => o.value)', what)
            if value not in ('', current)])

    def choose(self, what, device):
        self.browser.execute_script(
            'const list = document.getElementById(arguments[0]); list.value = arguments[1];'
            'list.dispatchEvent(new Event("change"))', what, device)

    def test_telephone(self):
        """The trunk's side is baresip with G.711, which the browser then speaks too."""
        self.open_browser()
        # It says nothing while the page's sound begins: the browser answers, then makes its graph.
        baresip = self.world.add(Baresip(self.world, 'telephone', self.marked('caller'),
                                         play_delay=1500))
        baresip.dial(self.server.uri('100'))
        self.open_page(self.link())
        self.answer()
        baresip.wait_event('CALL_ESTABLISHED')
        wait_sound(self.browser, 9)
        heard = get_heard(self.browser, self.world.path('sound', 'browser-heard.wav'))
        call = self.server.ctl_json('calls')[0]
        self.assertEqual((call['codec_in'], call['codec_out']), ('PCMU', 'PCMU'), call)
        baresip.hang_up()
        wait_state(self.browser, 'done')
        self.assert_heard('the user', self.marked('caller'), heard)
        self.assert_heard('the caller', self.marked('user'), baresip.finish()[0])

    def test_broken_connection(self):
        """The socket breaks in the call: it goes on, and the page is back; keys go by the socket where
        the browser cannot send them as sound; the caller hangs up."""
        self.open_browser(f'--host-resolver-rules=MAP localhost {HOST}')
        relay = self.world.add(Relay(self.server.https))
        caller, link = self.call()
        self.open_page(link)
        self.answer()
        relay.cut(hold=True)
        wait_text(self.browser, 'trying again')
        relay.mend()
        wait_text_gone(self.browser, 'trying again')
        self.assertEqual(get_state(self.browser), 'call')
        self.browser.execute_script(
            'Object.defineProperty(RTCRtpSender.prototype, "dtmf", { value: null })')
        self.press('keys')
        self.browser.find_element('xpath', '//div[@id="keypad"]/button[.="7"]').click()
        wait_for('the key', lambda: self.keys(caller) == ['7'])
        self.check_microphones()
        self.check_speakers()
        caller.stop()
        wait_state(self.browser, 'done')
        wait_text(self.browser, 'The caller hung up.')
        self.assert_events('answered', 'ended')

    def test_no_microphone(self):
        """Not allowed, or none there: said so, and the other choices work."""
        self.open_browser(allow=False)
        caller, link = self.call()
        self.browser.execute_cdp_cmd('Browser.setPermission', {
            'permission': {'name': 'microphone'}, 'setting': 'denied',
            'origin': link.split('/o/')[0]})
        self.open_page(link)
        self.press('take')
        wait_text(self.browser, 'was not allowed')
        self.assertEqual(get_state(self.browser), 'open')
        screenshot(self.browser, 'answer-denied')
        self.browser.execute_script('''navigator.mediaDevices.getUserMedia =
            () => Promise.reject(new DOMException("", "NotFoundError"))''')
        self.press('take')
        wait_text(self.browser, 'No microphone was found')
        self.browser.find_element('css selector', 'button.voicemail').click()
        wait_text(self.browser, 'Went to voicemail')
        caller.wait_event('answered')
        self.assert_events('offered', 'voicemail')

    def test_two_windows(self):
        """The link in two windows: Answer in both at once has one winner, the other is told, here in
        German; closing the page hangs up; a caller who gives up is told of."""
        self.server.ctl('user', 'set', 'anna', '--language', 'de')
        self.open_browser()
        given_up, link = self.call()
        self.open_page(link)
        given_up.stop()
        wait_state(self.browser, 'over')
        wait_text(self.browser, 'Der Anrufer hat um')
        caller, link = self.call(name='second')
        self.open_page(link)
        wait_text(self.browser, 'Hier annehmen')
        self.assertNotIn('{', self.browser.find_element('tag name', 'main').get_attribute('innerHTML'))
        windows = self.open_another(link)
        for window in windows:
            self.browser.switch_to.window(window)
            self.browser.execute_script('document.getElementById("take").click()')
        states = {}
        for window in windows:
            self.browser.switch_to.window(window)
            states[wait_state(self.browser, 'call', 'over')] = window
        self.assertEqual(set(states), {'call', 'over'}, states)
        self.browser.switch_to.window(states['over'])
        wait_text(self.browser, 'Im Browser angenommen')
        self.browser.close()
        self.browser.switch_to.window(states['call'])
        self.browser.close()  # leaves the call
        caller.result(10)
        self.assertEqual(self.event_names().count('answered'), 1)

    def test_taken_over(self):
        """Another window answers while this one's microphone is being joined to its call: it gives its
        microphone back, waits for nothing any more, and sees the outcome."""
        self.open_browser()
        caller, link = self.call()
        self.open_page(link)
        first, second = self.open_another(link)
        self.browser.switch_to.window(first)
        self.browser.execute_script(SLOW_JOIN)
        self.browser.execute_script('document.getElementById("take").click()')
        wait_for('the microphone to be joined',
                 lambda: self.browser.execute_script('return window.joining'), 15)
        self.browser.switch_to.window(second)
        self.browser.execute_script('document.getElementById("take").click()')
        wait_state(self.browser, 'call')
        self.browser.switch_to.window(first)
        wait_state(self.browser, 'over')
        self.browser.close()
        self.browser.switch_to.window(second)
        self.browser.close()
        caller.result(10)
        self.assertEqual(self.event_names().count('answered'), 1)

    def open_another(self, link):
        """The same page once more; both windows."""
        windows = [self.browser.current_window_handle]
        self.browser.switch_to.new_window('tab')
        windows.append(self.browser.current_window_handle)
        tap(self.browser)
        self.open_page(link)
        return windows

    # --- With the test's own client ---

    def test_hostile(self):
        """What no page says closes the connection, and the call goes on without it; who may not, gets
        one plain refusal. A call whose browser is gone for good ends."""
        caller, link = self.call()
        socket = self.connect(link)
        socket.read_type('welcome')
        socket.say(type='offer', sdp=SDP)
        self.assertIn('a=ice-lite', socket.read_type('answer')['sdp'])
        socket.say(type='answer')
        socket.read_type('answered')
        caller.wait_event('answered')
        self.assertEqual(self.connect(link).status, 404)
        self.assertEqual(self.connect(link, resume='0' * 32).status, 404)
        socket.cut()

        other, second = self.call(name='second', listen='udp:127.0.0.1:0')
        for frame in (b'[]', b'{', b'null', b'{"type":7}', b'{"type":"offer"}',
                      b'{"type":"offer","sdp":["v=0"]}', b'{"type":"digit","digit":"x"}',
                      b'{"type":"digit","digit":"12"}', b'{"type":"open the door"}', b'\xff\xfe',
                      b'{"type":"offer","sdp":"' + b'x' * 25000 + b'"}', b'[' * 10000):
            bad = self.connect(second)
            bad.read_type('welcome')
            bad.send_frame(frame)
            self.assertIn(bad.read_close(), (1007, 1008), frame)
        bad = self.connect(second)
        bad.send_frame(b'{}', BINARY)
        self.assertEqual(bad.read_close(), 1008)
        bad = self.connect(second)
        bad.send_frame(b' ' * 40000)
        self.assertIn(bad.read_close(), (1009, 1006))  # not read to its end
        bad = self.connect(second)
        for _ in range(60):
            bad.say(type='digit', digit='1')
        self.assertEqual(bad.read_close(), 1008)
        bad = self.connect(second)
        bad.say(type='offer', sdp='v=0\r\nnonsense')
        bad.read_type('welcome')
        self.assertEqual(bad.read_type('ended')['reason'], 'failed')
        bad = self.connect(second)
        bad.say(type='answer')  # before anything was offered
        bad.read_type('welcome')
        self.assertEqual(bad.read_type('ended')['reason'], 'failed')

        self.assertEqual(self.connect(second, origin='https://evil.test').status, 403)
        self.assertEqual(self.connect(second, origin=None).status, 403)
        first = self.connect(second)
        first.read_type('welcome')
        self.connect(second).read_type('welcome')
        self.assertEqual(first.read_type('ended')['reason'], 'taken-over')
        wrong = self.connect(second.rsplit('/', 1)[0] + '/' + 'A' * 22)
        self.assertEqual((wrong.status, json.loads(wrong.body)['error']), (404, 'not-found'))

        self.assertNotIn('answered', self.event_names())
        other.stop()
        caller.result(25)
        ended = wait_for('the end of the call whose browser is gone', lambda: [
            e for e in self.server.events() if e['event'] == 'ended'
            and 'connection was lost' in e['reason']])
        self.assertEqual(len(ended), 1)


if __name__ == '__main__':
    main()
