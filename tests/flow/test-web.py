#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS of the call server under hostile and slow clients, and what a device may ask of it."""
import concurrent.futures
import http.client
import json
import os
import signal
import socket
import ssl
import threading
import time
import wave

from harness import main, wait_for
from harness.flow import FlowCase

PATIENCE = 30  # s for an answer
OTHER = 'urn:uuid:00000000-0000-4000-8000-000000000002'


class Web(FlowCase):
    def setUp(self):
        super().setUp()
        self.start_server(trunk=False)

    def context(self):
        context = ssl.create_default_context(cafile=self.server.ca_file)
        context.check_hostname = False
        return context

    def connect(self):
        """A TLS connection, for requests that no HTTP library would send."""
        plain = socket.create_connection(('127.0.0.1', self.server.https), timeout=PATIENCE)
        return self.context().wrap_socket(plain)

    def send(self, method, path, body=b'', source='127.0.0.1', **headers):
        """Status and content of a request with exactly these bytes as body, from that address."""
        connection = http.client.HTTPSConnection('127.0.0.1', self.server.https,
                                                 timeout=PATIENCE,
                                                 context=self.context(), source_address=(source, 0))
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read(), reply.headers
        finally:
            connection.close()

    def try_password(self, password):
        return self.server.http('POST', '/sign-in', {'user': 'anna', 'password': password})

    # --- who the server is ---

    def test_certificate_and_page(self):
        """The certificate holds for localhost by its own authority; the page tells nothing more."""
        context = ssl.create_default_context(cafile=self.server.ca_file)
        for name in ('localhost', '127.0.0.1'):
            plain = socket.create_connection(('127.0.0.1', self.server.https), timeout=PATIENCE)
            with context.wrap_socket(plain, server_hostname=name) as connection:
                self.assertIsNotNone(connection.getpeercert())
        status, page, headers = self.send('GET', '/')
        self.assertEqual(status, 200)
        self.assertIn(b'Offhook', page)
        self.assertIn("default-src 'none'", headers['Content-Security-Policy'])
        self.assertEqual(headers['X-Content-Type-Options'], 'nosniff')
        self.assertEqual(headers['Connection'], 'close')  # it is, so it must be told
        self.assertEqual(headers['Cache-Control'], 'no-store')
        for folder, _, files in os.walk(os.path.join(self.server.state, 'tls')):
            self.assertEqual(os.stat(folder).st_mode & 0o077, 0)
            for name in files:
                self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, name)

    def test_unknown_pages(self):
        self.assertEqual(self.send('GET', '/api/v1/nothing')[0], 404)
        self.assertEqual(self.send('GET', '/api/v1/../../etc/passwd')[0], 404)
        self.assertEqual(self.send('POST', '/api/v1/me')[0], 405)
        self.assertEqual(self.send('GET', '/api/v1/devices/a/b')[0], 404)

    # --- signing in ---

    def test_sign_in_tells_what_a_device_needs(self):
        account = self.server.sign_in('anna@localhost')
        self.assertEqual(account['alias'], 'anna@localhost')
        self.assertEqual(account['sip_user'], account['device_id'])
        self.assertEqual(account['sip_aor'], 'sip:anna@localhost')
        self.assertTrue(account['sip_proxy'].endswith(';transport=tls'))
        self.assertIn('BEGIN CERTIFICATE', account['sip_ca'])
        status, me = self.server.http('GET', '/me', token=account['token'])
        self.assertEqual(status, 200)
        self.assertNotIn('secret', me)
        with open(os.path.join(self.server.state, 'offhook.db'), 'rb') as f:
            content = f.read()
        wal = os.path.join(self.server.state, 'offhook.db-wal')
        if os.path.exists(wal):
            with open(wal, 'rb') as f:
                content += f.read()
        self.assertNotIn(account['secret'].encode(), content)
        self.assertNotIn(b'Correct horse 7', content)

    def test_wrong_and_unknown_look_the_same(self):
        took, replies = {'anna': [], 'nobody': []}, []
        for user in ('anna', 'nobody') * 2:
            begun = time.monotonic()
            replies.append(self.server.http('POST', '/sign-in',
                                            {'user': user, 'password': 'not this one'}))
            took[user].append(time.monotonic() - begun)
        self.assertEqual(replies, [replies[0]] * 4)
        self.assertEqual(replies[0][0], 401)
        self.assertGreater(min(took['nobody']), min(took['anna']) / 4)

    def test_lock_holds_for_many_at_once(self):
        """Fifteen tries in one moment: three are judged, and the right one comes too late."""
        with concurrent.futures.ThreadPoolExecutor(15) as pool:
            statuses = [s for s, _ in pool.map(lambda n: self.try_password(f'wrong {n}'), range(15))]
        self.assertLessEqual(statuses.count(401), 3)
        self.assertEqual(statuses.count(401) + statuses.count(429), 15)
        status, _ = self.try_password('Correct horse 7')
        self.assertEqual(status, 429)
        status, _, headers = self.send('POST', '/api/v1/sign-in',
                                       b'{"user":"anna","password":"Correct horse 7"}',
                                       **{'Content-Type': 'application/json'})
        self.assertEqual(status, 429)
        self.assertGreater(int(headers['Retry-After']), 0)

    def try_from(self, source, password):
        body = json.dumps({'user': 'anna', 'password': password}).encode()
        return self.send('POST', '/api/v1/sign-in', body, source=source,
                         **{'Content-Type': 'application/json'})[0]

    def test_lock_is_the_guessers_own(self):
        """Whoever guesses is locked out; the user's devices and other places are not."""
        token = self.server.sign_in('anna')['token']
        self.assertEqual([self.try_from('127.0.0.2', 'wrong') for _ in range(4)],
                         [401, 401, 401, 429])
        self.assertEqual(self.try_from('127.0.0.2', 'Correct horse 7'), 429)
        self.assertEqual(self.try_from('127.0.0.1', 'Correct horse 7'), 200)
        self.assertEqual(self.server.http('GET', '/me', token=token)[0], 200)

    def test_guesses_from_many_places(self):
        """Thirty wrong ones from everywhere lock the user for whoever is not signed in."""
        token = self.server.sign_in('anna')['token']
        statuses = [self.try_from(f'127.0.0.{2 + n // 3}', 'wrong') for n in range(33)]
        self.assertEqual(statuses, [401] * 30 + [429] * 3)
        self.assertEqual(self.try_from('127.0.0.100', 'Correct horse 7'), 429)
        self.assertEqual(self.server.http('GET', '/me', token=token)[0], 200)

    # --- devices ---

    def test_devices_come_and_go(self):
        first = self.server.sign_in('anna')
        second = self.server.sign_in('anna', device='desktop', instance=OTHER)
        self.server.add_user('berta', '200')
        stranger = self.server.sign_in('berta')
        path = f'/devices/{second["device_id"]}'
        self.assertEqual(self.server.http('DELETE', path, token=stranger['token'])[0], 404)
        self.assertEqual(self.server.http('DELETE', path, token=first['token'])[0], 204)
        self.assertEqual(self.server.http('GET', '/me', token=second['token'])[0], 401)
        status, reply = self.server.http('GET', '/devices', token=first['token'])
        self.assertEqual([d['name'] for d in reply['devices']], ['laptop'], status)
        again = self.server.sign_in('anna')
        self.assertEqual(self.server.http('GET', '/me', token=first['token'])[0], 401,
                         'the same installation has two devices')
        self.assertEqual(self.server.http('DELETE', '/session', token=again['token'])[0], 204)
        self.assertEqual(self.server.http('GET', '/me', token=again['token'])[0], 401)

    def make_wave(self, seconds=1.0, rate=16000, channels=1):
        path = self.world.path('sound', 'greeting.wav')
        with wave.open(path, 'wb') as f:
            f.setnchannels(channels)
            f.setsampwidth(2)
            f.setframerate(rate)
            f.writeframes(b'\0\1' * int(rate * seconds * channels))
        with open(path, 'rb') as f:
            return f.read()

    def files_left(self):
        return [f for _, _, files in os.walk(os.path.join(self.server.state, 'voicemail'))
                for f in files]

    def test_greeting(self):
        token = self.server.sign_in('anna')['token']
        sound = self.make_wave()
        bearer = {'Authorization': f'Bearer {token}'}
        self.assertEqual(self.send('GET', '/api/v1/greeting', **bearer)[0], 404)
        self.assertEqual(self.send('PUT', '/api/v1/greeting', sound, **bearer)[0], 204)
        status, content, headers = self.send('GET', '/api/v1/greeting', **bearer)
        self.assertEqual((status, content, headers['Content-Type']), (200, sound, 'audio/wav'))
        self.assertEqual(self.send('PUT', '/api/v1/greeting', sound + bytes(6 << 20),
                                   **bearer)[0], 413)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(lambda _: self.send('PUT', '/api/v1/greeting', sound,
                                                         **bearer)[0], range(4)))
        self.assertEqual(statuses, [204] * 4)
        self.assertEqual(len(self.files_left()), 1, 'only the last one is kept')
        self.assertEqual(self.send('DELETE', '/api/v1/greeting', **bearer)[0], 204)
        self.assertEqual(self.send('GET', '/api/v1/greeting', **bearer)[0], 404)
        self.assertEqual(self.files_left(), [])

    def test_greetings_that_are_none(self):
        """What cannot be decoded to its end, or is no greeting for a telephone, is not kept."""
        bearer = {'Authorization': f'Bearer {self.server.sign_in("anna")["token"]}'}
        riff = self.make_wave()[:44]
        bad = {
            'text': b'x' * 100,
            'a header alone': riff + bytes(10),
            'nothing but noise': b'RIFF\xff\xff\xff\x7fWAVE' + os.urandom(5000),
            'an Ogg page of noise': b'OggS' + bytes(24) + b'OpusHead' + os.urandom(5000),
            'two and a half minutes': self.make_wave(150, rate=8000),
            'five channels': self.make_wave(channels=5),
            'studio rate': self.make_wave(rate=96000),
            'nearly nothing': self.make_wave(0.1),
        }
        for name, sound in bad.items():
            status, content, _ = self.send('PUT', '/api/v1/greeting', sound, **bearer)
            self.assertEqual(status, 415, name)
            self.assertIn(b'sound-needed', content)
            self.assertEqual(self.files_left(), [], name)
        self.assertEqual(self.send('GET', '/api/v1/greeting', **bearer)[0], 404)

    # --- hostile ---

    def test_malformed_json(self):
        json_type = {'Content-Type': 'application/json'}
        for body in (b'', b'[]', b'{', b'{"user":1,"password":"x"}', b'{"user":"anna"}', b'null',
                     b'{"user":"anna","password":"\xff"}', b'{"user":' + b'[' * 60000,
                     b'/*x*/{"user":"anna","password":"x"}', b'{"user":"a\\u0000b","password":"x"}',
                     b'{"user":"' + b'a' * 200 + b'","password":"x"}'):
            status, content, _ = self.send('POST', '/api/v1/sign-in', body, **json_type)
            self.assertEqual(status, 400, body[:40])
            self.assertIn(b'"message"', content)
        self.assertEqual(self.send('POST', '/api/v1/sign-in', b'{}')[0], 415)

    def test_bodies_without_end(self):
        """Memory does not grow with what is sent, said beforehand or not."""
        status, _, _ = self.send('POST', '/api/v1/sign-in', b'{' + b' ' * 70000,
                                 **{'Content-Type': 'application/json'})
        self.assertEqual(status, 413)
        before = self.memory()
        with self.connect() as connection:
            connection.sendall(b'POST /api/v1/sign-in HTTP/1.1\r\nHost: localhost\r\n'
                               b'Content-Type: application/json\r\n'
                               b'Transfer-Encoding: chunked\r\n\r\n')
            chunk = b'10000\r\n' + b' ' * 0x10000 + b'\r\n'
            try:
                for _ in range(1600):
                    connection.sendall(chunk)
            except OSError:
                pass
        if not self.is_sanitized():  # which keeps what was freed
            self.assertLess(self.memory() - before, 20000, 'KiB')
        self.assertEqual(self.send('GET', '/')[0], 200)

    def memory(self):
        with open(f'/proc/{self.server.process.pid}/status', encoding='utf-8') as f:
            return next(int(line.split()[1]) for line in f if line.startswith('VmRSS'))

    def is_sanitized(self):
        with open(f'/proc/{self.server.process.pid}/maps', encoding='utf-8') as f:
            return 'libasan' in f.read()

    def test_slow_and_silent_clients(self):
        """Handshakes that never begin and requests that never end keep nobody else out."""
        held = [socket.create_connection(('127.0.0.1', self.server.https), timeout=PATIENCE)
                for _ in range(60)]
        refused = [s for s in held if self.is_closed(s)]
        self.assertGreaterEqual(len(refused), 10, 'one address holds as many as it likes')
        for s in held:
            s.close()
        wait_for('room for others', lambda: self.is_served(), 15, interval=0.2)
        with self.connect() as slow:
            slow.sendall(b'GET / HTTP/1.1\r\nHost: loc')
            self.assertEqual(self.send('GET', '/')[0], 200)
        silent = socket.create_connection(('127.0.0.1', self.server.https), timeout=PATIENCE)
        self.assertEqual(silent.recv(10), b'', 'a handshake that never begins is kept')
        silent.close()

    def test_many_come_at_once(self):
        """While the server is busy with something else they get their place in the queue."""
        self.server.process.signal(signal.SIGSTOP)
        try:
            held = [socket.create_connection(('127.0.0.1', self.server.https), timeout=10)
                    for _ in range(40)]
        finally:
            self.server.process.signal(signal.SIGCONT)
        for s in held:
            s.close()
        wait_for('room for others', self.is_served, 15, interval=0.2)

    def is_served(self):
        try:
            return self.send('GET', '/')[0] == 200
        except OSError:
            return False

    @staticmethod
    def is_closed(connection):
        connection.settimeout(0.05)
        try:
            return connection.recv(1) == b''
        except TimeoutError:
            return False
        except OSError:
            return True

    # --- kill ---

    def test_kill_while_writing(self):
        """SIGKILL in the midst of writes: what was answered is there, and no half of anything."""
        confirmed = []

        def add():
            for n in range(1000):
                try:
                    self.server.ctl('user', 'add', f'user{n}', '--name', f'User {n}')
                    self.server.ctl('number', 'add', f'{3000 + n}', f'user{n}')
                except AssertionError:
                    return
                confirmed.append(n)
        writer = threading.Thread(target=add)
        writer.start()
        wait_for('twenty users', lambda: len(confirmed) >= 20, 60)
        self.server.kill()
        writer.join(60)
        self.server.start()
        numbers = {n['number']: n['user'] for n in self.server.ctl_json('number', 'list')}
        for n in confirmed:
            self.assertEqual(numbers.get(str(3000 + n)), f'user{n}')
        doctor = self.server.ctl_json('doctor', check=False)
        database = [f for f in doctor if f['check'] == 'database']
        self.assertEqual(database[0]['state'], 'ok', database)


if __name__ == '__main__':
    main()
