#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chats of two users of one call server: the client without a window at both ends, or a plain SIP
program (baresip) at one."""
from harness import main, wait_for
from harness.baresip import Baresip
from harness.flow import FlowCase
from harness.headless import Headless
from harness.sipuser import COMPOSING, NOTICE, SipUser

ANNA, BERTA = 'anna@localhost', 'berta@localhost'


class SipChatCase(FlowCase):
    def setUp(self):
        super().setUp()
        self.start_server(trunk=False)
        self.server.add_user('berta', '200', name='Berta Demo')

    def client(self, user):
        return self.world.add(Headless(self.world, user)).sign_in(self.server, user)


class TwoClients(SipChatCase):
    def test_both_ways(self):
        """Text with its state, typing, presence; contacts are there at the next start."""
        anna, berta = self.client('anna'), self.client('berta')
        anna.say('add-contact', ANNA, 'sip:Berta@localhost', 'Berta', 'Friends')
        anna.wait_new('contact', address=BERTA, presence='available', group='Friends')
        berta.say('status', 'busy', 'In a <meeting>')
        anna.wait('contact', address=BERTA, presence='busy', message='In a <meeting>')

        anna.say('draft', ANNA, BERTA, 'Hal')
        anna.say('send', ANNA, BERTA, 'Hallo <b>Berta</b>, ä 日本')
        anna.wait_new('message', text='Hallo <b>Berta</b>, ä 日本', state='delivered')
        berta.wait('message', **{'with': ANNA, 'text': 'Hallo <b>Berta</b>, ä 日本',
                                 'state': 'received'})
        berta.say('draft', BERTA, ANNA, 'An')
        anna.wait('typing', **{'with': BERTA, 'state': 'active'})
        berta.say('send', BERTA, 'anna', 'Anna!')  # a bare name is of the own server
        anna.wait('message', **{'with': BERTA, 'text': 'Anna!', 'state': 'received'})
        wait_for('the end of typing', lambda: [e['state'] for e in anna.events() if e['event'] ==
                                               'typing'][-1] == 'stopped')
        anna.say('send', ANNA, 'nobody@localhost', 'x')
        failed = anna.wait_new('message', text='x', state='failed')
        self.assertIn('404', failed['detail'])

        anna.mark()
        berta.end()
        anna.wait_new('contact', address=BERTA, presence='offline')
        anna.end()
        anna.start()
        anna.wait('contact', address=BERTA, name='Berta', group='Friends', presence='offline')
        anna.say('remove-contact', ANNA, BERTA)
        anna.wait_new('contacts', count='0')

    def test_after_a_call(self):
        """Both sides of a call learn whom a message would reach, in it and from the history after it."""
        anna, berta = self.client('anna'), self.client('berta')
        berta.say('dial', '100')
        anna.wait('call', state='incoming', peer='berta')
        anna.say('answer')
        anna.wait_new('call', state='active')
        berta.say('hang-up')
        anna.wait('history', peer='berta', outcome='answered')
        berta.wait('history', peer='anna', outcome='answered')
        berta.say('dial', 'anna')
        berta.wait_new('call', state='calling', peer=ANNA)
        anna.wait_new('call', state='incoming', peer='berta')
        berta.say('hang-up')
        berta.wait_new('call', state='ended')

    def test_nobody_there(self):
        """What is written while the other is away waits at the server, what is written while oneself
        is away waits in the client; restarts of all three lose nothing."""
        anna = self.client('anna')
        anna.say('send', ANNA, BERTA, 'one')
        anna.wait_new('message', text='one', state='sent')
        self.server.kill()
        anna.say('send', ANNA, BERTA, 'two')
        anna.wait_new('message', text='two', state='waiting')
        wait_for('both on the disk', lambda: anna.stored() == ['one', 'two'])
        anna.process.kill()
        self.server.start()
        anna.start()
        anna.wait('account', state='online', timeout=40)
        anna.wait('chat', **{'with': BERTA, 'count': '2'})

        def state_of_second():
            anna.say('show', ANNA, BERTA, 1, 1)
            return anna.wait_new('message', number='1')['state']
        wait_for('the second to be sent', lambda: state_of_second() == 'sent', 40, 0.2)
        berta = self.client('berta')
        berta.wait('message', text='two', state='received')
        texts = [e['text'] for e in berta.events() if e['event'] == 'message']
        self.assertEqual(texts, ['one', 'two'])

    def test_delivered_later(self):
        """What waits at the server is sent; it is delivered when the other's device took it, and who
        wrote it hears of that: at once, or when he is back."""
        anna, berta = self.client('anna'), self.client('berta')
        berta.end()
        anna.wait('account', state='online')
        anna.say('send', ANNA, BERTA, 'one')
        anna.wait_new('message', text='one', state='sent')
        self.assertFalse(anna.find('message', text='one', state='delivered'))
        berta.start()
        berta.wait('message', text='one', state='received', timeout=40)
        anna.wait('message', text='one', state='delivered')
        berta.end()
        anna.say('send', ANNA, BERTA, 'two')
        anna.wait_new('message', text='two', state='sent')
        anna.end()
        berta.start()
        berta.wait('message', text='two', state='received', timeout=40)
        anna.start()
        anna.wait('chat', **{'with': BERTA, 'count': '2'})  # there is nothing to show before

        def state_of_second():
            anna.say('show', ANNA, BERTA, 1, 1)
            return anna.wait_new('message', number='1')['state']
        wait_for('the second to be delivered', lambda: state_of_second() == 'delivered', 40, 0.2)
        berta.end()
        anna.say('send', ANNA, '200@localhost', 'three')  # it stands in the chat with that address
        anna.wait_new('message', text='three', state='sent')
        berta.start()
        anna.wait_new('message', **{'with': '200@localhost', 'text': 'three', 'state': 'delivered'},
                      timeout=40)

    def test_notes_to_oneself(self):
        """They stand once where they were written, and once at the user's other client when it comes."""
        anna = self.client('anna')
        anna.say('send', ANNA, ANNA, 'note')
        anna.wait_new('message', text='note', state='sent')
        second = self.world.add(Headless(self.world, 'second')).sign_in(self.server, 'anna')
        second.wait('message', **{'with': ANNA, 'text': 'note', 'state': 'received'})
        anna.wait('message', text='note', state='delivered')
        anna.say('show', ANNA, ANNA, 0, 1)
        anna.wait_new('message', number='0')
        self.assertFalse(anna.find('message', state='received'))

    def test_all_devices(self):
        """Each of the receiver's devices gets it once; a flood is held back, and none of it lost. What
        one writes at one device stands in the chat of the other."""
        anna, berta = self.client('anna'), self.client('berta')
        second = self.world.add(Headless(self.world, 'second')).sign_in(self.server, 'berta')
        for i in range(40):
            anna.say('send', ANNA, BERTA, f'number {i}')
        for receiver in (berta, second):
            receiver.wait('message', text='number 39', timeout=60)
            texts = [e['text'] for e in receiver.events() if e['event'] == 'message']
            self.assertEqual(texts, [f'number {i}' for i in range(40)])
        anna.wait('message', text='number 39', state='delivered')
        berta.say('send', BERTA, ANNA, 'Enough!')
        second.wait('message', **{'with': ANNA, 'text': 'Enough!', 'state': 'sent'})
        self.assertFalse(second.find('message', **{'with': BERTA}))


