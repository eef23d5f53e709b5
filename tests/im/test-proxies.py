#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""IM accounts behind proxies: all goes through, nothing around, and what is wrong is told."""
from harness import TestCase, main, wait_for
from harness.im import Im
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.proxy import Proxy
from harness.xmppbot import XmppBot

OFFHOOK = 'offhook@one.test'
ANNA = 'anna@one.test'
USERS = {OFFHOOK: 'Engine secret 1', ANNA: 'Bot secret 2'}
NAME = 'service.invalid'  # which no DNS knows


class ProxyCase(TestCase):
    """The service's name is known to the proxy alone."""

    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS)
        self.im = None
        wait_for('the harness to have been seen', lambda: self.clients() == 0)

    def start(self, env=None):
        self.im = self.world.add(Im(self.world, env=env))
        self.im.add_xmpp('x', self.prosody, OFFHOOK, connect_server=NAME)

    def proxy(self, kind, **options):
        return Proxy(self.world, kind, names={NAME: self.prosody.port}, **options)

    def use(self, address, password='', id='x'):  # pylint: disable=redefined-builtin
        self.im.do('proxy', id, proxy=address, password=password)

    def clients(self):
        """How many the service has seen since the harness looked whether it listens."""
        return self.prosody.process.output().count('Client connected') - 1

    def wait_failed(self, reason, after=0):
        return self.im.wait('state', 20, after, id='x', failed='yes', reason=reason)


class Through(ProxyCase):
    def check(self, kind, scheme=None, **options):
        proxy = self.proxy(kind, **options)
        self.start()
        self.use(proxy.address('user' in options, scheme), options.get('password', ''))
        self.im.sign_in('x')
        self.assertEqual(self.clients(), 1)
        self.assertEqual(proxy.tunnels, [(NAME, self.prosody.port)])
        before = proxy.carried
        bot = XmppBot(self.world, self.prosody, ANNA)
        self.im.do('send', 'x', to=ANNA, text='through', tag='1')
        bot.wait_message('through')
        bot.send(OFFHOOK, 'and back')
        self.im.wait('message', text='and back')
        self.assertGreater(proxy.carried, before)

    def test_http(self):
        self.check('http')

    def test_http_with_password(self):
        self.check('http', user='demo', password='Proxy: secret @1')

    def test_socks(self):
        self.check('socks5')

    def test_socks_with_password(self):
        self.check('socks5', user='demo', password='Proxy: secret @1')

    def test_tor(self):
        """The service's name in DNS (SRV) is not asked for either: that of the address is used."""
        proxy = Proxy(self.world, 'socks5', names={'one.test': self.prosody.port})
        self.im = self.world.add(Im(self.world))
        self.im.add_xmpp('x', self.prosody, OFFHOOK, connect_server='')
        self.use(proxy.address(scheme='tor'))
        self.im.sign_in('x')
        self.assertEqual(proxy.tunnels, [('one.test', self.prosody.port)])

    def test_as_the_system_says(self):
        """Here: its environment. Where that names none, there is none."""
        proxy = self.proxy('http', user='demo', password='secret')
        self.start({'https_proxy': f'http://demo:secret@127.0.0.1:{proxy.port}', 'no_proxy': ''})
        self.use('system')
        self.im.sign_in('x')
        self.assertEqual(proxy.tunnels, [(NAME, self.prosody.port)])
        plain = self.world.add(Im(self.world, 'plain', env={
            'https_proxy': '', 'http_proxy': '', 'no_proxy': ''}))
        plain.add_xmpp('x', self.prosody, OFFHOOK)
        plain.do('proxy', 'x', proxy='system', password='')
        plain.sign_in('x')
        self.assertEqual(len(proxy.tunnels), 1)

    def test_irc(self):
        ngircd = Ngircd(self.world)
        proxy = self.proxy('socks5')
        self.start()
        self.im.add_irc('i', ngircd, 'offhook')
        self.use(proxy.address(), id='i')
        self.im.sign_in('i', certificate=False)
        self.assertEqual(proxy.tunnels, [('127.0.0.1', ngircd.port)])
        bot = IrcBot(self.world, ngircd, 'anna')
        self.im.do('send', 'i', to='anna', text='Hello', tag='1')
        bot.wait_message('Hello')


