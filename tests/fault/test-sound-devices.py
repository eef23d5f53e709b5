#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound devices come, go, change and are taken away in the middle of a call. The call goes on; what was
recorded at both ends shows that the direction which nothing happened to was not touched."""
import os
import signal
import time

from harness import main, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.pulse import Pulse
from harness.world import find_program

SECONDS = 20.0
MOVED = 8    # pieces of 250 ms that the direction may miss which moves, twice
STAYED = 2   # and the other one, on a machine that is busy
HEADSET = ('module-remap-sink', 'sink_name=headset', 'master=speaker')
HEADSET_MIC = ('module-remap-source', 'source_name=headset-mic', 'master=room.monitor')


class SoundDevices(FlowCase):
    """Whatever is played is heard by `speaker` in the end, whatever hears listens to `room`, so that
    each direction is one recording, by whichever devices it went."""

    def setUp(self):
        super().setUp()
        self.pulse = Pulse(self.world)
        self.pulse.start()
        self.modules = {}

    def plug(self, name, words, *more):
        self.modules[name] = self.pulse.load(*words, *more)

    def unplug(self, name):
        self.pulse.unload(self.modules.pop(name))

    def call(self, settings=''):
        """A call in which both sides speak for SECONDS from now on; `settings`: of the client."""
        self.start_server()
        self.client = self.world.add(Headless(self.world, start=False, env={
            'OFFHOOK_AUDIO': 'pulse', 'PULSE_SERVER': self.pulse.env['PULSE_SERVER']}))
        folder = os.path.join(self.client.home, 'config', 'offhook')
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(folder, 'settings.ini'), 'w', encoding='utf-8') as f:
            f.write('[offhook]\necho-cancellation=false\nnoise-suppression=false\n'
                    f'gain-control=false\n{settings}')
        self.client.start()
        self.client.sign_in(self.server)
        self.recording = self.pulse.record('speaker')
        self.caller_phone = self.caller(max_time=90, play=self.marked('caller', SECONDS))
        self.client.wait('call', state='incoming')
        self.caller_phone.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        self.client.say('answer')
        self.client.wait_new('call', state='active')
        wait_for('an open microphone', lambda: self.used('source-outputs'), 10)
        self.speaker = self.world.start('paplay', [
            find_program('paplay'), '-d', 'room', '--latency-msec=2000',
            self.marked('user', SECONDS)], env=self.pulse.env)
        time.sleep(5)  # of speech before anything happens

    def used(self, streams):
        """The device that the client's stream is on: 'sink-inputs' or 'source-outputs'; or None."""
        def table(what):
            return [line.split('\t') for line in self.pulse.ctl('list', 'short', what).split('\n')
                    if '\t' in line]
        names = dict(row[:2] for row in table(
            'sinks' if streams == 'sink-inputs' else 'sources'))
        clients = [row[0] for row in table('clients') if 'offhook' in row[-1]]
        return next((names.get(row[1]) for row in table(streams) if row[2] in clients), None)

    def wait_used(self, streams, name):
        wait_for(f'the client to use {name}', lambda: self.used(streams) == name, 15)

    def finish(self, speaker, microphone):
        """Each direction misses at most so many pieces."""
        wait_for('both to have said all', lambda: self.caller_phone.has('said')
                 and self.speaker.poll() is not None, 40)
        time.sleep(1)  # what is under way comes out
        self.client.say('hang-up')
        self.client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(self.caller_phone.result()['answered'])
        self.assert_heard('the user', self.marked('caller', SECONDS),
                          self.pulse.stop(self.recording), gaps=speaker)
        self.assert_heard('the caller', self.marked('user', SECONDS), self.caller_phone.heard,
                          gaps=microphone)

    def test_chosen_microphone_goes_and_returns(self):
        self.plug('mic', HEADSET_MIC)
        self.call('microphone=pulse:headset-mic\n')
        self.wait_used('source-outputs', 'headset-mic')
        self.unplug('mic')
        self.wait_used('source-outputs', 'mic')
        time.sleep(4)
        self.plug('mic', HEADSET_MIC)
        self.wait_used('source-outputs', 'headset-mic')
        self.finish(speaker=STAYED, microphone=MOVED)

    def test_chosen_loudspeaker_goes_and_returns(self):
        self.plug('headset', HEADSET)
        self.call('speaker=pulse:headset\n')
        self.wait_used('sink-inputs', 'headset')
        self.unplug('headset')
        self.wait_used('sink-inputs', 'speaker')
        time.sleep(4)
        self.plug('headset', HEADSET)
        self.wait_used('sink-inputs', 'headset')
        self.finish(speaker=MOVED, microphone=STAYED)

    def test_others_come_and_go(self):
        """Devices that nobody asked for."""
        self.call()
        self.plug('headset', HEADSET)
        self.plug('mic', HEADSET_MIC)
        time.sleep(3)
        self.unplug('headset')
        self.unplug('mic')
        self.finish(speaker=STAYED, microphone=STAYED)

    def test_default_loudspeaker_changes(self):
        self.plug('headset', HEADSET)
        self.call()
        self.wait_used('sink-inputs', 'speaker')
        self.pulse.ctl('set-default-sink', 'headset')
        self.wait_used('sink-inputs', 'headset')
        time.sleep(4)
        self.pulse.ctl('set-default-sink', 'speaker')
        self.wait_used('sink-inputs', 'speaker')
        self.finish(speaker=MOVED, microphone=STAYED)

    def test_default_microphone_changes(self):
        self.plug('mic', HEADSET_MIC)
        self.call()
        self.wait_used('source-outputs', 'mic')
        self.pulse.ctl('set-default-source', 'headset-mic')
        self.wait_used('source-outputs', 'headset-mic')
        time.sleep(4)
        self.pulse.ctl('set-default-source', 'mic')
        self.wait_used('source-outputs', 'mic')
        self.finish(speaker=STAYED, microphone=MOVED)

    def test_sample_rates_change(self):
        """The same devices come back with other rates, as after another profile was chosen for them."""
        self.plug('headset', HEADSET, 'rate=48000')
        self.plug('mic', HEADSET_MIC, 'rate=48000')
        self.call('speaker=pulse:headset\nmicrophone=pulse:headset-mic\n')
        self.wait_used('sink-inputs', 'headset')
        self.unplug('headset')
        self.plug('headset', HEADSET, 'rate=16000')
        self.wait_used('sink-inputs', 'headset')
        time.sleep(4)
        self.unplug('mic')
        self.plug('mic', HEADSET_MIC, 'rate=44100')
        self.wait_used('source-outputs', 'headset-mic')
        self.finish(speaker=MOVED, microphone=MOVED)

    def test_gone_and_back_unseen(self):
        """Both while the client is stopped, so that it never sees a list without them."""
        self.plug('headset', HEADSET)
        self.plug('mic', HEADSET_MIC)
        self.call('speaker=pulse:headset\nmicrophone=pulse:headset-mic\n')
        self.wait_used('sink-inputs', 'headset')
        self.wait_used('source-outputs', 'headset-mic')
        os.kill(self.client.process.pid, signal.SIGSTOP)
        try:
            for name, words in (('headset', HEADSET), ('mic', HEADSET_MIC)):
                self.unplug(name)
                self.plug(name, words)
        finally:
            os.kill(self.client.process.pid, signal.SIGCONT)
        self.wait_used('sink-inputs', 'headset')
        self.wait_used('source-outputs', 'headset-mic')
        self.finish(speaker=MOVED, microphone=MOVED)

    def stolen(self, kind, name):
        """Another program takes the device for itself for a while (as JACK does: it is suspended)."""
        self.pulse.ctl(f'suspend-{kind}', name, '1')
        time.sleep(3)
        self.pulse.ctl(f'suspend-{kind}', name, '0')

    def test_loudspeaker_is_taken_away(self):
        """What was said meanwhile is lost, and nothing of it is heard later."""
        self.plug('headset', HEADSET)
        self.call('speaker=pulse:headset\n')
        self.wait_used('sink-inputs', 'headset')
        self.stolen('sink', 'headset')
        self.finish(speaker=MOVED + 12, microphone=STAYED)

    def test_microphone_is_taken_away(self):
        self.plug('mic', HEADSET_MIC)
        self.call('microphone=pulse:headset-mic\n')
        self.wait_used('source-outputs', 'headset-mic')
        self.stolen('source', 'headset-mic')
        self.finish(speaker=STAYED, microphone=MOVED + 12)


if __name__ == '__main__':
    main()
