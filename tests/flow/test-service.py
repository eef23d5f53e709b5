#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call server on this computer as a service of a real systemd user manager: it outlives the
client, is started again when it dies and at the next login, and goes when it is not needed."""
import glob
import json
import os
import signal

from harness import main, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.phone import Phone
from harness.systemd import UserManager
from harness.world import find_program

SERVICE, CHILD = '1', '2'  # OhEmbeddedMode


class Service(FlowCase):
    def setUp(self):
        super().setUp()
        self.home = self.world.add(Headless(self.world, start=False))
        self.manager = self.world.add(UserManager(self.world, self.home.env()))
        self.world.things.reverse()  # the client is ended first

    def start(self, install=True):
        """The client sets up a server; returns its mode."""
        self.home.extra = {'OFFHOOK_DAEMON_PATH': '',
                           'SYSTEMD_UNIT_PATH': self.manager.env['SYSTEMD_UNIT_PATH']}
        programs = self.manager.install() if install else os.path.dirname(find_program('offhookd'))
        self.home.extra['PATH'] = programs + ':' + os.environ['PATH']
        self.manager.start()
        self.home.start()
        self.home.say('embedded', 'Demo User')
        mode = self.home.wait_new('embedded-mode', timeout=30)['mode']
        self.home.wait_new('account', timeout=30, state='online')
        return mode

    def run_file(self):
        found = glob.glob(self.home.home + '/**/run.json', recursive=True)
        try:
            with open(found[0], encoding='utf-8') as f:
                return json.load(f)
        except (IndexError, FileNotFoundError):  # it may go between the two
            return None

    def lives(self):
        run = self.run_file()
        return run and os.path.exists(f'/proc/{run["pid"]}') and run

    def ctl(self, *words):
        config = os.path.join(self.home.home, 'config', 'offhook', 'offhookd.conf')
        return self.world.run([find_program('offhookctl'), '--config', config, *words])

    def wait_service(self, question, answer):
        wait_for(f'the service to be {answer}', lambda: self.manager.ctl(
            question, 'offhookd.service').strip() == answer, 15)

    def quit_client(self):
        self.home.say('quit')
        self.home.process.wait(15)

    def test_voicemail_while_the_client_is_closed(self):
        self.assertEqual(self.start(), SERVICE)
        self.home.say('echo')
        self.home.wait_new('call', state='active')
        self.home.say('hang-up')
        self.ctl('trunk', 'add', 'provider', '--kind', 'address', '--trusted', '127.0.0.1')
        self.quit_client()
        run = self.lives()
        self.assertTrue(run, 'the server ended with the client')
        caller = Phone(self.world, 'caller', f'sip:100@127.0.0.1:{run["sip"]["udp"]};transport=udp',
                       **{'from': 'sip:555100@127.0.0.1'}, listen='udp:127.0.0.1:0', max_time=60,
                       play=self.marked('caller'), play_delay=5000, hang_up_after=12)
        self.assertTrue(caller.result(50)['answered'], 'no voicemail while the client is closed')
        self.home.start()
        self.home.wait('embedded-mode', timeout=20, mode=SERVICE)
        self.home.wait('voicemails', timeout=30, count='1')
        self.assertEqual(self.lives()['pid'], run['pid'], 'the same server')

    def test_found_again_after_it_was_killed(self):
        self.start()
        before = self.lives()
        self.home.mark()
        os.kill(before['pid'], signal.SIGKILL)
        self.home.wait_new('account', timeout=30, state='retrying')
        self.home.wait_new('account', timeout=40, state='online')
        self.assertNotEqual(self.lives()['pid'], before['pid'])

    def test_runs_again_at_the_next_login(self):
        """With no client. (Lingering is that at the machine's start.)"""
        self.start()
        before = self.lives()
        self.quit_client()
        self.manager.stop()
        wait_for('the end of the server', lambda: not self.lives(), 15)
        self.manager.start()
        self.wait_service('is-active', 'active')
        self.assertNotEqual(self.lives()['pid'], before['pid'])
        self.home.start()
        self.home.wait('account', timeout=30, state='online')

    def test_goes_with_the_account(self):
        self.start()
        self.home.say('forget')
        self.home.wait_new('forgotten')
        wait_for('the end of the server', lambda: not self.lives(), 15)
        self.wait_service('is-enabled', 'disabled')
        self.wait_service('is-active', 'inactive')
        self.home.say('embedded', 'Demo User')  # and comes back when it is wanted again
        self.home.wait_new('account', timeout=30, state='online')
        self.wait_service('is-enabled', 'enabled')

    def test_child_where_the_unit_is_not_installed(self):
        self.assertEqual(self.start(install=False), CHILD)
        run = self.lives()
        self.quit_client()
        wait_for('the end of the child', lambda: not os.path.exists(f'/proc/{run["pid"]}'), 15)

    def test_unit_is_right(self):
        """systemd's own check of the unit."""
        self.manager.install()
        said = self.world.run([find_program('systemd-analyze'), '--user', 'verify',
                               'offhookd.service'], env=self.manager.env)
        self.assertEqual(said.strip(), '')


if __name__ == '__main__':
    main()
