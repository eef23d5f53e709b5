#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's own rules, over HTTPS: read, changed, refused with a reason, and what calls make of them."""
from harness import main
from harness.im import add_xmpp_account, engine_env
from harness.imflow import ANNA, BEN, CALLS, USERS
from harness.flow import FlowCase
from harness.prosody import Prosody

OTHER = 'urn:uuid:00000000-0000-4000-8000-000000000002'
DEFAULTS = {'order': 'activity', 'next_delay': 5, 'away': 'later', 'dnd': 'skip', 'default_option': 3,
            'learn_hours': True, 'answers': 0, 'hours': [], 'decline_action': 'voicemail', 'language': 'en', 'languages': ['en', 'de']}


class Rules(FlowCase):
    def setUp(self):
        super().setUp()
        self.start_server(env=engine_env(self.world))
        self.laptop = self.server.sign_in('anna', device='laptop')
        self.desktop = self.server.sign_in('anna', device='desktop', instance=OTHER)

    def get(self, who=None):
        status, rules = self.server.http('GET', '/me/rules', token=(who or self.laptop)['token'])
        self.assertEqual(status, 200, rules)
        return rules

    def change(self, status=204, who=None, **rules):
        """The words of the refusal, if it is one."""
        got, reply = self.server.http('PATCH', '/me/rules', rules, (who or self.laptop)['token'])
        self.assertEqual(got, status, reply)
        return reply and reply.get('message')

    def places(self):
        return [p['place'] for p in self.get()['places']]

    def test_read_and_change(self):
        """What is set here offhookctl shows, and the other way round; one change leaves the rest."""
        rules = self.get()
        places = rules.pop('places')
        self.assertEqual(rules, DEFAULTS | {'default_delay': self.delay})
        self.assertEqual(places, [
            {'place': f'device:{self.laptop["device_id"]}', 'name': 'laptop', 'rank': 0,
             'kind': 'device', 'own': True},
            {'place': f'device:{self.desktop["device_id"]}', 'name': 'desktop', 'rank': 0,
             'kind': 'device', 'own': False}])
        self.change(order='rank', next_delay=12)
        self.change(away='skip')
        self.change(dnd='message')
        user = self.server.ctl_json('user', 'list')[0]
        self.assertEqual([user[k] for k in ('ring_order', 'next_delay', 'away_rule', 'dnd_rule')],
                         ['rank', 12, 'skip', 'message'])
        self.server.ctl('user', 'set', 'anna', '--order', 'together', '--dnd', 'default')
        rules = self.get()
        self.assertEqual([rules['order'], rules['dnd'], rules['next_delay']],
                         ['together', 'default', 12])
        self.change(language='de', default_option=9, default_delay=30)
        self.change(decline_action='busy')
        rest = {'language': 'de', 'default_option': 9, 'default_delay': 30, 'decline_action': 'busy'}
        self.assertEqual(self.get(), self.get() | rest)
        user = self.server.ctl_json('user', 'list')[0]
        self.assertEqual(user, user | rest)

    def test_order_of_places(self):
        """The list is the order; who is not in it has no rank. A call keeps to it."""
        prosody = Prosody(self.world, USERS)
        add_xmpp_account(self.server, prosody, CALLS)
        for name in (ANNA, BEN):
            self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', name, '--verified')
        im = {p['name']: p for p in self.get()['places'] if p['kind'] == 'im'}
        self.assertEqual(im[ANNA]['protocol'], 'prpl-jabber')
        self.assertTrue(im[ANNA]['verified'])
        laptop, desktop = (f'device:{a["device_id"]}' for a in (self.laptop, self.desktop))
        wanted = [im[BEN]['place'], desktop, laptop, im[ANNA]['place']]
        self.change(places=wanted)
        self.assertEqual(self.places(), wanted)
        self.assertEqual([p['rank'] for p in self.get()['places']], [1, 2, 3, 4])
        self.change(order='rank', next_delay=1, places=[desktop])
        self.assertEqual(self.places()[0], desktop)
        self.assertEqual([p['rank'] for p in self.get()['places']], [1, 0, 0, 0])
        phones = [self.device(name, account=account, ring_only=True)
                  for name, account in (('laptop', self.laptop), ('desktop', self.desktop))]
        caller = self.caller()
        for phone in phones:
            phone.wait_event('arrived')
        caller.stop()
        self.wait_ended()
        self.assertEqual(self.history(self.laptop)[-1]['rings'], [
            'at once: desktop (tls 127.0.0.1), rank 1',
            'after 1 s: laptop (tls 127.0.0.1), no rank'])
        self.change(places=[])
        self.assertEqual([p['rank'] for p in self.get()['places']], [0, 0, 0, 0])

    def test_refused(self):
        """Each with its reason, and without effect: the rest of the same request neither."""
        self.server.add_user('ben', '200')
        other = self.server.sign_in('ben', device='other', instance=OTHER)
        laptop = f'device:{self.laptop["device_id"]}'
        bens = f'device:{other["device_id"]}'
        self.assertIn('activity, rank or together', self.change(400, order='best'))
        self.assertIn('from 1 to 60', self.change(400, next_delay=0))
        self.assertIn('from 1 to 60', self.change(400, next_delay=61, order='rank'))
        self.assertIn('ring, later or skip', self.change(400, away='message'))
        self.assertIn('message or default', self.change(400, dnd='never'))
        for bad in ({'default_option': 5}, {'default_delay': 1}, {'default_delay': 121},
                    {'decline_action': 'shout'}, {'language': '../..'}, {'default_delay': '30'},
                    {'language': 'd' * 17}):
            self.change(400, order='rank', **bad)
        self.assertIn('at least one', self.change(400))
        self.assertIn('at least one', self.change(400, orders='rank'))
        self.change(400, next_delay='5')
        self.change(400, learn_hours='off')
        self.change(400, learn_hours=None)
        self.change(400, places='laptop')
        self.change(400, places=[laptop] * 100)
        self.assertIn('no place', self.change(400, places=['laptop']))
        for wrong in ('device:', 'im:', 'im:-1', 'im:0', 'im:7x', 'im:99999999999999999999', ''):
            self.change(400, places=[wrong])
        self.change(404, places=[laptop, bens], order='together')
        self.change(404, places=[laptop, laptop], order='together')
        self.change(404, places=['im:12345'])
        self.change(404, places=["device:' OR 1=1 --"])
        rules = self.get()
        self.assertEqual({k: rules[k] for k in DEFAULTS}, DEFAULTS)
        self.assertEqual([p['rank'] for p in rules['places']], [0, 0])
        self.assertEqual(len(self.get(other)['places']), 1)
        status, _ = self.server.http('GET', '/me/rules', raw=True)
        self.assertEqual(status, 401)
        for token, status in ((None, 401), (self.laptop['token'], 204)):
            self.assertEqual(self.server.http('DELETE', '/me/rules/hours', token=token, raw=True)[0],
                             status)
        status, _ = self.server.http('GET', '/me/rules/hours', token=self.laptop['token'], raw=True)
        self.assertEqual(status, 405)
        status, _ = self.server.http('DELETE', '/me/rules', token=self.laptop['token'], raw=True)
        self.assertEqual(status, 405)


if __name__ == '__main__':
    main()
