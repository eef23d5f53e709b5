#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told first: devices and identities by activity, presence and the user's rules."""
import time
import zlib

from harness import Lateness, main, wait_for
from harness.flow import FlowCase
from harness.im import engine_env
from harness.process import SLOWNESS
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

CALLS = 'calls@one.test'
ANNA = 'anna@one.test'
BEN = 'ben@one.test'
USERS = {CALLS: 'Server secret 1', ANNA: 'Bot secret 2', BEN: 'Bot secret 3'}


class Order(FlowCase):
    """Anna has a laptop that is always signed in, and up to two identities."""

    def set_rules(self, *words):
        self.server.ctl('user', 'set', 'anna', *words)

    def start(self, *rules):
        self.prosody = Prosody(self.world, USERS)
        self.start_server(env=engine_env(self.world))
        self.set_rules('--decline-action', 'busy', *rules)
        self.server.ctl('im', 'account', 'add', 'xmpp', '--protocol', 'xmpp', '--username',
                        CALLS + '/offhook', '--option', 'connect_server=127.0.0.1', '--option',
                        f'port={self.prosody.port}', '--password-stdin', '--fingerprint',
                        self.prosody.fingerprint('one.test'), stdin=USERS[CALLS] + '\n')

    def identity(self, name):
        return next(i for i in self.server.ctl_json('im', 'identity', 'list') if i['name'] == name)

    def bot(self, name, *words):
        """Somebody's program, seen by the server; it has not been used since then."""
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', name, '--verified')
        if words:
            self.server.ctl('im', 'identity', 'set', 'xmpp', name, *words)
        bot = XmppBot(self.world, self.prosody, name)
        self.wait_presence(name, 'available')
        return bot

    def wait_presence(self, name, presence):
        wait_for(f'{name} to be {presence}', lambda: self.identity(name)['presence'] == presence, 20)

    def use(self, bot):
        """The person does something there."""
        bot.send(CALLS, 'Good morning')
        wait_for('the activity', lambda: self.identity(bot.address)['active'] > 0)

    def laptop(self, name='laptop', evidence='weak', **options):
        """Weak: that it signs in says nothing of anna."""
        account = self.server.sign_in('anna', device=name, instance='urn:uuid:00000000-0000-4000-'
                                      f'8000-{zlib.crc32(name.encode()):012d}')
        self.server.ctl('device', 'set', account['device_id'], '--evidence', evidence)
        return self.device(name, account=account, **options)

    def count_calls(self):
        return len([e for e in self.server.events() if e['event'] == 'arrived'])

    def call(self, **options):
        """It is the last one of the event stream when this returns."""
        before = self.count_calls()
        caller = self.caller(name=f'caller{before}', **options)
        wait_for('the call', lambda: self.count_calls() > before)
        return caller

    def events(self, kind):
        """Of the last call."""
        return [e for e in self.server.call_events() if e['event'] == kind]

    def wait_told(self, bot, count=1):
        return wait_for(f'{count} messages at {bot.address}', lambda: len(bot.texts(CALLS)) >= count
                        and bot.texts(CALLS), 20)

    def seconds_to_step(self, n=0):
        steps = wait_for(f'step {n + 1}', lambda: self.events('step')[n:])
        return (steps[0]['mono'] - self.events('offered')[0]['mono']) / 1e6

    def why(self):
        return self.server.ctl('why', 'last')

    def check_why(self, *lines):
        """Its lines, in this order; others may lie between."""
        said = self.why()
        place = 0
        for line in lines:
            self.assertIn(line + '\n', said[place:], said)
            place = said.index(line + '\n', place)

    def decline(self, bot, caller):
        bot.send(CALLS, '9')
        self.assertEqual(caller.result()['status'], 486)
        self.wait_ended()

    def test_used_last_goes_first(self):
        """The program that anna has just used is told at once, her laptop 2 s later; who chooses ends it
        for both. A reply before the second step: the laptop was never told."""
        self.start('--next-delay', '2')
        bot = self.bot(ANNA)
        laptop = self.laptop(ring_only=True)
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', BEN)
        self.use(bot)
        caller = self.call()
        offer = self.wait_told(bot)[0]
        self.assertIn('1 answer on laptop, ', offer, 'it will ring there')
        laptop.wait_event('arrived')
        self.assertGreaterEqual(self.seconds_to_step(), 1.95)
        wait_for('both to ring', lambda: len(self.events('ringing')) == 2)
        self.decline(bot, caller)
        self.assertEqual(laptop.result()['reason_cause'], 603)
        self.assert_events('located', 'offered', 'ringing', 'step', 'ringing', 'declined', 'ended')
        self.check_why(f'rings at once: {ANNA} (xmpp), used just now',
                       'rings after 2 s: laptop (tls 127.0.0.1), always online, used or not',
                       f'not {BEN} (xmpp): not verified')
        call = self.history(laptop.account)[-1]
        self.assertEqual(call['rings'], [
            f'at once: {ANNA} (xmpp), used just now',
            'after 2 s: laptop (tls 127.0.0.1), always online, used or not'])
        self.assertEqual(call['silent'], [f'{BEN} (xmpp): not verified'])
        self.assertEqual(call['places'], [
            {'name': BEN, 'protocol': 'prpl-jabber', 'step': -1, 'why': 'not-verified'},
            {'name': ANNA, 'protocol': 'prpl-jabber', 'step': 0, 'why': 'used'},
            {'name': 'laptop', 'step': 1, 'why': 'weak'}])
        self.assertEqual(call['steps'], 2)

    def wait_idle(self, bot, seconds, **how):
        bot.set_idle(seconds, **how)
        wait_for(f'{bot.address} to be idle', lambda: abs(
            time.time() - seconds - self.identity(bot.address)['active']) < 30)

    def test_idle_programs(self):
        """What programs say of when they were used last counts, in the old way of XMPP and in the new; it
        changes with them."""
        self.start('--next-delay', '1', '--default-option', '9')
        anna, ben = self.bot(ANNA), self.bot(BEN)
        self.use(anna)  # and left then
        self.wait_idle(anna, 422)
        self.wait_idle(ben, 182, old=True)
        caller = self.call()
        self.wait_told(ben)
        self.wait_told(anna)
        self.assertGreaterEqual(self.seconds_to_step(), 0.95)
        self.end_call(caller)
        self.check_why(f'rings at once: {BEN} (xmpp), used 3 min ago',
                       f'rings after 1 s: {ANNA} (xmpp), used 7 min ago')
        self.wait_idle(ben, 45 * 60 + 2)
        caller = self.call()
        self.wait_told(anna, 3)
        self.wait_told(ben, 3)
        self.assertGreaterEqual(self.seconds_to_step(), 0.95)
        self.end_call(caller)
        self.check_why(f'rings at once: {ANNA} (xmpp), used 7 min ago',
                       f'rings after 1 s: {BEN} (xmpp), not used for 45 min')

    def test_the_others_hear_nothing(self):
        """Answered before their turn came: they were never told. All at once: nobody waits."""
        self.start('--next-delay', '8')
        bot = self.bot(ANNA)
        laptop = self.laptop(evidence='strong', ring_only=True)
        caller = self.call(hang_up_after=0.5)
        laptop.wait_event('arrived')
        laptop.answer()
        self.assertTrue(caller.result()['answered'])
        self.wait_ended()
        self.check_why('rings at once: laptop (tls 127.0.0.1), used just now',
                       f'rings after 8 s: {ANNA} (xmpp), online')
        self.assertEqual(self.events('step'), [])
        self.assertEqual(self.history(laptop.account)[-1]['steps'], 1)
        self.set_rules('--order', 'together')
        caller = self.call(hang_up_after=0.5)
        self.assertIn('Call from Demo Caller (555100) for 100.', self.wait_told(bot)[0])
        wait_for('the second call at the laptop', lambda: [
            e['event'] for e in laptop.events()].count('arrived') == 2)
        laptop.answer()
        self.assertTrue(caller.result()['answered'])
        self.assertIn('answered on laptop', self.wait_told(bot, 2)[1], 'the first call left nothing')
        self.wait_ended()
        self.assertEqual(self.events('step'), [])
        wait_for('both results', lambda: len(laptop.results()) == 2)

    def test_answered_by_a_reply_before_its_turn(self):
        """The laptop would ring in 10 s; 'answer' does not wait for that."""
        self.start('--next-delay', '10')
        bot = self.bot(ANNA)
        self.laptop(ring_only=True, talk=True)
        self.use(bot)
        caller = self.call(hang_up_after=0.5)
        self.wait_told(bot)
        bot.send(CALLS, '1')
        self.assertTrue(caller.result()['answered'])
        self.assert_events('offered', 'asked', 'answered', 'ended')
        self.assertEqual(self.events('step'), [])

    def end_call(self, caller):
        """The caller gives up."""
        caller.stop()
        self.wait_ended()

    def test_away_and_do_not_disturb(self):
        self.start('--next-delay', '1', '--default-option', '9')
        anna, ben = self.bot(ANNA), self.bot(BEN)
        laptop = self.laptop(ring_only=True)
        anna.set_presence('away')
        self.wait_presence(ANNA, 'away')
        caller = self.call()
        self.wait_told(ben)
        laptop.wait_event('arrived')
        self.wait_told(anna)
        self.assertGreaterEqual(self.seconds_to_step(1) - self.seconds_to_step(), 0.95)
        self.end_call(caller)
        self.check_why(f'rings at once: {BEN} (xmpp), online',
                       'rings after 1 s: laptop (tls 127.0.0.1), always online, used or not',
                       f'rings after 2 s: {ANNA} (xmpp), away, and so later')

        self.set_rules('--away', 'skip')
        caller = self.call()
        wait_for('the step', lambda: len(laptop.results()) == 1 and self.events('step'), 15)
        wait_for('the second call at the laptop', lambda: [
            e['event'] for e in laptop.events()].count('arrived') == 2)
        self.end_call(caller)
        self.check_why(f"not {ANNA} (xmpp): away, and so left out by the user's rule")
        self.wait_told(anna, 2)

        self.set_rules('--dnd', 'message')
        anna.set_presence('dnd')
        self.wait_presence(ANNA, 'busy')
        wait_for('the end at the laptop', lambda: len(laptop.results()) == 2)
        caller = self.call()
        self.assertIn('None of your devices', self.wait_told(anna, 3)[2])
        self.end_call(caller)
        self.check_why(f'rings at once: {ANNA} (xmpp), told by message only',
                       f'rings at once: {BEN} (xmpp), told by message only',
                       'not laptop: do not disturb: told by message only')
        told = [len(self.wait_told(anna, 4)), len(self.wait_told(ben, 6))]

        self.set_rules('--dnd', 'default')
        self.assertEqual(self.call().result()['status'], 480)
        self.wait_ended()
        self.assertIn(f'do not disturb at {ANNA} (xmpp); nothing rings', self.why())
        self.assertEqual(self.events('offered'), [])
        self.assertEqual([len(anna.texts(CALLS)), len(ben.texts(CALLS))], told)
        self.assertEqual(len(laptop.results()), 2)

    def test_ranks_and_weak_evidence(self):
        """A service that shows everybody as online for ever goes last, but where the user says so."""
        self.start('--next-delay', '1')
        anna = self.bot(ANNA)
        ben = self.bot(BEN, '--evidence', 'weak', '--rank', '1')
        caller = self.call()
        self.wait_told(anna)
        self.wait_told(ben)
        self.assertGreaterEqual(self.seconds_to_step(), 0.95)
        self.end_call(caller)
        self.check_why(f'rings at once: {ANNA} (xmpp), online',
                       f'rings after 1 s: {BEN} (xmpp), always online, used or not')

        laptop = self.laptop(ring_only=True)
        self.server.ctl('device', 'set', laptop.account['device_id'], '--rank', '2')
        self.set_rules('--order', 'rank')
        caller = self.call()
        wait_for('both steps', lambda: len(self.events('step')) == 2, 15)
        self.end_call(caller)
        self.check_why(f'rings at once: {BEN} (xmpp), rank 1',
                       'rings after 1 s: laptop (tls 127.0.0.1), rank 2',
                       f'rings after 2 s: {ANNA} (xmpp), no rank')
        self.assertIn('rank', self.server.ctl('user', 'list'))

    def test_who_comes_online_joins(self):
        """Somebody who signs in on XMPP, comes back to the keyboard or starts a program while it rings is
        told within a second; who is still not to be disturbed is not."""
        self.start('--order', 'together', '--default-delay', '60')
        ben = self.bot(BEN)
        ben.set_presence('dnd')
        self.wait_presence(BEN, 'busy')
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', ANNA, '--verified')
        laptop = self.laptop(ring_only=True)
        caller = self.call()
        laptop.wait_event('arrived')
        anna = XmppBot(self.world, self.prosody, ANNA)
        self.assertIn('Call from Demo Caller (555100) for 100.', self.wait_told(anna)[0])
        self.assertEqual(ben.texts(CALLS), [])
        back, late = time.monotonic_ns() // 1000, Lateness()
        ben.set_presence('')
        self.wait_told(ben)
        self.assertLess((ben.times[0] - back) / 1e6, SLOWNESS + late.end())
        desktop = self.laptop('desktop', ring_only=True)
        desktop.wait_event('arrived')
        ben.set_presence('dnd')
        ben.set_presence('')
        self.decline(ben, caller)
        self.assertEqual([e['reason'] for e in self.events('joined')], [
            f'{n}: came online while it rang' for n in (ANNA, BEN, 'desktop')])
        call = self.history(laptop.account)[-1]
        self.assertEqual([p['name'] for p in call['places'] if p['why'] == 'came-online'],
                         [ANNA, BEN, 'desktop'])
        self.wait_told(ben, 2)
        self.assertEqual(len(ben.texts(CALLS)), 2, 'one offer, one outcome')

    def test_nobody_is_waited_for_in_vain(self):
        """The first cannot ring: the next is told at once, whatever the delay. Somebody who signs in while
        it rings joins."""
        self.start('--next-delay', '60')
        bot = self.bot(ANNA)
        self.laptop(evidence='strong', reject=480, answer_after=100)
        caller = self.call()
        self.wait_told(bot)
        self.assertIn('rings after 10 s', self.why(), 'no later than half of the time')
        self.assertLess(self.seconds_to_step(), 5)
        self.assertIn('nobody before could be reached', self.events('step')[0]['reason'])
        desktop = self.laptop('desktop', ring_only=True)
        desktop.wait_event('arrived')
        self.decline(bot, caller)


if __name__ == '__main__':
    main()
