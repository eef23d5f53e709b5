#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plug-in that crashes or hangs costs a reconnect and nothing else; a plug-in of the test's own
does so when it is told to. It stands for any protocol that libpurple finds, too."""
import glob
import os
import shutil
import signal
import time

from harness import Lateness, TestCase, main, wait_for
from harness.im import Im
from harness.process import SLOWNESS
from harness.prosody import Prosody
from harness.world import build_root
from harness.xmppbot import XmppBot

OFFHOOK = 'offhook@one.test'
ANNA = 'anna@one.test'
USERS = {OFFHOOK: 'Engine secret 1', ANNA: 'Bot secret 2'}
FAILED, LIMIT, TIMEOUT, CLOSED = '0', '6', '8', '10'  # base/oh-error.h


class Crash(TestCase):
    def setUp(self):
        super().setUp()
        plugin = os.path.join(build_root(), 'tests', 'im', 'offhook-test-protocol.so')
        shutil.copy(plugin, self.world.path('im-purple', 'plugins', 'offhook-test-protocol.so'))
        self.im = self.world.add(Im(self.world))
        self.im.wait('protocols')

    def add(self, id='t', password='right'):  # pylint: disable=redefined-builtin
        self.im.do('add', id, protocol='prpl-offhook-test', username=id, password=password)

    def send(self, text, **rest):
        self.im.do('send', 't', to='somebody', text=text, tag=text, **rest)

    def test_protocols(self):
        """Every plug-in is offered, with its options; the test's own as well as libpurple's."""
        self.im.do('protocols')
        self.im.wait('protocol', id='prpl-offhook-test')
        irc = self.im.wait('protocol', id='prpl-irc')
        self.assertEqual(irc['joined'], 'demo@irc.libera.chat')
        options = {o['name']: o for o in irc['options']}
        self.assertEqual(options['port']['value'], '6667')
        self.assertEqual(options['ssl']['value'], 'false')
        xmpp = self.im.wait('protocol', id='prpl-jabber')
        options = {o['name']: o for o in xmpp['options']}
        self.assertIn('require_tls', options['connection_security']['choices'])

    def test_crash(self):
        """Back within 2 s with all accounts and the status; what was sent meanwhile arrives once,
        in order, and what crashed it is given up after the second time."""
        im = self.im
        prosody = Prosody(self.world, USERS)
        im.add_xmpp('x', prosody, OFFHOOK)
        im.sign_in('x')
        im.do('status', 'x', presence='away', message='Back soon')
        im.do('add-buddy', 'x', name=ANNA)
        bot = XmppBot(self.world, prosody, ANNA)
        bot.ask_for_presence(OFFHOOK)
        question = im.wait('question', kind='authorize')
        im.do('answer', question=question['question'], button=0)
        wait_for('the status at the bot', lambda: (OFFHOOK, 'away') in bot.presences)
        self.add()
        im.sign_in('t', certificate=False)
        old = im.engine_pid()
        bot.presences.clear()
        after = im.count()
        os.kill(old, signal.SIGABRT)
        begun, late = time.monotonic(), Lateness()
        im.wait('ended', after=after)
        for number in range(20):
            im.do('send', 'x', to=ANNA, text=f'queued {number}', tag=f'queued {number}')
        running = im.wait('running', 2, after)
        self.assertLess(time.monotonic() - begun, 2 * SLOWNESS + late.end())
        self.assertNotEqual(running['pid'], str(old))
        im.wait('state', after=after, id='x', state='online')
        im.wait('state', after=after, id='t', state='online')
        bot.wait_message('queued 19')
        self.assertEqual(bot.texts(OFFHOOK), [f'queued {n}' for n in range(20)])
        wait_for('the status after the crash', lambda: (OFFHOOK, 'away') in bot.presences)
        self.assertEqual(len(im.events('question', kind='certificate')), 1)

    def test_message_that_crashes(self):
        """It is tried twice, then given up; the next one is delivered."""
        im = self.im
        self.add()
        im.sign_in('t', certificate=False)
        self.send('before')
        im.wait('message', text='echo: before')
        after = im.count()
        self.send('crash')
        self.send('after')
        failed = im.wait('not-sent', after=after, tag='crash')
        self.assertEqual(failed['code'], FAILED)
        im.wait('message', after=after, text='echo: after')
        self.assertEqual(len(im.events('ended')), 2)
        self.assertEqual(len(im.events('message', text='echo: after')), 1)

    def test_hang(self):
        """A process that is stuck is killed, and what it had in hand does not block the rest."""
        im = self.im
        self.add()
        im.sign_in('t', certificate=False)
        after = im.count()
        os.kill(im.engine_pid(), signal.SIGSTOP)
        self.send('while stuck')
        im.wait('ended', 15, after)
        im.wait('message', 15, after, text='echo: while stuck')

    def test_work(self):
        """A process that works for long without answering is left alone, as long as it is heard of."""
        im = self.im
        self.add()
        im.sign_in('t', certificate=False)
        self.send('work')
        self.send('while at work')
        im.wait('message', 60, text='echo: work')
        im.wait('message', 15, text='echo: while at work')
        self.assertEqual(im.events('ended'), [])

    def test_form(self):
        """A plug-in's form comes as data and its answer goes back; closing it refuses."""
        im = self.im
        self.add()
        im.sign_in('t', certificate=False)
        self.send('form')
        form = im.wait('question', kind='fields')
        self.assertEqual((form['id'], form['title'], form['who']), ('t', 'A form', 'somebody'))
        fields = {f['name']: f for f in form['fields']}
        self.assertEqual(fields['colour']['choices'], ['0', '1'])
        self.assertEqual(fields['name']['value'], "'nobody'")
        im.do('answer', question=form['question'], button=0,
              values={'name': 'Ann', 'sure': True, 'colour': '1'})
        im.wait('message', text='Ann|1|1')
        im.wait('question-closed', question=str(form['question']))
        after = im.count()
        self.send('form')
        form = im.wait('question', after=after, kind='fields')
        im.do('answer', question=form['question'], button=-1)
        im.wait('message', after=after, text='refused')
        im.do('answer', question=form['question'], button=0)
        im.wait('error', text='no such question')

    def test_sending(self):
        """What cannot be sent is answered with its reason, at once or when its time is over."""
        im = self.im
        self.add()
        self.send('too late', timeout=1)
        self.assertEqual(im.wait('not-sent', tag='too late')['code'], TIMEOUT)
        self.send('waits')
        im.sign_in('t', certificate=False)
        im.wait('sent', tag='waits')
        self.send('too big')
        refused = im.wait('not-sent', tag='too big')
        self.assertEqual(refused['code'], FAILED)
        self.assertIn('too large', refused['text'])
        im.do('send', 't', to='somebody', text='x' * 65537, tag='huge')
        self.assertEqual(im.wait('not-sent', tag='huge')['code'], LIMIT)
        after = im.count()
        im.do('sign-out', 't')
        im.wait('state', after=after, id='t', state='offline')
        self.send('never')
        im.do('remove', 't')
        self.assertEqual(im.wait('not-sent', tag='never')['code'], CLOSED)

    def is_back(self):
        """The account is online in the process that lives."""
        news = self.im.events()
        last = max(i for i, said in enumerate(news) if said['event'] == 'ended')
        return any(said['event'] == 'state' and (said['id'], said['state']) == ('t', 'online')
                   for said in news[last:])

    def test_sign_in_that_crashes(self):
        """An account that ends the process at each sign-in is given up, and the others stay."""
        im = self.im
        self.add()
        im.sign_in('t', certificate=False)
        self.add('bad', password='crash')
        im.do('sign-in', 'bad')
        failed = im.wait('state', 30, id='bad', failed='yes')
        self.assertEqual(failed['reason'], 'protocol')
        wait_for('the other account to be back', self.is_back, 15)
        self.assertFalse(im.events('state', id='t', failed='yes'))
        ended = len(im.events('ended'))
        self.assertLessEqual(ended, 4)
        self.send('still here')
        im.wait('message', text='echo: still here')
        time.sleep(3)
        self.assertEqual(len(im.events('ended')), ended)

    def test_strangers(self):
        """Any number of people who write once do not fill the engine's memory."""
        if os.environ.get('OFFHOOK_SANITIZED'):
            self.skipTest('a sanitizer keeps what was freed')
        im = self.im
        self.add()
        im.sign_in('t', certificate=False)

        def let_write(rounds):
            for number in rounds:
                im.do('send', 't', to='somebody', text='strangers', tag=f'strangers {number}')
                im.wait('sent', tag=f'strangers {number}')
            self.send(f'after {rounds}')
            im.wait('sent', tag=f'after {rounds}')

        def memory():
            with open(f'/proc/{im.engine_pid()}/smaps_rollup', encoding='ascii') as f:
                return next(int(line.split()[1]) for line in f if line.startswith('Pss:'))

        let_write(range(5))
        before = memory()
        let_write(range(5, 25))
        self.assertLess(memory() - before, 8000)  # KiB; each kept would take more than 1

    def test_passwords(self):
        """Asked at each sign-in, also after a crash; a wrong one is tried once; none is in a file."""
        im = self.im
        self.add(password='wrong')
        im.do('sign-in', 't')
        failed = im.wait('state', id='t', state='offline', failed='yes')
        self.assertEqual((failed['reason'], failed['text']), ('password', 'Wrong'))
        time.sleep(1.5)  # it would have tried again by now
        self.assertEqual(len(im.events('password-asked')), 1)
        im.do('password', 't', password='right')
        im.sign_in('t', certificate=False)
        after = im.count()
        os.kill(im.engine_pid(), signal.SIGKILL)
        im.wait('state', after=after, id='t', state='online')
        self.assertEqual(len(im.events('password-asked')), 3)
        im.do('quit')
        self.assertEqual(im.process.wait(), 0)
        for path in glob.glob(f'{im.folder}/**', recursive=True):
            if os.path.isfile(path) and not path.endswith('.so'):
                with open(path, 'rb') as f:
                    self.assertNotIn(b'right', f.read(), path)
        self.assertFalse(os.path.exists(f'{im.folder}/accounts.xml'))

    def test_accounts(self):
        """Unknown protocols and options, two of one id: refused with a reason; the rest goes on."""
        im = self.im
        im.do('add', 'p', protocol='prpl-nowhere', username='demo')
        self.assertEqual(im.wait('state', id='p', failed='yes')['reason'], 'protocol')
        im.do('add', 'o', protocol='prpl-irc', username='demo@127.0.0.1', options={'nonsense': 1})
        self.assertEqual(im.wait('state', id='o', failed='yes')['reason'], 'settings')
        self.add()
        self.add()
        im.wait('error', id='t')
        im.do('add', 'empty', protocol='prpl-irc', username='')
        im.wait('error', id='empty')
        im.sign_in('t', certificate=False)


if __name__ == '__main__':
    main()