class PlainProgram(SipChatCase):
    def test_baresip(self):
        """Both ways with a program that is not ours; what it cannot read does not reach it as text."""
        anna = self.client('anna')
        login = self.server.ctl_json('device', 'add', 'berta', '--desk-phone', '--name', 'kitchen')
        phone = self.world.add(Baresip(
            self.world, 'berta', None, registrar=f'127.0.0.1:{self.server.ports["udp"]}',
            login=(login['device_id'], login['secret']),
            writes_to=f'sip:anna@127.0.0.1:{self.server.ports["udp"]}'))
        phone.process.wait_output(r'200 OK \(.*binding')
        anna.say('draft', ANNA, BERTA, 'Hal')
        anna.say('send', ANNA, BERTA, 'Hallo Berta')
        anna.wait_new('message', text='Hallo Berta', state='delivered')
        phone.process.wait_output('"Hallo Berta"')
        self.assertNotIn('isComposing', phone.process.output())
        phone.write('Hi Anna')
        anna.wait('message', **{'with': BERTA, 'text': 'Hi Anna', 'state': 'received'})

    def test_control_characters(self):
        """Lines stay lines; what is no text does not reach the person."""
        anna = self.client('anna')
        berta = self.world.add(SipUser(self.server, 'berta', 'tcp'))
        self.assertEqual(berta.send('anna', 'one\r\ntwo\tthree\x07\x1b[31m\x85')[0], 200)
        anna.wait('message', text='one\ntwo\tthree[31m', state='received')
        self.assertEqual(berta.send('anna', '\r\x07')[0], 200)
        self.assertEqual(berta.send('anna', 'four')[0], 200)
        anna.wait('message', text='four', number='1')


