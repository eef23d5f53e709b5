#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""offhookctl: every command, for people and for machines, and what it says when it cannot."""
import contextlib
import hashlib
import json
import os
import socket
import ssl
import subprocess

from harness import main, wait_for
from harness.case import TestCase
from harness.flow import FlowCase
from harness.server import Server
from harness.world import find_program


class Admin(TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.world.add(Server(self.world))

    def run_ctl(self, *words, stdin='', config=None):
        """Exit code, output, complaints."""
        done = subprocess.run([find_program('offhookctl'), '--config',
                               config or self.server.config, *words], input=stdin, text=True,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def refuse(self, named, *words, stdin='', code=1):
        got, _, said = self.run_ctl(*words, stdin=stdin)
        self.assertEqual(got, code, said)
        self.assertIn(named, said)

    def test_users_and_numbers(self):
        self.server.add_user('anna', '100', name='Anna Demo', default_delay=30)
        self.assertEqual(self.server.ctl_json('user', 'list')[0]['default_delay'], 30)
        self.assertIn('Anna Demo', self.server.ctl('user', 'list'))
        self.server.ctl('user', 'set', '100', '--alias', 'anne', '--decline-action', 'hang-up')
        self.server.ctl('user', 'password', 'anne', '--password-stdin', stdin='Another horse 8\n')
        self.assertEqual(self.server.sign_in('anne', 'Another horse 8')['numbers'], ['100'])
        self.server.add_user('berta')
        self.refuse('already', 'number', 'add', '100', 'berta')
        self.refuse('there is a user "berta" already', 'user', 'add', 'berta')
        self.refuse('there is no user "carla"', 'number', 'add', '300', 'carla')
        self.refuse('8 to 256', 'user', 'password', 'anne', '--password-stdin', stdin='short\n')
        self.refuse('user name', 'user', 'add', 'a b')
        self.refuse('5 to 120', 'user', 'set', 'berta', '--default-delay', '1')
        self.server.ctl('number', 'remove', '100')
        self.server.ctl('user', 'remove', 'anne')
        self.assertEqual([u['user'] for u in self.server.ctl_json('user', 'list')], ['berta'])

    def test_ring_rules(self):
        """Where a call rings first: set, shown, and refused where it makes no sense."""
        self.server.add_user('anna', '100')
        self.server.ctl('user', 'set', 'anna', '--order', 'rank', '--next-delay', '7', '--away',
                        'skip', '--dnd', 'message')
        anna = self.server.ctl_json('user', 'list')[0]
        self.assertEqual([anna[key] for key in ('ring_order', 'next_delay', 'away_rule', 'dnd_rule')],
                         ['rank', 7, 'skip', 'message'])
        self.refuse('activity, rank or together', 'user', 'set', 'anna', '--order', 'chance')
        self.refuse('1 to 60', 'user', 'set', 'anna', '--next-delay', '0')
        self.refuse('ring, later or skip', 'user', 'set', 'anna', '--away', 'message')
        self.refuse('ring, later, skip, message or default', 'user', 'set', 'anna', '--dnd', 'x')
        device = self.server.sign_in('anna')['device_id']
        self.server.ctl('device', 'set', device, '--rank', '3', '--evidence', 'weak')
        found = self.server.ctl_json('device', 'list')[0]
        self.assertEqual((found['rank'], found['evidence']), (3, 'weak'))
        self.refuse('1 to 99', 'device', 'set', device, '--rank', '100')
        self.refuse('auto, weak or strong', 'device', 'set', device, '--evidence', 'none')
        self.refuse('name what to set', 'device', 'set', device)
        self.refuse('no such device', 'device', 'set', 'nowhere', '--rank', '1')

    def test_wrong_use(self):
        self.refuse('no such command', 'user', 'paint', code=2)
        self.refuse('does not know "--colour"', 'user', 'add', 'anna', '--colour', code=2)
        self.refuse('needs: user', 'user', 'add', code=2)
        self.refuse('needs a value', 'user', 'add', 'anna', '--name', code=2)
        self.refuse('whole number', 'user', 'add', 'anna', '--default-delay', 'soon', code=2)
        self.refuse('no password', 'user', 'add', 'anna', '--password-stdin', code=2)
        self.assertEqual(self.run_ctl('--help')[0], 0)
        code, _, said = self.run_ctl('status', config=self.world.path('nothing.conf'))
        self.assertEqual(code, 1)
        self.assertIn('cannot read the configuration', said)

    def test_trunks(self):
        self.server.add_trunk('provider', kind='register', aor='sip:customer@provider.test',
                              proxy='sip:127.0.0.1:9;transport=udp', secret='provider secret',
                              prefix='0')
        self.server.ctl('trunk', 'add', 'pbx', '--kind', 'address', '--trusted', '192.0.2.0/24',
                        '--trusted', '192.0.2.77', '--codec', 'PCMA', '--srtp', 'optional',
                        '--prefix', '')
        trunks = {t['name']: t for t in self.server.ctl_json('trunk', 'list')}
        self.assertEqual(trunks['pbx']['trusted'], '192.0.2.0/24 192.0.2.77')
        self.assertEqual(trunks['pbx']['out'], 'all numbers')
        self.assertNotIn('provider secret', self.server.ctl('--json', 'trunk', 'list'))
        self.refuse('is no address block', 'trunk', 'add', 'x', '--kind', 'address', '--trusted',
                    'nowhere')
        self.refuse('--aor', 'trunk', 'add', 'x', '--kind', 'register')
        self.refuse('register or address', 'trunk', 'add', 'x', '--kind', 'magic')
        self.refuse('opus, G722, PCMU, PCMA', 'trunk', 'add', 'x', '--kind', 'address', '--trusted',
                    '10.0.0.1', '--codec', 'GSM')
        self.refuse('already', 'trunk', 'add', 'pbx', '--kind', 'address', '--trusted', '10.0.0.1')
        self.server.ctl('trunk', 'remove', 'pbx')
        self.refuse('no trunk "pbx"', 'trunk', 'remove', 'pbx')

    def test_devices(self):
        self.server.add_user('anna', '100')
        account = self.server.sign_in('anna')
        phone = self.server.ctl_json('device', 'add', 'anna', '--desk-phone', '--name', 'kitchen')
        self.assertGreaterEqual(len(phone['secret']), 26)
        self.assertEqual(phone['aor'], 'sip:anna@localhost')
        self.assertNotIn(phone['secret'], self.server.ctl('--json', 'device', 'list'))
        names = [d['name'] for d in self.server.ctl_json('device', 'list', 'anna')]
        self.assertEqual(sorted(names), ['kitchen', 'laptop'])
        self.server.ctl('device', 'revoke', account['device_id'])
        self.assertEqual(self.server.http('GET', '/me', token=account['token'])[0], 401)
        self.refuse('no such device', 'device', 'revoke', account['device_id'])

    def test_state_of_the_server(self):
        status = self.server.ctl_json('status')
        self.assertEqual(status['https'], self.server.https)
        self.assertEqual(status['pid'], self.server.process.pid)
        for command in ('calls', 'registrations', 'events'):
            self.assertEqual(self.server.ctl_json(command), [], command)
            self.server.ctl(command)
        self.server.ctl('calls', '--past')
        self.refuse('no such call', 'why', 'nothing')
        self.refuse('no call yet', 'why', 'last')
        checks = {f['check']: f for f in self.server.ctl_json('doctor', check=False)}
        for check in ('configuration', 'certificate', 'database', 'disk', 'port', 'users'):
            self.assertIn(check, checks)
        self.assertEqual(checks['certificate']['state'], 'ok')
        self.assertEqual(checks['users']['state'], 'warning')
        shown = ssl.PEM_cert_to_DER_cert(
            ssl.get_server_certificate(('127.0.0.1', self.server.https)))
        self.assertEqual(checks['fingerprint']['message'].replace(':', '').lower(),
                         hashlib.sha256(shown).hexdigest())
        self.assertIn('->', self.run_ctl('doctor')[1])

    def test_without_a_server(self):
        self.server.process.end()
        code, _, said = self.run_ctl('user', 'list')
        self.assertEqual(code, 3)
        self.assertIn('offhookd does not run', said)
        self.assertIn('--config', said)

    def test_two_servers_in_one_folder(self):
        second = subprocess.run([find_program('offhookd'), '--config', self.server.config],
                                capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn('another offhookd', second.stderr)
        self.assertEqual(self.server.ctl_json('status')['pid'], self.server.process.pid)

    def start_in_vain(self, taken=None):
        """What it says that cannot start, where somebody else listens at that port."""
        with contextlib.ExitStack() as stack:
            if taken:
                other = stack.enter_context(socket.socket())
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(('127.0.0.1', taken))
                other.listen()
            again = subprocess.run([find_program('offhookd'), '--config', self.server.config],
                                   capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(again.returncode, 1, again.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.server.state, 'run.json')))
        return again.stderr.splitlines()[-1]

    def test_run_file_of_a_dead_server(self):
        """A start that fails leaves no word of the server that was killed before it."""
        self.server.kill()
        self.assertTrue(os.path.exists(os.path.join(self.server.state, 'run.json')))
        self.assertIn(f'cannot listen for HTTPS on 127.0.0.1 port {self.server.https}',
                      self.start_in_vain(self.server.https))

    def test_start_in_vain(self):
        """One line says why, and what to do; nothing is lost by it."""
        self.server.add_user('anna', '100')
        self.server.process.end()
        for transport in ('tcp', 'tls'):
            port = self.server.ports[transport]
            self.assertTrue(self.start_in_vain(port).startswith(
                f'offhookd: SIP port {port} at 127.0.0.1 is taken by another program'))
        path = os.path.join(self.server.state, 'offhook.db')
        os.rename(path, path + '.kept')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('This is no database. ' * 1000)
        said = self.start_in_vain()
        self.assertTrue(said.startswith(f'offhookd: cannot read the database {path}: '), said)
        self.assertIn('; restore it from a backup, or move it away', said)
        os.unlink(path)
        os.mkdir(path)
        said = self.start_in_vain()
        self.assertTrue(said.startswith(f'offhookd: cannot open the database {path}: '), said)
        self.assertIn('; check its owner', said)
        os.rmdir(path)
        os.rename(path + '.kept', path)
        self.server.start()
        self.assertEqual([u['user'] for u in self.server.ctl_json('user', 'list')], ['anna'])

    def test_reload(self):
        """What can change while it runs does; a new domain is refused, and all stays as it was."""
        self.server.add_user('anna', '100')
        with open(self.server.config, encoding='utf-8') as f:
            text = f.read()

        def reload(changed, said):
            with open(self.server.config, 'w', encoding='utf-8') as f:
                f.write(changed)
            self.server.reload()
            wait_for(said, lambda: said in self.server.process.output(), 10, interval=0.1)

        account = self.server.sign_in('anna')
        reload(text.replace('domain=localhost', 'domain=example.org'), 'needs a restart')
        self.assertEqual(self.server.ctl_json('status')['domain'], 'localhost')
        again = self.server.sign_in('anna')
        self.assertEqual((again['sip_realm'], again['sip_aor']),
                         (account['sip_realm'], account['sip_aor']))
        reload(text.replace('[web]', '[wep]'), 'unknown group')
        reload(text.replace('[limits]', '[limits]\nsign_ins_per_minute=1'), 'reloaded; ')
        self.server.sign_in('anna')
        status, _ = self.server.http('POST', '/sign-in', {'user': 'anna', 'password': 'x'})
        self.assertEqual(status, 429)

    def test_socket_is_the_owners(self):
        path = os.path.join(self.server.state, 'control')
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(path)
            reader = connection.makefile('r')
            for line in ('garbage', '{}', '{"command":5}', '{"command":"paint"}', '[]',
                         '{"command":"user-add","user":"' + 'x' * 70000 + '"}'):
                connection.sendall(line.encode() + b'\n')
                self.assertFalse(json.loads(reader.readline())['ok'], line[:40])
            connection.sendall(b'{"command":"status"}\n')
            self.assertTrue(json.loads(reader.readline())['ok'])


class OneStream(FlowCase):
    def test_a_call_in_every_list(self):
        """calls, why, events and the history tell one and the same story of a call."""
        self.start_server()
        follower = self.world.start('follower', [
            find_program('offhookctl'), '--config', self.server.config, '--json', 'events',
            '--follow'])

        def hears():  # it is told what comes from when it is there
            self.caller('999').result()
            return follower.lines()
        wait_for('the follower', hears, 20)
        caller = self.caller(hang_up_after=12)  # the prompt takes most of it
        running = wait_for('the call', lambda: [
            c for c in self.server.ctl_json('calls') if c['user'] == 'anna'])
        call = running[0]['id']
        self.assertIn(call, self.server.ctl('calls'))
        caller.result(30)
        self.wait_ended(call)
        why = self.server.ctl('why', 'last')
        for word in (call, 'arrived', 'identified', 'voicemail', 'ended'):
            self.assertIn(word, why)
        self.assertEqual(why, self.server.ctl('why', call))
        past = self.server.ctl_json('calls', '--past')
        self.assertEqual([(p['call_id'], p['outcome'], p['number']) for p in past],
                         [(call, 'voicemail', '555100')])

        def told():
            events = [json.loads(line) for line in follower.lines() if line.startswith('{')]
            return [e['event'] for e in events if e['call'] == call]
        wait_for('the end of the call at the follower', lambda: 'ended' in told())
        self.assertEqual(told(), self.event_names(call))


if __name__ == '__main__':
    main()
