#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the source tree that need no compiler; speaks TAP.

Includes follow the arrows of docs/architecture.md, each file names its licence, clang-format agrees
with the C files, and no file has grown out of sight.
"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Room -> rooms of ours that it may include (docs/architecture.md, "The rooms").
ALLOWED = {
    'base': set(),
    'media': {'base'},
    'sip': {'base'},
    'im/engine': {'base'},
    'im': {'base', 'im/engine'},
    'client': {'base', 'media'},
    'plugins': {'base', 'client', 'sip', 'media', 'im'},
    'ui': {'client', 'base'},
    'server': {'base', 'media', 'sip', 'im'},
}
# Libraries that belong to a room: the beginning of an include -> rooms (or files) that may have it.
LIBRARIES = {
    'sofia-sip/sdp': ('sip/', 'media/sdp/'),
    'sofia-sip/': ('sip/', 'media/sdp/'),
    'nice/': ('media/net/',),
    'agent.h': ('media/net/',),
    'gtk/': ('ui/',),
    'adwaita.h': ('ui/',),
    'sqlite3.h': ('client/store/', 'server/store/'),
    'purple.h': ('im/engine/',),
    'libpurple/': ('im/engine/',),
    'srtp2/': ('media/crypto/',),
    'portaudio.h': ('media/device/',),
    'pulse/': ('media/device/',),
}
MAX_LINES = 700
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
SPDX = 'SPDX-License-Identifier:'
SPDX_ENDS = ('.c', '.h', '.py', '.sh', '.css', '.js', '.ui', 'meson.build')


def list_files():
    """The files that git knows or would take; a tree without git is walked."""
    try:
        out = subprocess.run(['git', '-C', ROOT, 'ls-files', '-co', '--exclude-standard'],
                             capture_output=True, text=True, check=True).stdout.split('\n')
        names = [n for n in out if n]
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [d for d in folders if not d.startswith(('.git', 'build'))
                          or d == 'build-aux']
            names += [os.path.relpath(os.path.join(folder, f), ROOT) for f in files]
    return [n for n in sorted(names) if os.path.isfile(os.path.join(ROOT, n))]


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8', errors='replace') as f:
        return f.read()


def room_of(path):
    parts = path.split('/')
    if parts[0] == 'im' and len(parts) > 1 and parts[1] == 'engine':
        return 'im/engine'
    return parts[0]


def check_include(name, quote, target):
    """What is wrong with one include, or None."""
    room = room_of(name)
    if quote == '<':
        for start, places in LIBRARIES.items():
            if target.startswith(start) and room in ALLOWED and not name.startswith(places):
                return f'{name}: <{target}> belongs to {", ".join(places)}'
        return None
    if room not in ALLOWED:
        return None
    if '/' not in target:
        return None if target == 'oh-config.h' or target.endswith('-resources.h') else \
            f'{name}: "{target}" is not a path from the root'
    other = room_of(target)
    if other != room and other in ALLOWED and other not in ALLOWED[room]:
        return f'{name}: {room} may not include {target}'
    if target.endswith('-private.h') and other != room:
        return f'{name}: {target} is private to {other}'
    if room == 'plugins' and other == 'plugins' and name.split('/')[1] != target.split('/')[1]:
        return f'{name}: plugins do not see each other'
    return None


def check_includes(files):
    wrong = []
    for name in files:
        if name.endswith(('.c', '.h')):
            for quote, target in INCLUDE.findall(read(name)):
                problem = check_include(name, quote, target)
                if problem:
                    wrong.append(problem)
    return wrong


def check_licence(files):
    return [f'{n}: no SPDX line' for n in files if n.endswith(SPDX_ENDS) and SPDX not in
            ''.join(read(n).splitlines(True)[:5])]


def check_length(files):
    counts = [(n, read(n).count('\n')) for n in files if n.endswith(('.c', '.h', '.py'))]
    return [f'{n}: {lines} lines; split it by what it does' for n, lines in counts
            if lines > MAX_LINES]


def check_format(files):
    if not shutil.which('clang-format'):
        return None
    sources = [n for n in files if n.endswith(('.c', '.h'))]
    done = subprocess.run(['clang-format', '--dry-run', '-Werror', '--style=file'] + sources,
                          cwd=ROOT, capture_output=True, text=True, check=False)
    return sorted({line.split(':')[0] + ': clang-format differs'
                   for line in done.stderr.split('\n') if ': error:' in line})


def main():
    files = list_files()
    checks = [('includes follow the arrows', check_includes), ('licence lines', check_licence),
              ('files stay readable', check_length), ('clang-format', check_format)]
    failed = False
    print(f'1..{len(checks)}')
    for number, (title, check) in enumerate(checks, 1):
        wrong = check(files)
        if wrong is None:
            print(f'ok {number} - {title} # SKIP clang-format is not installed')
            continue
        for line in wrong:
            print(f'# {line}')
        print(f'{"not ok" if wrong else "ok"} {number} - {title}')
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
