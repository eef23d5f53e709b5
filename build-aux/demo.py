#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ./run shows. Each demo is a module beside this one.

Everything lives in one throw-away folder. With a display a person takes part; else, and with --once,
the demo goes by itself with sound from files, and its last line is one JSON object.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
from harness import Failure, World  # noqa: E402
from demo_call import CallDemo  # noqa: E402
from demo_im import ImDemo  # noqa: E402

DEMOS = {'call': CallDemo, 'im': ImDemo}


def fail(failure, no_result, person):
    print(f'./run failed: {failure}', file=sys.stderr, flush=True)
    if person:
        print('./run --virtual needs neither your display nor your sound card.', file=sys.stderr,
              flush=True)
    print(json.dumps({**no_result, 'error': ' '.join(str(failure).split())[:300]}), flush=True)
    return 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--once', action='store_true')
    parser.add_argument('--virtual', action='store_true')
    parser.add_argument('demo', nargs='?', choices=DEMOS, default='call')
    arguments = parser.parse_args()
    os.environ['OFFHOOK_BUILD'] = os.path.abspath(arguments.build)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    demo_class = DEMOS[arguments.demo]
    person = not arguments.once and not arguments.virtual and demo_class.finds_display()
    keep = os.path.join(os.environ['OFFHOOK_BUILD'], 'demo')
    shutil.rmtree(keep, ignore_errors=True)
    os.makedirs(keep)
    try:
        with World('run') as world:
            return demo_class(world, person, keep).run()
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        return fail(failure, demo_class.no_result, person)
    except KeyboardInterrupt:
        if not person:
            fail('it was interrupted', demo_class.no_result, person)
        return 130
    except Exception as mistake:  # pylint: disable=broad-except
        traceback.print_exc()
        return fail(f'{type(mistake).__name__}: {mistake}', demo_class.no_result, person)


if __name__ == '__main__':
    sys.exit(main())
