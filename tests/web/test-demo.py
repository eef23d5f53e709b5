#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./run and ./run im, from where everything is built: by itself, with a part broken, and with somebody who
sits at a display and types."""
import json
import os
import re
import shutil
import signal

import numpy

from harness import TestCase, main, wait_for
from harness.display import Display
from harness.process import SLOWNESS
from harness.world import ROOT, build_root, find_program

FIELDS = {'window_ms', 'answer_ms', 'user_heard', 'caller_heard', 'screenshot'}
IM_FIELDS = {'offer_ms', 'offer_text', 'user_heard', 'caller_heard', 'reply_ms', 'reply_outcome',
             'screenshot'}


class Demo:
    """What the tests of each demo share."""
    fields = FIELDS
    words = ()  # that choose the demo

    def setUp(self):
        super().setUp()
        self.folder = os.path.dirname(self.world.path('t', 'x'))
        for folder in (self.world.dir, self.folder):
            os.chmod(folder, 0o711)  # Prosody, which is not root, passes
        self.build = os.path.dirname(self.world.path('b', 'x'))
        for name in os.listdir(build_root()):
            if name not in ('demo', 'tests', 'test-output'):
                os.symlink(os.path.join(build_root(), name), os.path.join(self.build, name))
        os.makedirs(os.path.join(self.build, 'tests', 'phone'))

    def add_phone(self):
        os.symlink(find_program('offhook-phone'),
                   os.path.join(self.build, 'tests', 'phone', 'offhook-phone'))

    def start(self, *args, **env):
        """The demo with its folders where it can be seen what it leaves."""
        return self.world.start('demo', [
            '/usr/bin/python3', os.path.join(ROOT, 'build-aux', 'demo.py'), '--build', self.build,
            *args, *self.words], {'TMPDIR': self.folder, **env})

    def finish(self, demo, timeout):
        """Its exit code and, as an object, its last line; nothing is left of it."""
        code = demo.wait(timeout * SLOWNESS)
        self.assertEqual(os.listdir(self.folder), [])
        left = []
        for pid in filter(str.isdecimal, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/environ', 'rb') as f:
                    if os.fsencode(f'TMPDIR={self.folder}') in f.read().split(b'\0'):
                        left.append(pid)
            except OSError:
                pass
        self.assertEqual(left, [])
        return code, demo.output().rstrip('\n').split('\n')[-1]

    def check_failure(self, *words, **env):
        """It ends with 1 and says so, to people and to machines."""
        demo = self.start('--once', **env)
        code, line = self.finish(demo, 60)
        self.assertEqual(code, 1, line)
        said = json.loads(line)
        self.assert_nothing(said)
        for word in words:
            self.assertIn(word, said['error'])
            self.assertRegex(demo.output(), f'(?m)^./run failed: .*{word}')

    def assert_nothing(self, said):
        """All fields of a run that went well, and why nothing came of it."""
        self.assertTrue(said['error'])
        self.assertEqual(said, {'error': said['error'], **{
            f: 0.0 if f.endswith('_heard') else None for f in self.fields}})

    def test_not_built(self):
        """./run itself, where meson finds nothing to build."""
        for name in ('run', 'build-aux/common.sh'):
            shutil.copy(os.path.join(ROOT, name), self.world.path('tree', name))
        self.world.write('tree/build-aux/packages.txt', '')  # no apt here
        run = self.world.start('run', [self.world.path('tree', 'run'), '--once', *self.words])
        self.assertEqual(run.wait(60), 1)
        self.assert_nothing(json.loads(run.lines()[-1]))
        self.assertIn('meson could not configure build', run.output())


class CallDemo(Demo, TestCase):
    def setUp(self):
        if not os.path.exists(os.path.join(build_root(), 'ui', 'offhook')):
            self.skipTest('the client is not built')
        super().setUp()

    def test_alone(self):
        """The assistant starts a call server, the telephone calls, the window is answered: both are heard,
        and what the last line says is true."""
        self.add_phone()
        demo = self.start('--once')
        code, line = self.finish(demo, 120)
        self.assertEqual(code, 0, demo.output())
        said = json.loads(line)
        self.assertEqual(set(said), FIELDS)
        self.assertTrue(0 < said['window_ms'] < 5000 * SLOWNESS, said)
        self.assertTrue(0 < said['answer_ms'] < 5000 * SLOWNESS, said)
        self.assertTrue(0.5 <= said['user_heard'] <= 1 and 0.5 <= said['caller_heard'] <= 1, said)
        self.assertEqual(os.path.basename(said['screenshot']), 'incoming-call.png')
        with open(said['screenshot'], 'rb') as f:
            self.assertEqual(f.read(4), b'\x89PNG')
        kept = os.listdir(os.path.dirname(said['screenshot']))
        for name in ('assistant-1-welcome.png', 'assistant-2-server.png', 'assistant-3-sound.png',
                     'assistant-4-done.png', 'in-call.png'):
            self.assertIn(name, kept)
        for words in ('the user heard the other side', 'the caller heard the other side',
                      'telephone: answered'):
            self.assertIn(words, demo.output())

    def test_interrupted(self):
        """Told to end in the middle: nothing is left, and the last line says so."""
        self.add_phone()
        demo = self.start('--once')
        demo.wait_output('The assistant starts a call server', 60)
        demo.signal(signal.SIGTERM)
        code, line = self.finish(demo, 60)
        self.assertEqual(code, 130)
        self.assert_nothing(json.loads(line))


class ImDemo(Demo, TestCase):
    fields = IM_FIELDS
    words = ('im',)

    def test_alone(self):
        self.add_phone()
        demo = self.start('--once')
        code, line = self.finish(demo, 120)
        self.assertEqual(code, 0, line)
        said = json.loads(line)
        self.assertEqual(set(said), IM_FIELDS)
        self.assertRegex(said['offer_text'], r'^Call from Demo Caller \(555100\) for 100\.\n1 answer '
                         r'in the browser [\s\S]* https://localhost:\d+/o/[\w-]{22}$')
        self.assertTrue(0 < said['offer_ms'] < 1000 * SLOWNESS, said)
        self.assertTrue(0 < said['reply_ms'] < 1000 * SLOWNESS, said)
        self.assertEqual(said['reply_outcome'], 'declined')
        self.assertGreaterEqual(min(said['user_heard'], said['caller_heard']), 0.5, said)
        self.assertTrue(os.path.exists(said['screenshot']))

    def test_without_telephone(self):
        self.check_failure('offhook-phone', 'not built')

    def test_without_service(self):
        """Prosody ends before it listens: as where it may not be started."""
        self.add_phone()
        self.world.write('bin/prosody', '#!/bin/sh\necho "refused by the test"\nexit 3\n', 0o755)
        self.check_failure('prosody', 'ended', PATH=self.world.path('bin') + ':' + os.environ['PATH'])

    # --- Somebody at a display ---

    def tell(self, display, *words):
        """xdotool's answer."""
        return self.world.run([find_program('xdotool'), *words], env=display.env(), check=False)

    def wait_window(self, display, title):
        return wait_for(f'a window {title!r}', lambda: self.tell(
            display, 'search', '--onlyvisible', '--name', title).split(), 30)[0]

    def activate(self, display, title):
        window = self.wait_window(display, title)
        self.tell(display, 'windowactivate', '--sync', window)
        return window

    def find_blue(self, display):
        """The middle of the first line of blue text, where a link is."""
        picture = self.world.path('screen.rgb')
        self.world.run([find_program('import'), '-window', 'root', '-depth', '8', 'rgb:' + picture],
                       env=display.env())
        width, height = map(int, self.tell(display, 'getdisplaygeometry').split())
        pixels = numpy.fromfile(picture, numpy.uint8).reshape(height, width, 3).astype(int)
        blue = (pixels[:, :, 2] > 180) & (pixels[:, :, 0] < 60) & (pixels[:, :, 1] < 60)
        rows = numpy.flatnonzero(blue.sum(axis=1) > 20)
        if not rows.size:
            return None
        columns = numpy.flatnonzero(blue[rows[0]])
        return str(int(numpy.median(columns))), str(rows[0] + 2)

    def click_link(self, display):
        """Where it is now; the pointer comes to rest first."""
        place = self.find_blue(display)
        self.tell(display, *(('mousemove', *place, 'sleep', '0.3', 'click', '1') if place else ()))
        display.screenshot('clicked')
        return True

    def test_person(self):
        """Who clicks the link has the page; replies settle both calls; closing Pidgin ends it."""
        self.add_phone()
        display = Display(self.world)
        demo = self.start(**display.env())
        demo.wait_output('A telephone calls now', 60)
        self.activate(display, re.escape('calls@demo.test'))
        wait_for('a link in Pidgin', lambda: self.find_blue(display), 20, 0.5)
        wait_for('a click on it', lambda: self.click_link(display)
                 and 'The link was clicked' in demo.output(), 20, 1, demo)
        self.wait_window(display, 'Incoming call')
        display.screenshot('person')
        for call, words in (('first', 'It calls once more'), ('second', 'That was it')):
            wait_for(f'the end of the {call} call', lambda w=words: self.reply(display, '9')
                     and w in demo.output(), 60, 2, demo)
        self.assertEqual(demo.output().count('declined (declined by user@demo.test (xmpp))'), 2)
        self.activate(display, 'Buddy List')
        self.tell(display, 'key', 'ctrl+q')
        self.assertEqual(self.finish(demo, 30)[0], 0)

    def reply(self, display, text):
        self.activate(display, re.escape('calls@demo.test'))
        self.tell(display, 'type', '--delay', '20', text)
        self.tell(display, 'key', 'Return')
        return True


if __name__ == '__main__':
    main()
