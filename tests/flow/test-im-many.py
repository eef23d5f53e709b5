#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls offered at once, as fast as each service bears: each lands, none at somebody else."""
from harness import main, wait_for
from harness.flow import FlowCase
from harness.im import engine_env
from harness.ircbot import IrcBot
from harness.manyoffers import ManyOffers
from harness.ngircd import Ngircd
from harness.process import SLOWNESS

COUNT = 200
USUAL_S = 1.0  # that an offer may take, and where the machine is slow:
BOUND_S = 5.0


class Many(FlowCase):
    delay = 60

    def check_offers(self, many):
        """Each to whom it is for, in time."""
        took = many.times(self.server)
        print(f'# {COUNT} offers: median {took[COUNT // 2] * 1000:.0f} ms, p95 '
              f'{took[COUNT * 19 // 20] * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms; '
              f'{sum(t > USUAL_S for t in took)} took more than {USUAL_S:g} s', flush=True)
        self.assertLess(took[-1], BOUND_S * SLOWNESS)

    def open_and_settle_all(self, accounts, words=(), **options):
        many = ManyOffers(self.world, accounts, COUNT, **options)
        self.start_server(env=engine_env(self.world))
        many.sign_in(self.server, self.delay, words)
        sipp = many.call_all(self.server)
        many.crowd.wait_messages(COUNT, 60)
        self.assertNotIn('declined', {e['event'] for e in self.server.events()})
        self.check_offers(many)
        many.refuse_all()
        self.assertTrue(sipp.wait(150), sipp.process.tail())
        many.crowd.wait_messages(2 * COUNT, 60)
        for n in many.numbers():
            texts = many.crowd.texts(many.address(n))
            self.assertEqual(len(texts), 2, texts)
            self.assertRegex(texts[1], rf'^Call from Demo Sipp \(555{n}\): declined at')
        calls = {e['call']: e['called'][1:] for e in self.server.events()
                 if e['event'] == 'arrived'}
        for event in self.server.events():
            if event['event'] == 'declined':
                n = calls.pop(event['call'])
                self.assertIn(f'by {many.address(n)} (', event['reason'])
        self.assertEqual(calls, {})

    def test_one_account(self):
        """The service bears what comes: its limits are raised, and the account says so."""
        self.open_and_settle_all(['calls'], words=['--rate', '200'])

    def test_several_accounts(self):
        """The usual limits of Prosody and of ours, over five accounts."""
        self.open_and_settle_all([f'calls{i}' for i in range(5)], limited=True)


class Irc(FlowCase):
    delay = 60
    nicks = ['anna', 'berta', 'carl', 'dora']

    def test_overtaken(self):
        """IRC bears a line in two seconds after the first five: of four offers at once some still wait
        when the callers give up, and are never sent, nor is what became of them. Over another account
        an offer lands at once meanwhile."""
        ngircd = Ngircd(self.world)
        bots = {nick: IrcBot(self.world, ngircd, nick) for nick in self.nicks + ['emil']}
        self.start_server(env=engine_env(self.world))
        for name in ('one', 'two'):
            self.server.ctl('im', 'account', 'add', name, '--protocol', 'irc', '--username',
                            f'{name}@127.0.0.1', '--option', f'port={ngircd.port}')
        self.server.control([command for n, nick in enumerate(bots) for command in (
            {'command': 'user-add', 'user': f'u{n}', 'name': nick, 'default_delay': 60},
            {'command': 'number-add', 'number': f'7{n}', 'user': f'u{n}'},
            {'command': 'im-identity-add', 'user': f'u{n}', 'name': nick, 'verified': True,
             'account': 'two' if nick == 'emil' else 'one'})])
        wait_for('all to be seen', lambda: all(
            i['presence'] == 'available' for i in self.server.ctl_json('im', 'identity', 'list')),
            90, 0.5)
        callers = [self.caller(f'7{n}', f'caller{n}', cancel_after=2500)
                   for n in range(len(self.nicks))]
        wait_for('the first offer', lambda: any(bots[n].messages for n in self.nicks))
        emils = self.caller('74', 'emils')
        wait_for('the offer over the other account', lambda: bots['emil'].messages)
        emils.stop()
        for caller in callers:
            caller.result()
        wait_for('nothing to wait any more', lambda: [a['waiting'] for a in self.server.ctl_json(
            'im', 'account', 'list')] == [0, 0], 40)
        events = self.server.events()
        called = {e['call']: int(e['called'][1:]) for e in events if e['event'] == 'arrived'}
        told = {list(bots)[called[e['call']]] for e in events if e['event'] == 'ringing'}
        self.assertIn('emil', told)
        self.assertIn(len(told), (2, 3))
        for nick in told:
            wait_for(f'the outcome at {nick}', lambda n=nick: bots[n].messages
                     and 'the caller gave up' in bots[n].messages[-1][1], 40)
        self.assertEqual({nick for nick, bot in bots.items() if bot.messages}, told)


if __name__ == '__main__':
    main()