class Troubles(ProxyCase):
    """The service itself could be reached, if somebody tried."""

    def start(self, env=None, name='im'):
        self.im = self.world.add(Im(self.world, name, env))
        self.im.add_xmpp('x', self.prosody, OFFHOOK)

    def test_unreachable(self):
        """Tried again until it is there; nothing goes around it meanwhile, nor when it goes away."""
        proxy = self.proxy('socks5', start=False)
        self.start()
        self.use(proxy.address())
        self.im.do('sign-in', 'x')
        state = self.im.wait('state', id='x', state='offline', reason='proxy')
        self.assertEqual(state['failed'], 'no')
        self.assertTrue(state['text'])
        wait_for('two attempts', lambda: len(self.im.events('password-asked')) >= 3, 20)
        self.assertEqual(self.clients(), 0)
        proxy.start()
        question = self.im.wait('question', 20, kind='certificate')
        self.im.do('answer', question=question['question'], button=0)
        self.im.wait('state', 20, id='x', state='online')
        after = self.im.count()
        proxy.end()
        self.im.wait('state', 20, after, id='x', state='offline', reason='network')
        self.im.wait('state', 20, after, id='x', state='offline', reason='proxy')
        self.assertEqual(self.clients(), len(proxy.tunnels))

    def test_refused(self):
        """It lets nobody through: told as such, and tried again."""
        for kind in ('http', 'socks5'):
            with self.subTest(kind):
                proxy = self.proxy(kind)
                proxy.allowed = False
                self.start(name=kind)
                self.use(proxy.address())
                self.im.do('sign-in', 'x')
                self.im.wait('state', 20, id='x', state='offline', reason='proxy-refused')
                self.assertEqual(self.clients(), 0)

    def test_wrong_password(self):
        """Failed for good at the first try; with the right one it goes through."""
        for kind in ('http', 'socks5'):
            with self.subTest(kind):
                proxy = self.proxy(kind, user='demo', password='right')
                before = self.clients()
                self.start(name=kind)
                self.use(proxy.address(True), 'wrong')
                self.im.do('sign-in', 'x')
                self.wait_failed('proxy-password')
                self.assertEqual(proxy.wrong, 1)
                self.assertEqual(self.clients(), before)
                self.use(proxy.address())  # and none at all
                after = self.im.count()
                self.im.do('sign-in', 'x')
                self.wait_failed('proxy-password', after)
                self.use(proxy.address(True), 'right')
                self.im.sign_in('x')
                self.assertEqual(len(proxy.tunnels), 1)

    def test_no_proxy(self):
        """Something else listens there."""
        self.start()
        self.use(f'socks5://127.0.0.1:{self.prosody.port}')
        self.im.do('sign-in', 'x')
        self.im.wait('state', 20, id='x', state='offline', reason='proxy-refused')

    def test_service_away(self):
        """The proxy is there, the service is not: that is not the proxy's fault."""
        proxy = self.proxy('socks5')
        self.start()
        self.prosody.kill()
        self.use(proxy.address())
        self.im.do('sign-in', 'x')
        self.im.wait('state', 20, id='x', state='offline', reason='network')

    def test_around(self):
        """A plug-in that makes connections of its own is not let go around it."""
        self.start()
        self.im.do('add', 's', protocol='prpl-simple', username='demo@127.0.0.1', password='secret')
        self.use('socks5://127.0.0.1:9', id='s')
        self.im.do('sign-in', 's')
        state = self.im.wait('state', id='s', failed='yes', reason='settings')
        self.assertIn('past any proxy', state['text'])


if __name__ == '__main__':
    main()
