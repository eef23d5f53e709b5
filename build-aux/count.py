#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what meson's test logs say; the last line is "N passed, N failed". Exit 0: none failed.

A test program that speaks TAP counts with each of its tests, another one as one. A log that is not
there (meson itself failed) is one failure. Skipped ones are named and count as neither. Under the
name of each that failed stands what was said of it, from the error on or else the end.
"""
import json
import re
import sys

MOST_LINES = 6  # of each failure's reason
ERROR = re.compile(r'[\w.]*(Error|Failure|Exception)\b.*:|ERROR:|==\d+==ERROR|WARNING: Th')
LINE = re.compile(r'^(not ok|ok)\b[ \t]*\d*[ \t]*-?[ \t]*(.*)$')


def count_tap(text):
    """(passed, failed, skipped titles, [(failed title, lines said of it)])."""
    passed = 0
    skipped, failures, said = [], [], []
    for line in text.split('\n'):
        found = LINE.match(line)
        if not found:
            if line.startswith('# '):
                said.append(line[2:])
            continue
        word, title = found.groups()
        if re.search(r'#\s*skip', title, re.I):
            skipped.append(title)
        elif word == 'ok':
            passed += 1
        else:
            failures.append((title, said))
        said = []
    return passed, skipped, failures


def count_entry(entry):
    """(passed, skipped titles, failures) of one line of testlog.json."""
    passed, skipped, failures = count_tap(entry.get('stdout') or '')
    result = entry['result']
    if result in ('OK', 'EXPECTEDFAIL') and not (passed or failures or skipped):
        passed = 1
    elif result == 'SKIP' and not skipped:
        skipped = [entry['name']]
    elif result not in ('OK', 'EXPECTEDFAIL', 'SKIP') and not failures:
        failures = [(result.lower(), (entry.get('stderr') or '').strip().split('\n'))]
    return passed, skipped, failures


def shorten(said):
    """The lines that tell why, of all that was said."""
    start = next((i for i, line in enumerate(said) if ERROR.match(line)), len(said) - MOST_LINES)
    return [line[:300] for line in said[max(0, start):][:MOST_LINES]]


def main(paths):
    passed = failed = 0
    for path in paths:
        try:
            with open(path, encoding='utf-8') as f:
                entries = [json.loads(line) for line in f if line.strip()]
        except (OSError, ValueError) as error:
            print(f'FAILED {path}: {error}')
            failed += 1
            continue
        for entry in entries:
            ok, skipped, failures = count_entry(entry)
            passed += ok
            failed += len(failures)
            for title in skipped:
                print(f'skipped {entry["name"]}: {title}')
            for title, said in failures:
                print(f'FAILED {entry["name"]}: {title}')
                for line in shorten(said):
                    print(f'  {line}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
