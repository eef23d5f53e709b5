#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call server reaches its IM service through a proxy, and only so."""
from harness import main, wait_for
from harness.im import engine_env
from harness.imflow import ANNA, CALLS, USERS, ImFlowCase
from harness.process import Failure
from harness.prosody import Prosody
from harness.proxy import Proxy

NAME = 'service.invalid'  # known to the proxy alone


class ServerBehindProxy(ImFlowCase):
    def start(self, kind):
        self.prosody = Prosody(self.world, USERS)
        self.proxy = Proxy(self.world, kind, 'demo', 'Proxy secret', {NAME: self.prosody.port})
        self.start_server(env=engine_env(self.world))
        self.server.ctl('im', 'account', 'add', 'xmpp', '--protocol', 'xmpp', '--username',
                        CALLS + '/offhook', '--option', f'connect_server={NAME}', '--option',
                        f'port={self.prosody.port}', '--fingerprint',
                        self.prosody.fingerprint('one.test'), '--proxy', self.proxy.address(True),
                        '--password-stdin', stdin=USERS[CALLS] + '\n')
        self.add_identity(ANNA, '--verified')

    def give_password(self):
        self.server.ctl('im', 'account', 'proxy', 'xmpp', self.proxy.address(True),
                        '--password-stdin', stdin='Proxy secret\n')

    def test_offer(self):
        """Without the proxy's password it says so; with it, calls are offered; when the proxy goes
        away, that is told too."""
        self.start('socks5')
        self.assertIn('proxy-password', self.wait_account('failed')['reason'])
        self.assertIn('offhookctl im account proxy', self.server.ctl('doctor', check=False))
        self.give_password()
        self.assertEqual(self.wait_account('online')['proxy'], self.proxy.address(True))
        self.assertEqual(set(self.proxy.tunnels), {(NAME, self.prosody.port)})
        bot = self.start_bot()
        caller = self.caller(cancel_after=10000)
        wait_for('the offer', lambda: bot.texts(CALLS), 20)
        caller.result(30)
        self.proxy.end()
        wait_for('the proxy to be missed',
                 lambda: self.account()['reason'].startswith('proxy:'), 40)
        self.assertNotIn('Proxy secret', self.server.process.output())
        self.proxy.start()
        self.wait_account('online', 30)

    def test_http_and_none(self):
        """The same by HTTP; nonsense is refused; `none` goes directly."""
        self.start('http')
        self.wait_account('failed')
        with self.assertRaisesRegex(Failure, 'a proxy is none, system'):
            self.server.ctl('im', 'account', 'proxy', 'xmpp', 'socks4://127.0.0.1:1080')
        self.give_password()
        self.wait_account('online')
        count = len(self.proxy.tunnels)
        self.server.ctl('im', 'account', 'proxy', 'xmpp', 'none')
        wait_for('no way without it', lambda: 'network' in self.account()['reason'], 60)
        self.assertEqual(len(self.proxy.tunnels), count)


if __name__ == '__main__':
    main()
