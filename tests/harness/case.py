# SPDX-License-Identifier: GPL-3.0-or-later
"""unittest with a World for each test, told as TAP (one line a test, which meson counts)."""
import sys
import time
import traceback
import unittest

from .world import World


class TestCase(unittest.TestCase):
    """self.world lives as long as one test."""
    longMessage = True

    def setUp(self):
        name = self.id().removeprefix('__main__.')
        script = sys.argv[0].rsplit('/', 1)[-1].removesuffix('.py')
        self.world = World(f'{script}.{name}')
        self.addCleanup(self._close)

    def _close(self):
        result = self._outcome.result
        failed = not self._outcome.success or any(
            test is self for test, _ in result.failures + result.errors)
        self.world.end()
        complaints = self.world.complaints()
        self.world.close(failed=failed or bool(complaints))
        self.assertFalse(complaints, 'a program complained:\n' + '\n'.join(complaints))


class TapResult(unittest.TestResult):
    def __init__(self, total):
        super().__init__()
        self.number = 0
        self.begun = 0.0
        self.said = None
        print(f'TAP version 13\n1..{total}', flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def _say(self, word, test, note=''):
        self.number += 1
        name = test.id().removeprefix('__main__.')
        print(f'{word} {self.number} - {name}{note}', flush=True)
        print(f'# {time.monotonic() - self.begun:.2f} s', flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._say('ok', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say('ok', test, f' # SKIP {reason}')

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._say('ok', test)

    def _fail(self, test, err):
        for line in ''.join(traceback.format_exception(*err)).rstrip().split('\n'):
            print(f'# {line}', flush=True)
        test = getattr(test, 'test_case', test)
        if self.said is not test:
            self.said = test
            self._say('not ok', test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(subtest, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, err)


def main():
    """Runs the tests of the calling script. Arguments choose tests by a part of their name; those with
    "-" before it leave them out."""
    suite = unittest.TestLoader().loadTestsFromModule(sys.modules['__main__'])
    wanted = [word for word in sys.argv[1:] if not word.startswith('-')]
    unwanted = [word[1:] for word in sys.argv[1:] if word.startswith('-')]
    tests = [t for t in _flatten(suite) if (not wanted or any(word in t.id() for word in wanted))
             and not any(word in t.id() for word in unwanted)]
    result = TapResult(len(tests))
    for test in tests:
        test(result)
    sys.exit(0 if result.wasSuccessful() else 1)


def _flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _flatten(item)
        else:
            yield item
