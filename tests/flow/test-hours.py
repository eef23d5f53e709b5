#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a user usually answers at an hour: learned from real calls, shown, forgotten, switched off."""
import time

from harness import main, wait_for
from harness.answers import Zone, seed_answers
from harness.im import add_xmpp_account, engine_env
from harness.imflow import ANNA, BEN, CALLS, USERS, ImFlowCase
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

LONG_AGO = 45 * 60 + 2  # s: nobody was there lately
BEN_ID = 2  # the second identity that is added
USUAL = 'where the user usually answers at this hour'


class Hours(ImFlowCase):
    def start(self, *rules, **options):
        self.zone = Zone()
        self.prosody = Prosody(self.world, USERS)
        self.start_server(env=engine_env(self.world) | {'TZ': self.zone.name}, **options)
        self.server.ctl('user', 'set', 'anna', *rules)
        add_xmpp_account(self.server, self.prosody, CALLS)

    def identity(self, name):
        return next(i for i in self.server.ctl_json('im', 'identity', 'list') if i['name'] == name)

    def bot(self, name):
        """Somebody's program that nobody has used for long."""
        if not any(i['name'] == name for i in self.server.ctl_json('im', 'identity', 'list')):
            self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', name, '--verified')
        bot = XmppBot(self.world, self.prosody, name)
        wait_for(f'{name} to be there', lambda: self.identity(name)['presence'] == 'available', 20)
        self.leave(bot)
        return bot

    def leave(self, bot):
        bot.set_idle(LONG_AGO)
        wait_for(f'{bot.address} to be idle', lambda: abs(
            time.time() - LONG_AGO - self.identity(bot.address)['active']) < 60)

    def call(self, **options):
        """It is the last one of the event stream when this returns, and it is known who rings."""
        before = self.count_located()
        caller = self.caller(name=f'caller{before}', **options)
        wait_for('the call', lambda: self.count_located() > before)
        return caller

    def count_located(self):
        return len([e for e in self.server.events() if e['event'] == 'located'])

    def end_call(self, caller):
        """The caller gives up."""
        caller.stop()
        self.wait_ended()

    def answered(self):
        """The event of the last call."""
        return self.server.wait_call_event('answered')

    def hours(self, *words):
        return self.server.ctl_json('hours', 'anna', *words)

    def day_kind(self):
        return 'weekends' if self.zone.is_weekend() else 'weekdays'

    def check_first(self, *lines):
        """The beginning of what `why` says of who rings in the last call."""
        said = [line.strip() for line in self.server.ctl('why', 'last').splitlines()]
        self.assertEqual([line for line in said if line.startswith('rings ') and ':' in line]
                         [:len(lines)], list(lines), said)

    def test_learned_from_calls(self):
        """Anna answers four calls by replies as BEN: from then on that program is told before
        the other one, but not before a device that was used just now; off and forgotten, both are told at
        once as before."""
        self.start('--next-delay', '1', '--default-option', '9', '--decline-action', 'busy')
        anna, ben = self.bot(ANNA), self.bot(BEN)
        laptop = self.device(talk=True, ring_only=True)
        self.server.ctl('device', 'set', laptop.account['device_id'], '--evidence', 'weak')
        self.assertEqual(self.hours(), {'user': 'anna', 'learn_hours': 'on', 'answers': 0,
                                        'hours': [], 'table': []})
        self.assertEqual(self.server.ctl('hours', 'anna').strip(),
                         'Learning where anna usually answers is on; 0 answers are known.')
        for n in range(4):
            caller = self.call(hang_up_after=0.3)
            self.texts(ben, 2 * n + 1)
            ben.send(CALLS, '1')
            self.assertTrue(caller.result()['answered'])
            self.wait_ended()
            event = self.answered()
            self.assertEqual(event['identity'], BEN_ID)
            self.assertEqual(event['device'], laptop.account['device_id'])
            self.texts(ben, 2 * n + 2)
            for bot in (anna, ben):
                self.leave(bot)
        learned = self.hours()
        self.assertEqual(learned['answers'], 4)
        self.assertEqual(learned['hours'], [{
            'days': self.day_kind(), 'from': 11, 'to': 14, 'place': f'im:{BEN_ID}',
            'name': BEN, 'protocol': 'prpl-jabber', 'answered': 4, 'of': 4}])
        self.assertEqual([(r['hour'], r['name'], r['answered'], r['usual'])
                          for r in learned['table']], [(12, BEN, 4, True)])
        self.assertRegex(self.server.ctl('hours', 'anna'),
                         rf'{self.day_kind()} +11-14 +{BEN} +prpl-jabber +4 +4\n')

        caller = self.call()  # the laptop has answered just now
        self.server.wait_call_event('step')
        self.end_call(caller)
        self.check_first('rings at once: laptop (tls 127.0.0.1), used just now',
                         f'rings after 1 s: {BEN} (xmpp), {USUAL} (4 of 4)',
                         f'rings after 2 s: {ANNA} (xmpp), not used for 45 min')
        place = next(p for p in self.history(laptop.account)[-1]['places'] if p['name'] == BEN)
        self.assertEqual(place, {'name': BEN, 'protocol': 'prpl-jabber', 'step': 1,
                                 'why': 'usual-hour', 'number': 4, 'of': 4})

        laptop.stop()
        wait_for('the sign-out', lambda: not self.server.ctl_json('registrations'))
        count = len(anna.texts(CALLS))
        caller = self.call()
        wait_for('anna to be told', lambda: len(anna.texts(CALLS)) > count, 20)
        self.end_call(caller)
        self.check_first(f'rings at once: {BEN} (xmpp), {USUAL} (4 of 4)',
                         f'rings after 1 s: {ANNA} (xmpp), not used for 45 min')
        self.check_last_offers(anna, ben)

        equal = [f'rings at once: {name} (xmpp), not used for 45 min' for name in (ANNA, BEN)]
        self.server.ctl('user', 'set', 'anna', '--learn', 'off')
        self.assertEqual(self.server.ctl_json('user', 'list')[0]['learn_hours'], 'off')
        self.end_call(self.call())
        self.check_first(*equal)
        self.assertIn('is off; 4 answers are known', self.server.ctl('hours', 'anna'))
        self.server.ctl('user', 'set', 'anna', '--learn', 'on', '--order', 'together')
        self.end_call(self.call())
        self.check_first(*[f"rings at once: {name} (xmpp), all at once by the user's rule"
                           for name in (ANNA, BEN)])
        self.server.ctl('user', 'set', 'anna', '--order', 'activity')
        self.server.ctl('hours', 'forget', 'anna')
        self.assertEqual(self.hours()['answers'], 0)
        self.end_call(self.call())
        self.check_first(*equal)

    def check_last_offers(self, anna, ben):
        """Ben's program was told before anna's, by about the second that the rule says."""
        offers = [max(at for at, text in zip(bot.times, bot.texts(CALLS)) if 'Call from' in text
                      and 'answer' in text) for bot in (anna, ben)]
        self.assertGreater((offers[0] - offers[1]) / 1e6, 0.5)

    def test_past_weeks(self):
        """What some weeks left behind: read at the start, shown by hour; no longer kept than the history,
        and gone with its device."""
        self.start()
        phones = {name: self.server.sign_in(
            'anna', device=name, instance=f'urn:uuid:00000000-0000-4000-8000-{n:012d}')['device_id']
                  for n, name in enumerate(('laptop', 'desktop', 'kitchen'))}
        self.server.process.end()
        seed_answers(self.server, self.zone, [
            (False, 9, phones['laptop'], 4), (False, 10, phones['laptop'], 4),
            (False, 15, phones['desktop'], 4), (False, 10, phones['desktop'], 1),
            (True, 19, phones['kitchen'], 4), (True, 9, phones['laptop'], 1)])
        self.server.start()
        learned = self.hours()
        spans = [(s['days'], s['from'], s['to'], s['name']) for s in learned['hours']]
        self.assertEqual(spans, [('weekdays', 8, 12, 'laptop'), ('weekdays', 14, 17, 'desktop'),
                                 ('weekends', 18, 21, 'kitchen')])
        self.assertEqual(learned['hours'][0]['answered'], 40)
        self.assertEqual(learned['hours'][0]['of'], 45)
        said = self.server.ctl('hours', 'anna')
        self.assertRegex(said, r'weekdays +10-11 +desktop +5 +no\n')
        self.assertRegex(said, r'weekends +09-10 +laptop +2 +no\n')
        self.server.ctl('device', 'revoke', phones['desktop'])
        self.assertNotIn('desktop', self.server.ctl('hours', 'anna'))

        self.server.options['extra'] = '[retention]\nhistory_days=7\n'
        self.server._write_config()  # pylint: disable=protected-access
        self.server.restart()
        wait_for('what is too old to go', lambda: self.hours()['answers'] <= 7 * 4)
        learned = self.hours()
        self.assertEqual(sum(row['answered'] for row in learned['table']), learned['answers'])
        self.assertEqual({row['name'] for row in learned['table']}, {'laptop', 'kitchen'})
        self.server.ctl('user', 'remove', 'anna')
        self.server.add_user('anna', '100')
        self.assertEqual(self.hours()['answers'], 0)


if __name__ == '__main__':
    main()
