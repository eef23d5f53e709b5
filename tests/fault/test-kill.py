#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call server dies by SIGKILL: what was recorded is there, devices come back by themselves."""
import time

from harness import main, sound, wait_for
from harness.flow import FlowCase


class Kill(FlowCase):
    def test_during_a_voicemail(self):
        """At most the last two seconds are lost; no row is half written."""
        self.start_server()
        said = self.marked('caller', 20.0)
        caller = self.caller(play=said, play_delay=6500, max_time=60)
        self.server.wait_call_event('recording', 15)
        begun = time.monotonic()
        wait_for('12 s of recording', lambda: time.monotonic() - begun > 12, 15, interval=0.05)
        self.server.kill()
        recorded = time.monotonic() - begun
        caller.stop()
        self.server.start()
        account = self.server.sign_in('anna')
        messages = wait_for('the message', lambda: self.voicemails(account), 15)
        self.assertEqual(len(messages), 1)
        self.assertGreaterEqual(messages[0]['duration_ms'] / 1000, recorded - 2.5)
        status, audio = self.server.http('GET', f'/voicemail/{messages[0]["id"]}/audio',
                                         token=account['token'], raw=True)
        self.assertEqual(status, 200)
        path = self.world.path('sound', 'message.opus')
        with open(path, 'wb') as f:
            f.write(audio)
        heard = sound.read_opus(path)
        self.assertGreaterEqual(len(heard) / sound.JUDGE_RATE, recorded - 2.5)
        length = int((len(heard) / sound.JUDGE_RATE - 1) * sound.RATE)
        first = sound.read_wav(said, sound.RATE)[:max(sound.RATE, length - 4 * sound.RATE)]
        part = sound.write_wav(self.world.path('sound', 'first-part.wav'), first)
        self.assert_heard('the message', part, heard)
        self.server.ctl('doctor', check=False)

    def test_device_comes_back(self):
        """Registered anew by itself after a restart, and reachable."""
        self.start_server()
        device = self.device(answer_after=200, expires=60)
        self.server.kill()
        self.server.start()
        wait_for('a second registration', lambda: len(
            [e for e in device.events() if e['event'] == 'registered']) > 1, 60, interval=0.2)
        caller = self.caller(hang_up_after=2)
        self.assertTrue(caller.result(15)['answered'])
        self.assertTrue(device.result(15)['answered'])

    def test_ends_in_order(self):
        """SIGTERM: exit code 0, callers are told, run.json goes."""
        self.start_server()
        self.device(answer_after=200)
        caller = self.caller(max_time=40)
        caller.wait_event('answered', 10)
        self.assertEqual(self.server.process.end(), 0)
        self.assertTrue(caller.result(15)['ended_by_peer'])


if __name__ == '__main__':
    main()
