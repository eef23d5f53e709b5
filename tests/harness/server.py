# SPDX-License-Identifier: GPL-3.0-or-later
"""offhookd in a test: configuration, start, administration by offhookctl, event stream, HTTPS."""
import json
import os
import signal
import socket
import ssl
import urllib.error
import urllib.request

from .process import SLOWNESS, Failure, wait_for
from .world import find_program

CONFIG = '''[server]
state_dir={state}
domain=localhost

[sip]
listen=udp:{address}:{udp};tcp:{address}:{tcp};tls:{address}:{tls}

[media]
address={address}
workers=2

[web]
address={address}
port={https}

[voicemail]
max_seconds={voicemail_max}
silence_seconds={voicemail_silence}

[limits]
unknown_per_minute={unknown}

[log]
level=debug

{extra}
'''


class Server:
    """One call server of its own folder. restart() keeps ports and folder."""

    def __init__(self, world, name='offhookd', start=True, voicemail_max=60, voicemail_silence=4,
                 unknown=1000, wrapper=(), address='127.0.0.1', sip_ports=None, extra='',
                 env=None):
        """`address`: where all is heard; `sip_ports`: chosen ones, as run.json names them; `extra`:
        more groups and keys of the configuration; `env`: more of the environment."""
        self.world = world
        self.name = name
        self.state = os.path.dirname(world.path(name, 'state', 'x'))
        self.options = {'voicemail_max': voicemail_max, 'voicemail_silence': voicemail_silence,
                        'unknown': unknown, 'address': address, 'extra': extra}
        self.ports = {'udp': 0, 'tcp': 0, 'tls': 0, **(sip_ports or {})}
        self.https = 0
        self.wrapper = list(wrapper)
        self.env = env
        self.config = self._write_config()
        self.process = None
        if start:
            self.start()

    def _write_config(self):
        return self.world.write(f'{self.name}/offhookd.conf', CONFIG.format(
            state=self.state, https=self.https, **self.ports, **self.options))

    def start(self, timeout=20):
        """Starts it and waits for run.json; ports are kept for the next start."""
        run_file = os.path.join(self.state, 'run.json')
        if os.path.exists(run_file):
            os.unlink(run_file)
        self.process = self.world.start(
            self.name, self.wrapper + [find_program('offhookd'), '--config', self.config], self.env)
        wait_for('run.json of offhookd', lambda: os.path.exists(run_file), timeout,
                 process=self.process)
        with open(run_file, encoding='utf-8') as f:
            run = json.load(f)
        self.ports = run['sip']
        self.https = run['https']
        self._write_config()
        return self

    def restart(self):
        self.process.end()
        return self.start()

    def kill(self):
        self.process.kill()

    def reload(self):
        self.process.signal(signal.SIGHUP)

    # --- administration ---

    def ctl(self, *words, stdin=None, check=True, timeout=15):
        return self.world.run([find_program('offhookctl'), '--config', self.config, *words],
                              stdin=stdin, check=check, timeout=timeout)

    def control(self, commands):
        """Many commands over one connection, as offhookctl gives them one by one; their results."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30 * SLOWNESS)
            with open(os.path.join(self.state, 'run.json'), encoding='utf-8') as f:
                s.connect(json.load(f)['control'])
            results = []
            with s.makefile('rw', encoding='utf-8') as stream:
                for command in commands:
                    stream.write(json.dumps(command) + '\n')
                    stream.flush()
                    answer = json.loads(stream.readline())
                    if not answer.get('ok'):
                        raise Failure(f'{command}: {answer}')
                    results.append(answer['result'])
            return results

    def ctl_json(self, *words, **options):
        """The result; where it is an object that only holds a list, the list."""
        result = json.loads(self.ctl('--json', *words, **options))
        lists = [v for v in result.values() if isinstance(v, list)] if isinstance(result, dict) \
            else []
        return lists[0] if len(lists) == 1 else result

    def add_user(self, alias, number=None, password='Correct horse 7', name=None, **settings):
        words = ['user', 'add', alias, '--name', name or alias.capitalize(), '--password-stdin']
        for key, value in settings.items():
            words += ['--' + key.replace('_', '-'), str(value)]
        self.ctl(*words, stdin=password + '\n')
        if number:
            self.ctl('number', 'add', number, alias)

    def add_trunk(self, name, **settings):
        words = ['trunk', 'add', name]
        stdin = None
        for key, value in settings.items():
            if key == 'secret':
                words.append('--password-stdin')
                stdin = value + '\n'
            else:
                words += ['--' + key.replace('_', '-'), str(value)]
        self.ctl(*words, stdin=stdin)

    def events(self):
        """The whole event stream so far, in order."""
        found, after = [], 0
        while True:
            page = self.ctl_json('events', '--after', str(after), '--limit', '1000')
            found += page
            if len(page) < 1000:
                return sorted(found, key=lambda e: e['seq'])
            after = max(e['seq'] for e in page)

    def wait_call_event(self, event, timeout=15.0, call=None):
        """The first such event of that call (default: the last one that arrived)."""
        return wait_for(
            f'event "{event}"', lambda: next(
                (e for e in self.call_events(call) if e['event'] == event), None),
            timeout, interval=0.1, process=self.process)

    def call_events(self, call=None):
        """The events of one call (default: the last one that arrived), in order."""
        events = self.events()
        if call is None:
            arrived = [e['call'] for e in events if e['event'] == 'arrived']
            call = arrived[-1] if arrived else None
        return [e for e in events if e['call'] == call]

    # --- addresses ---

    def uri(self, number, transport='udp'):
        return f'sip:{number}@127.0.0.1:{self.ports[transport]};transport={transport}'

    @property
    def ca_file(self):
        return os.path.join(self.state, 'tls', 'cafile.pem')

    # --- HTTPS ---

    def http(self, method, path, body=None, token=None, raw=False):
        """One request of the API; returns (status, JSON or bytes). Bytes as body are sound."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.check_hostname = False
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(f'https://127.0.0.1:{self.https}/api/v1{path}', data,
                                         method=method)
        if data is not None:
            request.add_header('Content-Type', 'audio/wav' if data is body else 'application/json')
        if token:
            request.add_header('Authorization', f'Bearer {token}')
        try:
            with self.world.entered(), \
                    urllib.request.urlopen(request, timeout=15 * SLOWNESS,
                                           context=context) as reply:
                status, content = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        if raw:
            return status, content
        return status, json.loads(content) if content else None

    def sign_in(self, user, password='Correct horse 7', device='laptop', program='offhook',
                instance='urn:uuid:00000000-0000-4000-8000-000000000001'):
        status, reply = self.http('POST', '/sign-in', {
            'user': user, 'password': password, 'device': device, 'program': program,
            'version': '0.1.0', 'instance': instance})
        if status != 200:
            raise Failure(f'sign-in of {user}: {status} {reply}')
        reply['token'] = f'{reply["device_id"]}.{reply["secret"]}'
        reply['instance'] = instance
        return reply

    def device_options(self, account):
        """Options of a Phone that stands in for the client: TLS, SHA-256 digest, ICE, DTLS-SRTP."""
        return {
            'certificates': os.path.join(self.state, 'tls'),
            'ca': self.ca_file, 'tls_name': account['sip_tls_name'], 'from': account['sip_aor'],
            'registrar': account['sip_aor'].replace(account['sip_aor'].split('@')[0] + '@', 'sip:'),
            'proxy': account['sip_proxy'], 'user': account['sip_user'], 'secret': account['secret'],
            'instance': account['instance'], 'ice': True, 'srtp': 'dtls',
            'contact_param': '+offhook.audio="mic,speaker"',
        }

    def end(self):
        if self.process:
            self.process.end()
