# SPDX-License-Identifier: GPL-3.0-or-later
"""im/proxy in a test: offhook-test-im with its commands and events."""
import json
import os

from .process import wait_for
from .world import ROOT, build_root, find_program


def engine_env(world):
    """What a program that starts offhook-im must find in its environment. Only one file of
    suppressions can be named: both, as the engine has the one's libraries and offhookd the other's."""
    env = {'OFFHOOK_IM_PATH': os.path.join(build_root(), 'im', 'offhook-im')}
    if os.environ.get('ASAN_OPTIONS'):
        text = ''
        for name in ('lsan.supp', 'lsan-purple.supp'):
            with open(os.path.join(ROOT, 'build-aux', name), encoding='utf-8') as f:
                text += f.read()
        env['LSAN_OPTIONS'] = ('print_suppressions=0:suppressions='
                               + world.write('lsan-both.supp', text))
    return env


def add_xmpp_account(server, prosody, address, name='xmpp', *words, trust=True):
    """The call server's own account on Prosody, whose certificate it knows unless `trust` is False."""
    known = ['--fingerprint', prosody.fingerprint(address.split('@')[1])] if trust else []
    server.ctl('im', 'account', 'add', name, '--protocol', 'xmpp', '--username',
               address + '/offhook', '--option', f'connect_server={prosody.address}', '--option',
               f'port={prosody.port}', '--password-stdin', *known, *words,
               stdin=prosody.users[address] + '\n')


def wait_seen(server, count=1, timeout=90, process=None, interval=0.1):
    """Until the server sees so many of its users' IM identities available; `process`: the program that
    shall be seen."""
    wait_for(f'{count} users to be seen', lambda: sum(
        i['presence'] == 'available' for i in server.ctl_json('im', 'identity', 'list')) >= count,
             timeout, interval, process or server.process)


class Im:
    """Events are dictionaries in the order in which they came (tests/im/main.c)."""

    def __init__(self, world, name='im', env=None):
        self.world = world
        self.folder = os.path.dirname(world.path(f'{name}-purple', 'x'))
        self.fifo = world.path(f'{name}-home', 'commands')
        os.mkfifo(self.fifo, 0o600)
        merged = engine_env(world)
        merged.update(env or {})
        self.process = world.start(name, [
            '/bin/sh', '-c', f'exec "$0" --folder "$1" < "{self.fifo}"',
            find_program('offhook-test-im'), self.folder], merged)
        self._commands = open(self.fifo, 'w', encoding='utf-8')  # pylint: disable=consider-using-with
        self.wait('running')

    def do(self, command, id='', **rest):  # pylint: disable=redefined-builtin
        self._commands.write(json.dumps({'do': command, 'id': id, **rest}) + '\n')
        self._commands.flush()

    def events(self, event=None, after=0, **wanted):
        """Those of that name and with these values; `after`: how many events of any kind to skip."""
        found = []
        for line in self.process.output().split('\n')[:-1][after:]:
            if line.startswith('{'):
                said = json.loads(line)
                if (event in (None, said['event'])
                        and all(said.get(key) == value for key, value in wanted.items())):
                    found.append(said)
        return found

    def count(self):
        """How many lines there are by now, for `after`."""
        return self.process.output().count('\n')

    def wait(self, event, timeout=15, after=0, **wanted):
        """The first such event."""
        return wait_for(f'{event} {wanted}', lambda: self.events(event, after, **wanted), timeout,
                        process=self.process)[0]

    def add_xmpp(self, id, prosody, address, password=None, **options):  # pylint: disable=redefined-builtin
        self.do('add', id, protocol='prpl-jabber', username=f'{address}/offhook',
                password=prosody.users[address] if password is None else password,
                options={'connect_server': '127.0.0.1', 'port': prosody.port, **options})

    def add_irc(self, id, ngircd, nick, **options):  # pylint: disable=redefined-builtin
        self.do('add', id, protocol='prpl-irc', username=f'{nick}@127.0.0.1', password='',
                options={'port': ngircd.port, **options})

    def sign_in(self, id, certificate=True, timeout=15):  # pylint: disable=redefined-builtin
        """Signs in and, when asked about a certificate, accepts it."""
        after = self.count()
        self.do('sign-in', id)
        if certificate:
            question = self.wait('question', timeout, after, kind='certificate')
            self.do('answer', question=question['question'], button=0)
        self.wait('state', timeout, after, id=id, state='online')

    def engine_pid(self):
        return int(self.events('running')[-1]['pid'])

    def end(self):
        self._commands.close()
        self.process.end()