class Blocking(SipChatCase):
    """Who is blocked is answered as before, so that he learns nothing, and nothing of it is heard."""
    def setUp(self):
        super().setUp()
        self.server.add_user('cleo', '201')
        self.anna = self.client('anna')
        self.berta, self.cleo = (self.world.add(SipUser(self.server, user, 'tcp'))
                                 for user in ('berta', 'cleo'))

    def check_silence(self):
        """Of berta, however she writes her name; cleo, who writes after her, is heard."""
        anna, before = self.anna, len(self.anna.events())
        anna.mark()
        for origin in ('sip:berta@localhost', 'sip:%42ERTA@LocalHost;user=phone', 'sip:200@localhost'):
            self.assertEqual(self.berta.send('anna', 'not heard', origin=origin)[0], 200)
            self.assertEqual(self.berta.send('anna', NOTICE, COMPOSING, origin=origin)[0], 200)
        self.assertEqual(self.cleo.send('anna', 'heard')[0], 200)
        anna.wait_new('message', **{'with': 'cleo@localhost', 'text': 'heard'})
        self.assertFalse(anna.find('message', before, **{'with': BERTA}))
        self.assertFalse(anna.find('typing', before, state='active'))
        self.assertNotIn('not heard', anna.stored())

    def restart(self):
        self.anna.end()
        self.anna.start()
        self.anna.wait('account', state='online')

    def test_blocked(self):
        """Through a restart, and when she is no contact any more; unblocked, she is heard again."""
        anna = self.anna
        anna.say('add-contact', ANNA, BERTA, 'Berta')
        anna.wait_new('contact', address=BERTA, blocked='no')
        self.assertEqual(self.berta.send('anna', 'hello')[0], 200)
        self.assertEqual(self.berta.send('anna', NOTICE, COMPOSING)[0], 200)
        anna.wait_new('message', **{'with': BERTA, 'text': 'hello'})
        anna.wait_new('typing', **{'with': BERTA, 'state': 'active'})
        anna.say('block', ANNA, 'sip:Berta@LOCALHOST;transport=tls')
        anna.wait_new('contact', address=BERTA, blocked='yes')
        anna.wait_new('typing', **{'with': BERTA, 'state': 'stopped'})
        self.check_silence()
        self.restart()
        anna.wait('contact', address=BERTA, name='Berta', blocked='yes')
        self.check_silence()
        anna.say('remove-contact', ANNA, BERTA)
        anna.wait_new('contacts', count='0')
        self.check_silence()
        self.restart()
        self.check_silence()
        anna.say('add-contact', ANNA, BERTA, 'Berta')
        anna.wait_new('contact', address=BERTA, blocked='yes')
        anna.say('unblock', ANNA, BERTA)
        anna.wait_new('contact', address=BERTA, blocked='no')
        self.assertEqual(self.berta.send('anna', 'heard again')[0], 200)
        anna.wait_new('message', **{'with': BERTA, 'text': 'heard again', 'state': 'received'})

    def test_waited(self):
        """What waits at the server of somebody who is blocked is not heard when it comes."""
        anna = self.anna
        anna.say('block', ANNA, BERTA)
        anna.say('sign-out', ANNA)
        anna.wait_new('account', state='offline')
        wait_for('the server to know', lambda: 'anna' not in [
            r['user'] for r in self.server.ctl_json('registrations')], 15, 0.2)
        self.assertEqual(self.berta.send('anna', 'waits')[0], 202)
        self.assertEqual(self.cleo.send('anna', 'heard')[0], 202)
        anna.say('sign-in-again', ANNA)
        anna.wait_new('message', **{'with': 'cleo@localhost', 'text': 'heard'})
        self.assertFalse(anna.find('message', **{'with': BERTA}))
        self.assertEqual(anna.stored(), ['heard'])


if __name__ == '__main__':
    main()
