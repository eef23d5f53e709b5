#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what meson's test logs say; the last line is "N passed, N failed". Exit 0: none failed.

A test program that speaks TAP counts with each of its tests, another one as one. A log that is not
there (meson itself failed) is one failure. Skipped ones are named and count as neither.
"""
import json
import re
import sys

LINE = re.compile(r'^(not ok|ok)\b[ \t]*\d*[ \t]*-?[ \t]*(.*)$')


def count_tap(text):
    passed = failed = 0
    skipped = []
    names = []
    for line in text.split('\n'):
        found = LINE.match(line)
        if not found:
            continue
        word, title = found.groups()
        if re.search(r'#\s*skip', title, re.I):
            skipped.append(title)
        elif word == 'ok':
            passed += 1
        else:
            failed += 1
            names.append(title)
    return passed, failed, skipped, names


def count_entry(entry):
    """(passed, failed, skipped titles, failed titles) of one line of testlog.json."""
    passed, failed, skipped, names = count_tap(entry.get('stdout') or '')
    result = entry['result']
    if result in ('OK', 'EXPECTEDFAIL') and passed + failed + len(skipped) == 0:
        passed = 1
    elif result == 'SKIP' and not skipped:
        skipped = [entry['name']]
    elif result not in ('OK', 'EXPECTEDFAIL', 'SKIP') and failed == 0:
        failed, names = 1, [result.lower()]
    return passed, failed, skipped, names


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
            ok, bad, skipped, names = count_entry(entry)
            passed += ok
            failed += bad
            for title in skipped:
                print(f'skipped {entry["name"]}: {title}')
            for title in names:
                print(f'FAILED {entry["name"]}: {title}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
