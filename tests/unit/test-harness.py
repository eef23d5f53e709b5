#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of all other tests is judged first: it must tell right from wrong."""
import os
import sys
import unittest
import unittest.mock

import numpy

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import Failure, TestCase, free_port, main, sound  # noqa: E402


class Judge(TestCase):
    def setUp(self):
        super().setUp()
        self.source = sound.make_marked(self.world.path('sound', 'a.wav'), 'caller')
        self.other = sound.make_marked(self.world.path('sound', 'b.wav'), 'user')
        self.samples = sound.read_wav(self.source)

    def judge(self, samples):
        return sound.judge(self.source, samples)

    def test_the_same_later_and_softer(self):
        found = self.judge(numpy.concatenate([numpy.zeros(1600), self.samples * 0.3]))
        self.assertTrue(found.heard)
        self.assertAlmostEqual(found.delay_ms, 200, delta=2)
        self.assertEqual(found.gaps, 0)
        self.assertAlmostEqual(found.level_db, -10.5, delta=1)

    def test_between_two_samples(self):
        """Where it lies between two samples of the recording is no loss of sound."""
        for part in (0.25, 0.5, 0.75):
            self.assertGreater(self.judge(sound.shift(self.samples, part)).correlation, 0.97)

    def test_other_words_noise_and_silence(self):
        rng = numpy.random.default_rng(7)
        for samples in (sound.read_wav(self.other), rng.normal(0, 0.1, 48000), numpy.zeros(48000),
                        numpy.zeros(0), 0.3 * numpy.sin(numpy.arange(48000) * 0.33)):
            self.assertFalse(self.judge(samples).heard)

    def test_half_of_it_missing(self):
        samples = self.samples.copy()
        samples[len(samples) // 3:] = 0
        found = self.judge(samples)
        self.assertGreater(found.gaps, found.windows // 3)
        self.assertFalse(found.heard and found.gaps <= 2)

    def test_moved_by_a_jitter_buffer(self):
        """A quarter of a second more delay from the middle on loses a piece or two, no more."""
        half = len(self.samples) // 2
        moved = numpy.concatenate([self.samples[:half], numpy.zeros(sound.JUDGE_RATE // 4),
                                   self.samples[half:]])
        found = self.judge(moved)
        self.assertTrue(found.heard)
        self.assertLessEqual(found.gaps, 2)

    def test_moved_by_little_more_than_expected(self):
        """Each piece after it resembles by chance what lies where it was expected, and is found."""
        for at in (8, 4, 3):
            for ms in (32, 50):
                place, cut = len(self.samples) // at, ms * sound.JUDGE_RATE // 1000
                found = self.judge(numpy.concatenate([self.samples[:place],
                                                      self.samples[place + cut:]]))
                self.assertGreater(found.correlation, 0.9, (at, ms))

    def test_long_and_moved_often(self):
        """What is spoken comes again after 12 s; those that come later lie in one place, the first do not."""
        source = sound.make_marked(self.world.path('sound', 'long.wav'), 'caller', 60.0)
        samples, first, pieces = sound.read_wav(source), 100_000, 12
        heard = numpy.random.default_rng(1).normal(0, 0.03, len(samples) + 1000)
        for i, piece in enumerate(numpy.array_split(samples[:first], pieces)):
            at = i * first // pieces + 160 + i * 7 % pieces * 500 // pieces
            heard[at:at + len(piece)] += piece
        heard[first + 331:len(samples) + 331] += samples[first:]
        found = sound.judge(source, heard)
        self.assertTrue(found.heard)
        self.assertLessEqual(found.gaps, 2)
        self.assertLess(found.delay_ms, 50)
        lost = sound.judge(source, heard[:len(heard) // 2])
        self.assertGreater(lost.gaps, lost.windows // 3)

    def test_noise_of_the_same_loudness_is_told(self):
        rng = numpy.random.default_rng(7)
        level = numpy.sqrt(numpy.mean(self.samples ** 2))
        clean = self.judge(self.samples).correlation
        noisy = self.judge(self.samples + rng.normal(0, level, len(self.samples))).correlation
        self.assertLess(noisy, clean - 0.1)

    def test_wav_that_was_not_closed(self):
        with open(self.source, 'rb') as f:
            data = bytearray(f.read())
        data[40:44] = b'\0\0\0\0'
        path = self.world.path('sound', 'open.wav')
        with open(path, 'wb') as f:
            f.write(data[:-1001])
        self.assertTrue(sound.judge(self.source, path).heard)


class Tone(unittest.TestCase):
    def test_where_it_sounds(self):
        rate = sound.JUDGE_RATE
        samples = numpy.zeros(4 * rate)
        samples[rate:2 * rate] = 0.06 * numpy.sin(2 * numpy.pi * 425 * numpy.arange(rate) / rate)
        found, = sound.find_tone(samples, 425)
        self.assertAlmostEqual(found[0], 1, delta=0.02)
        self.assertAlmostEqual(found[1], 2, delta=0.02)
        self.assertAlmostEqual(sound.find_pitch(samples, *found), 425, delta=1)
        self.assertEqual(sound.find_tone(samples, 600), [])
        samples[rate:2 * rate] += numpy.random.default_rng(7).normal(0, 0.03, rate)
        self.assertEqual(sound.find_tone(samples, 425), [], 'something else sounds as well')

    def test_speech_is_none(self):
        speech = sound.speak(sound.TEXTS['user'])
        samples = sound.resample(speech, sound.RATE, sound.JUDGE_RATE)
        for hz in (425, 1000):
            self.assertEqual(sound.find_tone(samples, hz), [])


class Complaints(TestCase):
    def complaints(self, *lines):
        self.world.write('logs/program.log', '\n'.join(lines) + '\n')
        found = self.world.complaints()
        self.world.write('logs/program.log', '')
        return len(found)

    def test_what_is_one(self):
        for line in ('(offhook:12): Gtk-CRITICAL **: 14:05:00.123: a text',
                     '(offhook-test-client:12): libsoup-CRITICAL **: 14:05:00.123: a text',
                     '(process:12): oh-client-CRITICAL **: 14:05:00.123: a text',
                     'oh-web-CRITICAL **: 14:05:00.123: a text',
                     '(offhook:12): Pango-CRITICAL **: 14:05:00.123: a text',
                     '** (offhookd:12): CRITICAL **: 14:05:00.123: a text',
                     '(offhookd:12): GLib-GObject-WARNING **: 14:05:00.123: invalid cast',
                     '==12==ERROR: AddressSanitizer: heap-use-after-free',
                     'a.c:1:2: runtime error: shift exponent'):
            self.assertEqual(self.complaints('ready', line), 1, line)

    def test_what_is_none(self):
        for line in ('(offhookd:12): oh-web-DEBUG: 14:05:00.123: CRITICAL is a word',
                     'oh-im-WARNING **: 14:05:00.123: the IM engine ended; it is started again',
                     '(dunst:12): Gtk-CRITICAL **: 14:05:00.123: not ours'):
            self.assertEqual(self.complaints(line), 0, line)


class Ports(unittest.TestCase):
    def test_none_is_free(self):
        """The fault is told, and what to do about it."""
        with unittest.mock.patch('socket.socket', side_effect=OSError('all are taken')):
            with self.assertRaisesRegex(Failure, r'all are taken\): end the programs'):
                free_port()

    def test_a_run_of_ports(self):
        ports = [free_port(count=4) for _ in range(50)]
        self.assertEqual(len({first + n for first in ports for n in range(4)}), 200)
        self.assertGreater(min(ports), 1024)


if __name__ == '__main__':
    main()
