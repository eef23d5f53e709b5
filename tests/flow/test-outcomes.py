#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way a call can go: what "offhookctl calls" and "why" say of it afterwards."""
from harness import main, wait_for
from harness.flow import FlowCase


class Outcomes(FlowCase):
    delay = 5

    def check(self, outcome, *words):
        """The last call's line, and the words of its story in this order."""
        self.wait_ended()
        past = self.server.ctl_json('calls', '--past')[0]
        self.assertEqual(past['outcome'], outcome, past)
        wait_for('no call to run', lambda: not self.server.ctl_json('calls'))
        story = self.server.ctl('why', 'last')
        self.assertIn(past['call_id'], story)
        at = 0
        for word in words:
            found = story.find(word, at)
            self.assertGreaterEqual(found, 0, f'"{word}" is missing (in order) in\n{story}')
            at = found
        return past

    def test_answered(self):
        self.start_server()
        self.device(answer_after=100)
        self.assertTrue(self.caller(hang_up_after=2).result()['answered'])
        past = self.check('answered', 'arrived', 'provider', '100', 'laptop', 'answered', 'ended')
        self.assertGreaterEqual(past['duration'], 1)

    def test_given_up(self):
        self.start_server()
        device = self.device(ring_only=True)
        caller = self.caller()
        device.wait_event('arrived')
        self.server.wait_call_event('ringing')
        caller.stop()
        self.check('missed', 'arrived', 'offered', 'ringing', 'ended', 'the caller gave up')

    def test_declined_as_busy(self):
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        self.device(answer_after=100, reject=603, header='Offhook-Choice: 9')
        self.assertEqual(self.caller().result()['status'], 486)
        self.check('declined', 'offered', 'declined', 'by a device', 'ended')

    def test_sent_to_voicemail_by_the_device(self):
        self.start_server()
        self.device(answer_after=100, reject=603, header='Offhook-Choice: 3')
        self.caller(play_delay=4000, hang_up_after=8).result()
        self.check('voicemail', 'offered', 'sent to voicemail by a device', 'recording', 'ended')

    def test_nobody_chose_and_no_voicemail_is_wanted(self):
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--default-option', '9')
        device = self.device(ring_only=True)
        self.assertEqual(self.caller().result()['status'], 480)
        self.assertEqual(device.result()['reason_cause'], 408)
        past = self.check('missed', 'offered', 'timed-out', 'nobody answered in time', 'ended')
        self.assertEqual(past['reason'], 'nobody answered in time')
        row = self.history(device.account)[0]
        self.assertEqual((row['outcome'], row['reason']), ('missed', 'nobody answered in time'))

    def test_nobody_signed_in(self):
        self.start_server()
        self.caller(play_delay=4000, hang_up_after=8).result()
        self.check('voicemail', 'no device is signed in', 'voicemail', 'recording', 'ended')

    def test_hung_up_in_the_greeting(self):
        """No message, so a missed call."""
        self.start_server()
        caller = self.caller(hang_up_after=0.5)
        self.assertTrue(caller.result()['answered'])
        self.check('missed', 'no device is signed in', 'voicemail', 'ended')
        self.assertEqual(self.voicemails(self.server.sign_in('anna')), [])

    def test_do_not_disturb(self):
        self.start_server()
        device = self.device(publish='dnd', watch='message-summary')
        device.wait_event('notify')
        wait_for('its presence', lambda: [
            r['presence'] for r in self.server.ctl_json('registrations')] == ['dnd'])
        self.caller(hang_up_after=0.5).result()
        self.check('missed', 'laptop: do not disturb', 'voicemail', 'ended')
        self.assertFalse(device.has('arrived'))

    def test_nobody_has_the_number(self):
        self.start_server()
        self.assertEqual(self.caller('999').result()['status'], 404)
        self.wait_ended()
        self.assertIn('nobody has this number', self.server.ctl('why', 'last'))


if __name__ == '__main__':
    main()
