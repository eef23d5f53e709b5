#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device gets and tells besides calls: message-waiting, presence, a late sign-in, reload."""
from harness import main, wait_for
from harness.flow import FlowCase
from harness.phone import Phone


class Devices(FlowCase):
    delay = 5

    def notified(self, device, count, timeout=10):
        """The bodies of the NOTIFY requests, once there are so many."""
        return [e['body'] for e in wait_for(
            f'{count} NOTIFY', lambda: (lambda all: all if len(all) >= count else None)(
                [e for e in device.events() if e['event'] == 'notify']),
            timeout, process=device.process)]

    def binding(self, name='laptop'):
        return next((r for r in self.server.ctl_json('registrations')
                     if r['name'] == name), None)

    def test_message_waiting(self):
        """The lamp: at once after SUBSCRIBE, and after a message was left."""
        self.start_server()
        device = self.device(ring_only=True, watch='message-summary')
        self.assertIn('Messages-Waiting: no', self.notified(device, 1)[0])
        caller = self.caller(play_delay=5000, hang_up_after=9)
        caller.result(30)
        wait_for('the lamp', lambda: any(
            'Messages-Waiting: yes' in b and 'Voice-Message: 1/0' in b
            for b in self.notified(device, 2)), 10)
        message = self.voicemails(device.account)[0]
        self.server.http('POST', f'/voicemail/{message["id"]}/heard', {'heard': True},
                         token=device.account['token'])
        wait_for('the lamp to go out', lambda: any(
            'Messages-Waiting: no' in b and 'Voice-Message: 0/1' in b
            for b in self.notified(device, 3)), 10)

    def test_reached_at_each_address_of_the_server(self):
        """Where it listens on 0.0.0.0, as by default, a connection to any of its addresses is kept."""
        self.start_server(address='0.0.0.0')
        device = self.device(ring_only=True)
        caller = self.caller()
        device.wait_event('arrived')
        caller.stop()
        self.wait_ended()

    def test_told_after_each_call(self):
        """A NOTIFY makes the client fetch its history: the call stands there by then."""
        self.start_server()
        device = self.device(answer_after=100, watch='message-summary')
        other = self.device('desktop', ring_only=True, watch='message-summary')
        for phone in (device, other):
            self.notified(phone, 1)
        self.assertTrue(self.caller(hang_up_after=1).result()['answered'])
        for phone in (device, other):
            self.notified(phone, 2)
            self.assertEqual(self.history(phone.account)[0]['outcome'], 'answered')

    def test_presence(self):
        """And with it where it is, what program in which version, and what it has for sound."""
        self.start_server()
        device = self.device(publish='dnd')
        wait_for('the presence', lambda: self.binding() and self.binding()['presence'] == 'dnd', 10, interval=0.2)
        binding = self.binding()
        self.assertEqual((binding['user'], binding['device'], binding['address'],
                          binding['transport'], binding['program'], binding['audio']),
                         ('anna', device.account['device_id'], '127.0.0.1', 'tls', 'Offhook-Phone',
                          'mic,speaker'))
        self.assertRegex(binding['version'], r'^\d+\.\d+')
        self.assertGreater(binding['expires'], 0)
        shown = self.server.ctl('registrations')
        for words in ('anna', 'laptop', '127.0.0.1', 'Offhook-Phone', 'mic,speaker', 'dnd'):
            self.assertIn(words, shown)
        status, reply = self.server.http('GET', '/devices', token=device.account['token'])
        self.assertEqual([(d['name'], d['program'], d['version']) for d in reply['devices']],
                         [('laptop', 'offhook', '0.1.0')], status)

    def test_signs_in_while_it_rings(self):
        """A device that comes in the middle of the ringing joins the call and may answer it."""
        self.delay = 30
        self.start_server()
        first = self.device(ring_only=True)
        caller = self.caller(hang_up_after=2)
        caller.wait_event('ringing')
        late = self.device('desktop', answer_after=300)
        self.assertTrue(caller.result()['answered'])
        self.assertTrue(late.result()['answered'])
        self.assertEqual(first.result()['reason_cause'], 200)
        self.assertEqual(first.has('arrived')['Offhook-Offer'], late.has('arrived')['Offhook-Offer'])

    def test_dies_without_a_word(self):
        """Its connection is gone: the caller is not left ringing for it."""
        self.delay = 60
        self.start_server()
        device = self.device(ring_only=True)
        device.process.kill()
        caller = self.caller(hang_up_after=0.5)
        self.assertTrue(caller.wait_event('answered'), 'voicemail takes the call')
        wait_for('its binding to go', lambda: not self.server.ctl_json('registrations'))

    def test_dies_while_it_rings(self):
        """The other one rings on, and wins."""
        self.delay = 60
        self.start_server()
        device = self.device(ring_only=True)
        other = self.device('desktop', answer_after=3000)
        caller = self.caller(hang_up_after=1)
        device.wait_event('arrived')
        device.process.kill()
        self.assertTrue(caller.result()['answered'])
        self.assertTrue(other.result()['answered'])

    def test_comes_back_while_it_rings(self):
        """Killed and started anew while another one rings: it rings again, and answers."""
        self.delay = 60
        self.start_server()
        device = self.device(ring_only=True)
        self.device('desktop', ring_only=True)
        caller = self.caller(hang_up_after=1)
        device.wait_event('arrived')
        device.process.kill()
        again = self.device('laptop', account=device.account, answer_after=500)
        self.assertTrue(caller.result()['answered'])
        self.assertTrue(again.result()['answered'])

    def test_comes_back_alone(self):
        """The only device is killed while it rings: the caller rings on until it is back."""
        self.delay = 60
        self.start_server()
        device = self.device(ring_only=True)
        caller = self.caller(hang_up_after=1)
        caller.wait_event('ringing')
        device.process.kill()
        again = self.device('laptop', account=device.account, answer_after=500)
        self.assertTrue(caller.result()['answered'])
        self.assertTrue(again.result()['answered'])
        self.assert_events('offered', 'ringing', 'answered', 'ended')

    def test_reload(self):
        """SIGHUP: new certificates are read, who is signed in stays so and new ones come in."""
        self.start_server()
        device = self.device(answer_after=100, watch='message-summary')
        self.notified(device, 1)
        self.server.reload()
        self.server.process.wait_output('certificates reloaded')
        late = self.device('desktop', ring_only=True)
        self.assertTrue(self.caller(hang_up_after=1).result()['answered'])
        self.assertTrue(device.result()['answered'])
        self.assertFalse(late.result()['answered'])
        self.notified(device, 2)

    def test_wrong_secret(self):
        self.start_server()
        account = self.server.sign_in('anna')
        options = dict(self.server.device_options(account), secret='wrong', register=True)
        phone = Phone(self.world, 'wrong', keep_waiting=True, max_time=30, **options)
        self.assertIn(phone.wait_event('register-failed')['status'], ('401', '403'))
        self.assertFalse(self.server.ctl_json('registrations'))


if __name__ == '__main__':
    main()
