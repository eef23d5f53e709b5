#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""OhAudio on a private PulseAudio: marked sound into the microphone comes out of the loudspeaker,
by libpulse and by PortAudio; cards and the server itself come and go."""
import os
import time

from harness import TestCase, main, sound, wait_for
from harness.pulse import Pulse

DELAY_MS = 100
ENOUGH = 0.9


class SoundCards(TestCase):
    def setUp(self):
        super().setUp()
        self.pulse = Pulse(self.world)
        # Its lead is time for the streams that play and record it to settle.
        self.said = sound.make_marked(self.world.path('said.wav'), 'user', 4.0, lead=1.0)

    def start(self, backend):
        program = os.path.join(os.environ['OFFHOOK_BUILD'], 'tests', 'flow', 'sound-card')
        card = self.world.start('sound-card', [program, backend, DELAY_MS],
                                env=self.pulse.env)
        opened = card.wait_output(r'^opened in (\d+) ms')
        self.assertLess(int(opened.group(1)), 200)
        return card

    def finish(self, card):
        self.assertEqual(card.end(), 0, card.tail())
        closed = card.wait_output(r'^closed in (\d+) ms', 1)
        self.assertLess(int(closed.group(1)), 500)

    def hear(self, sink='speaker'):
        recording = self.pulse.record(sink)
        self.pulse.say(self.said)
        time.sleep(0.5)  # what is under way comes out
        return sound.judge(self.said, self.pulse.stop(recording))

    def assert_works(self, sink='speaker'):
        """Just after a change the streams may still be settling: what is then not heard whole is said
        once more, and the second time counts."""
        wait_for('an open microphone', lambda: self.pulse.microphone_state() == 'RUNNING', 10)
        judgement = self.hear(sink)
        if judgement.correlation < ENOUGH or judgement.gaps > 0:
            judgement = self.hear(sink)
        self.assertGreaterEqual(judgement.correlation, ENOUGH, judgement)
        self.assertEqual(judgement.gaps, 0, judgement)
        self.assertLess(abs(judgement.level_db), 1, judgement)

    def test_pulse(self):
        self.pulse.start()
        card = self.start('pulse')
        card.wait_output(r'^microphones: pulse:mic\.$')
        card.wait_output(r'^speakers:.* pulse:speaker\b')
        self.assert_works()
        self.finish(card)

    def test_portaudio(self):
        self.pulse.start()
        card = self.start('portaudio')
        card.wait_output(r'^microphones:.* portaudio:pulse\b', 20)
        self.assert_works()
        self.finish(card)

    def test_choice(self):
        """The loudspeaker is chosen, pulled out in the middle, and comes back."""
        self.pulse.start()
        card = self.start('-')
        module = self.pulse.load('module-null-sink', 'sink_name=headset', 'rate=48000')
        card.wait_output(r'^speakers:.* pulse:headset\b')
        self.finish(card)
        self.pulse.ctl('set-default-sink', 'headset')
        card = self.start('-')
        card.wait_output(r'^speakers:.* pulse:headset\b')
        self.assert_works('headset')
        self.pulse.unload(module)
        wait_for('the headset to be gone',
                 lambda: 'headset' not in card.output().split('speakers:')[-1], 10)
        self.assert_works()
        self.finish(card)

    def test_headset(self):
        """Known by what it says of itself; the stream moves to it, as the default, and back."""
        self.pulse.start()
        module = self.pulse.load('module-null-sink', 'sink_name=headset', 'rate=48000',
                                 'sink_properties=device.form_factor=headset')
        card = self.start('pulse')
        self.assert_works()
        self.assertNotIn('headset: on', card.output())
        self.pulse.ctl('set-default-sink', 'headset')
        card.wait_output(r'^headset: on$')
        self.assert_works('headset')
        self.pulse.unload(module)
        card.wait_output(r'^headset: off$')
        self.finish(card)

    def test_microphone_returns(self):
        self.pulse.start()
        card = self.start('pulse')
        card.wait_output(r'^microphones: pulse:mic\.$')
        self.pulse.unload_named('module-remap-source')
        card.wait_output(r'^microphones:\.$')
        self.pulse.load('module-remap-source', 'source_name=mic', 'master=room.monitor')
        wait_for('the microphone', lambda: card.output().rstrip().endswith('pulse:mic.'), 10)
        self.assert_works()
        self.finish(card)

    def test_server_comes_and_goes(self):
        """No server at the start, one later, killed, and another."""
        card = self.start('-')
        card.wait_output(r'^error: .*sound server', 20)
        for _ in range(2):
            self.pulse.start()
            wait_for('the microphone',
                     lambda: 'pulse:mic' in card.output().split('microphones:')[-1], 20)
            self.assert_works()
            self.pulse.daemon.kill()
            os.unlink(self.pulse.socket)
            wait_for('the cards to be gone',
                     lambda: 'pulse:mic' not in card.output().split('microphones:')[-1], 10)
        self.finish(card)


if __name__ == '__main__':
    main()
