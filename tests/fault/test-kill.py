#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call server dies by SIGKILL: what was recorded is there, devices come back by themselves."""
import contextlib
import os
import sqlite3
import time

from harness import main, sound, wait_for
from harness.flow import FlowCase


LOST = 2.0  # s at the most, from the event that recording began (its own clock) to the kill


class Kill(FlowCase):
    def assert_whole(self, messages, account):
        """Nothing is half written: neither by what the server says nor by what SQLite finds."""
        database, = [f for f in self.server.ctl_json('doctor', check=False)
                     if f['check'] == 'database']
        self.assertEqual(database['state'], 'ok', database)
        path = os.path.join(self.server.state, 'offhook.db')
        with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as opened:
            self.assertEqual(opened.execute('PRAGMA integrity_check').fetchall(), [('ok',)])
            self.assertEqual(opened.execute('PRAGMA foreign_key_check').fetchall(), [])
            rows = opened.execute('SELECT id, state, duration_ms, path FROM voicemail').fetchall()
            unended = opened.execute('SELECT call_id FROM history WHERE ended_us = 0').fetchall()
        self.assertEqual([row[:3] for row in rows],
                         [(m['id'], 'message', m['duration_ms']) for m in messages])
        self.assertEqual(unended, [])
        self.assertEqual([os.path.join(folder, name) for folder, _, names in os.walk(
            os.path.join(self.server.state, 'voicemail')) for name in names],
            [row[3] for row in rows])
        self.assertEqual([e['outcome'] for e in self.history(account)], ['voicemail'])
        last = self.server.call_events()[-1]
        self.assertEqual((last['event'], last['reason']),
                         ('ended', 'The call server stopped during the call'))

    def test_during_a_voicemail(self):
        """At most the last two seconds are lost; no row is half written."""
        self.start_server()
        said = self.marked('caller', 20.0)
        caller = self.caller(play=said, play_delay=6500, max_time=60)
        begun = self.server.wait_call_event('recording', 15)['time']
        wait_for('12 s of recording', lambda: time.time() - begun > 12, 15, interval=0.05)
        recorded = time.time() - begun
        self.server.kill()
        caller.stop()
        self.server.start()
        account = self.server.sign_in('anna')
        messages = wait_for('the message', lambda: self.voicemails(account), 15)
        self.assertEqual(len(messages), 1)
        self.assertGreaterEqual(messages[0]['duration_ms'] / 1000, recorded - LOST)
        status, audio = self.server.http('GET', f'/voicemail/{messages[0]["id"]}/audio',
                                         token=account['token'], raw=True)
        self.assertEqual(status, 200)
        path = self.world.path('sound', 'message.opus')
        with open(path, 'wb') as f:
            f.write(audio)
        heard = sound.read_opus(path)
        self.assertGreaterEqual(len(heard) / sound.JUDGE_RATE, recorded - LOST)
        length = int((len(heard) / sound.JUDGE_RATE - 1) * sound.RATE)
        first = sound.read_wav(said, sound.RATE)[:max(sound.RATE, length - 4 * sound.RATE)]
        part = sound.write_wav(self.world.path('sound', 'first-part.wav'), first)
        self.assert_heard('the message', part, heard)
        self.assert_whole(messages, account)

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
