#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chats of many on Prosody (XEP-0045) and ngIRCd, with somebody in them whose program is not ours: joined by the
protocol's own form, refused, left, put out; who is there, topics, messages both ways; joined again after the
service and the engine were away, with nothing lost or told twice; floods and nonsense."""
import os
import signal
import time

from harness import TestCase, main, wait_for
from harness.im import Im
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.prosody import Prosody
from harness.roombot import RoomBot

OFFHOOK = 'offhook@one.test'
ANNA = 'anna@one.test'
BEN = 'ben@one.test'
USERS = {OFFHOOK: 'Engine secret 1', ANNA: 'Bot secret 2', BEN: 'Bot secret 3'}
SERVICE = 'rooms.one.test'
TEAM = f'team@{SERVICE}'
INVALID, UNSUPPORTED, CLOSED = '1', '2', '10'  # base/oh-error.h
FOUNDER, OPERATOR, VOICE, AWAY = 1, 2, 8, 16  # OhImMemberFlags
SANITIZED = bool(os.environ.get('OFFHOOK_SANITIZED'))


class RoomCase(TestCase):
    def setUp(self):
        super().setUp()
        self.im = self.world.add(Im(self.world))
        self.count = 0

    def start_joining(self, id, **fields):  # pylint: disable=redefined-builtin
        """The number of the room."""
        self.count += 1
        self.im.do('join-room', id, fields=fields)
        self.im.wait('room', room=str(self.count))
        return str(self.count)

    def wait_in(self, room, timeout=15, after=0):
        return self.im.wait('room', timeout, after, room=room, state='in')

    def wait_end(self, room, end, timeout=15):
        return self.im.wait('room', timeout, room=room, state='ended', end=end)

    def send(self, room, text, tag=None):
        """Waits until it is sent; how it is called."""
        tag = tag or f'{room} {text[:40]} {self.im.count()}'
        self.im.do('room-send', room=int(room), text=text, tag=tag)
        return self.im.wait('room-sent', tag=tag)['ref']

    def wait_message(self, room, text, timeout=15, after=0, **wanted):
        return self.im.wait('room-message', timeout, after, room=room, text=text, **wanted)

    def texts(self, room, **wanted):
        return [m['text'] for m in self.im.events('room-message', room=room, **wanted)]

    def wait_member(self, room, nick, timeout=15, after=0, **wanted):
        return self.im.wait('member', timeout, after, room=room, nick=nick, **wanted)

    def accept(self, invitation):
        """The number of the room."""
        self.count += 1
        self.im.do('accept-invitation', invitation['id'], invitation=int(invitation['invitation']))
        self.im.wait('room', room=str(self.count))
        return str(self.count)

    def get_form(self, id, name):  # pylint: disable=redefined-builtin
        after = self.im.count()
        self.im.do('room-form', id, name=name)
        self.im.wait('form', after=after, id=id, of=name)
        return {f['name']: f for f in self.im.events('form-field', after, id=id, of=name)}


class Xmpp(RoomCase):
    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS, rooms=SERVICE)
        self.im.add_xmpp('x', self.prosody, OFFHOOK)
        self.im.sign_in('x')

    def bot(self, address=ANNA, nick='anna', resource='bot'):
        bot = RoomBot(self.world, self.prosody, address, resource)
        bot.join(TEAM, nick)
        return bot

    def start(self, name='team', handle='me', **more):
        return self.start_joining('x', room=name, server=SERVICE, handle=handle, **more)

    def join(self, **fields):
        room = self.start(**fields)
        self.wait_in(room)
        return room

    def test_form(self):
        """What the protocol asks for, with what a plain name says of it; then joined with that."""
        form = self.get_form('x', f'{TEAM}/me')
        self.assertEqual({name: (f['required'], f['masked']) for name, f in form.items()}, {
            'room': ('yes', 'no'), 'server': ('yes', 'no'), 'handle': ('yes', 'no'),
            'password': ('no', 'yes')})
        self.assertEqual([form[name]['value'] for name in ('room', 'server', 'handle', 'password')],
                         ["'team'", f"'{SERVICE}'", "'me'", ''])
        self.assertEqual(form['room']['label'], 'Room')
        self.assertEqual(self.get_form('x', '')['handle']['value'], "'offhook'")
        bot = self.bot()
        room = self.join()
        joined = self.wait_in(room)
        self.assertEqual((joined['name'], joined['nick']), (TEAM, 'me'))
        bot.wait_there('me')
        self.im.do('sign-out', 'x')
        self.im.wait('state', id='x', state='offline')
        self.im.do('room-form', 'x', name='team')
        self.assertEqual(self.im.wait('form-failed')['code'], CLOSED)

    def test_wrong_forms(self):
        for fields in ({'room': 'team'}, {'room': '', 'server': SERVICE, 'handle': 'me'},
                       {'room': 'te\nam', 'server': SERVICE, 'handle': 'me'},
                       {'room': 'a b@c', 'server': SERVICE, 'handle': 'me'},
                       {'room': 'team', 'server': 'no domain', 'handle': 'me'}):
            room = self.start_joining('x', **fields)
            self.wait_end(room, 'invalid')
        self.assertEqual(self.im.events('notice'), [])

    def test_messages(self):
        """Both ways; ours come back under the name that the sending gave, and only ours are ours."""
        bot = self.bot()
        room = self.join()
        texts = ['Hello', 'Umlaut: ä, 日本, <b>no markup</b> & "quotes"', 'two\nlines']
        for text in texts:
            ref = self.send(room, text)
            echo = self.wait_message(room, text, own='yes')
            self.assertEqual((echo['ref'], echo['nick'], echo['delayed']), (ref, 'me', 'no'))
            self.assertEqual(bot.wait_said(text), ('me', text, ref))
            bot.say(TEAM, 'Re: ' + text)
            heard = self.wait_message(room, 'Re: ' + text)
            self.assertEqual((heard['nick'], heard['own'], heard['delayed']), ('anna', 'no', 'no'))
            self.assertAlmostEqual(int(heard['time']), time.time(), delta=30)
        bot.say(TEAM, 'Ask Me, please')
        self.assertEqual(self.wait_message(room, 'Ask Me, please')['highlight'], 'yes')
        bot.say(TEAM, 'menu')
        self.assertEqual(self.wait_message(room, 'menu')['highlight'], 'no')
        impostor = self.bot(BEN, 'ME')
        impostor.say(TEAM, 'I said that')
        self.assertEqual(self.wait_message(room, 'I said that')['own'], 'no')
        self.assertEqual(len(self.texts(room, own='yes')), 3)
        self.assertEqual(self.im.events('message'), [])

    def test_members(self):
        """Who is there, what they may, who they are; who comes, goes and is called otherwise."""
        bot = self.bot()
        room = self.join()
        self.wait_member(room, 'anna', flags=str(FOUNDER | OPERATOR))
        self.wait_member(room, 'me', flags=str(VOICE))
        ben = self.bot(BEN, 'ben')
        self.wait_member(room, 'ben')
        ben.rename(TEAM, 'benny')
        self.wait_member(room, 'benny', changed='nick')
        after = self.im.count()
        bot.change('voice', TEAM, '<item nick="benny" role="moderator"/>')
        self.wait_member(room, 'benny', after=after, flags=str(OPERATOR))
        after = self.im.count()
        bot.configure(TEAM, whois='anyone')
        second = self.bot(BEN, 'ben2', 'second')
        self.wait_member(room, 'ben2', real=BEN)
        second.leave(TEAM, 'ben2')
        wait_for('it to be gone', lambda: self.im.events('members-gone', after, room=room, left='3'))
        ben.end()
        wait_for('him to be gone', lambda: self.im.events('members-gone', after, room=room, left='2'))
        bot.rename(TEAM, 'Anna B.')
        self.wait_member(room, 'Anna B.', changed='nick')

    def test_nick_written_otherwise(self):
        """As services do: it is ours all the same, also when we leave."""
        self.bot()
        for _ in range(2):
            room = self.start(handle='m\u0065\u0301')  # resourceprep makes one letter of the two
            self.assertEqual(self.wait_in(room)['nick'], 'm\u00e9')
            self.send(room, 'Still mine')
            self.assertEqual(self.wait_message(room, 'Still mine', delayed='no')['own'], 'yes')
            self.im.do('leave-room', room=int(room))
            self.wait_end(room, 'left')

    def test_topic(self):
        """Told at once, changed by others and by us; refused where only some may."""
        bot = self.bot()
        bot.set_subject(TEAM, 'First <topic>')
        wait_for('the topic', lambda: bot.subjects and bot.subjects[-1][1] == 'First <topic>')
        room = self.join()
        told = self.im.wait('room', room=room, topic='First <topic>')
        self.assertEqual(told['topic-by'], 'anna')
        bot.set_subject(TEAM, 'x' * 5000)
        self.im.wait('room', room=room, topic='x' * 4096)
        self.im.do('room-topic', room=int(room), topic='Not allowed')
        self.assertTrue(self.im.wait('room-refused', room=room)['text'])
        bot.configure(TEAM, changesubject=1)
        self.im.do('room-topic', room=int(room), topic='Ours & <theirs>')
        self.im.wait('room', room=room, topic='Ours & <theirs>', **{'topic-by': 'me'})
        wait_for('it at the bot', lambda: bot.subjects[-1] == ('me', 'Ours & <theirs>'))

    def test_leave(self):
        """Left for good: the others see it, nothing of it is told any more, and it can be joined again at once."""
        bot = self.bot()
        room = self.join()
        self.im.do('leave-room', room=int(room))
        self.wait_end(room, 'left')
        bot.wait_gone('me')
        bot.say(TEAM, 'Behind our back')
        bot.set_subject(TEAM, 'Secret')
        for _ in range(3):
            again = self.join()
            self.im.do('leave-room', room=int(again))
            self.wait_end(again, 'left')
        last = self.join()
        self.assertEqual(self.send(last, 'Here'), self.wait_message(last, 'Here', own='yes')['ref'])
        self.assertEqual(self.texts(room), [])
        self.im.do('room-send', room=int(room), text='nobody', tag='late')
        self.assertEqual(self.im.wait('room-not-sent', tag='late')['code'], CLOSED)
        self.assertEqual(self.im.events('question', kind='action'), [])

    def test_refused(self):
        """By password, nick, ban, list and number; each with its reason, and with no notice besides."""
        bot = self.bot()
        self.bot(BEN, 'me')
        self.wait_end(self.start(), 'nick')
        bot.configure(TEAM, roomsecret='Room secret', passwordprotectedroom=1)
        self.wait_end(self.start(handle='other'), 'password')
        self.wait_end(self.start(handle='other', password='wrong'), 'password')
        room = self.join(handle='other', password='Room secret')
        self.im.do('leave-room', room=int(room))
        bot.configure(TEAM, roomsecret='', membersonly=1)
        self.wait_end(self.start(handle='other'), 'members-only')
        bot.configure(TEAM, membersonly=0)
        bot.affiliate(TEAM, OFFHOOK, 'outcast')
        self.wait_end(self.start(handle='other'), 'banned')
        self.wait_end(self.start_joining('x', room='team', server='nowhere.test', handle='me'),
                      'not-found')
        self.assertEqual(self.im.events('notice'), [])
        self.assertEqual(self.im.events('question', kind='action'), [])

    def test_put_out(self):
        """Kicked, banned, the room destroyed: told by whom and why, and not joined again."""
        bot = self.bot()
        room = self.join()
        bot.kick(TEAM, 'me', 'Too <loud>')
        ended = self.wait_end(room, 'kicked')
        self.assertEqual((ended['by'], ended['text']), ('anna', 'Too <loud>'))
        room = self.join()
        bot.affiliate(TEAM, OFFHOOK, 'outcast', 'For good')
        self.assertEqual(self.wait_end(room, 'banned')['text'], 'For good')
        bot.affiliate(TEAM, OFFHOOK, 'none')
        room = self.join()
        bot.destroy(TEAM, 'Closing time')
        self.assertEqual(self.wait_end(room, 'destroyed')['text'], 'Closing time')
        bot.there.clear()
        bot.join(TEAM)
        self.join(name='other')
        self.assertNotIn('me', bot.there)
        self.assertEqual(self.im.events('room', room=room)[-1]['state'], 'ended')

    def test_silenced(self):
        """What we may not say is told as refused, by its name."""
        bot = self.bot()
        room = self.join()
        bot.configure(TEAM, moderatedroom=1)
        bot.change('silence', TEAM, '<item nick="me" role="visitor"/>')
        ref = self.send(room, 'Nobody hears me')
        refused = self.im.wait('room-refused', room=room)
        self.assertEqual(refused['ref'], ref)
        self.assertTrue(refused['text'])
        self.assertEqual(self.im.events('notice'), [])

    def test_history(self):
        """What was said before we came says that it is old; that a member says of his own words that they are
        changes nothing."""
        bot = self.bot()
        bot.say(TEAM, 'Long ago')
        bot.wait_said('Long ago')
        room = self.join()
        self.assertEqual(self.wait_message(room, 'Long ago')['delayed'], 'yes')
        bot.say(TEAM, 'Forged', '<delay xmlns="urn:xmpp:delay" from="anna@one.test" '
                'stamp="2001-01-01T00:00:00Z"/><x xmlns="jabber:x:delay" stamp="20010101T00:00:00"/>')
        heard = self.wait_message(room, 'Forged')
        self.assertEqual(heard['delayed'], 'no')
        self.assertAlmostEqual(int(heard['time']), time.time(), delta=30)

    def cut(self, room, way):
        """We are parted from the room, and told so."""
        after = self.im.count()
        if way == 'engine':
            os.kill(self.im.engine_pid(), signal.SIGKILL)
        else:
            self.prosody.kill()
        self.im.wait('room', 15, after, room=room, state='waiting')
        return after

    def test_engine_killed(self):
        """The room goes on without us: joined again by itself; what was said meanwhile is told, what was heard is
        not told again, and what was written meanwhile is sent."""
        bot = self.bot()
        room = self.join()
        for text in ('ok', 'ok', 'before'):
            bot.say(TEAM, text)
        self.send(room, 'mine')
        self.wait_message(room, 'before')
        self.wait_message(room, 'mine')
        after = self.cut(room, 'engine')
        self.im.do('room-send', room=int(room), text='kept', tag='kept')
        bot.wait_gone('me')
        for text in ('in the gap', 'ok'):
            bot.say(TEAM, text)
            bot.wait_said(text)
        self.wait_in(room, 30, after)
        bot.wait_said('kept')
        self.im.wait('room-sent', tag='kept')
        bot.say(TEAM, 'after')
        self.wait_message(room, 'after')
        self.assertEqual(sorted(self.texts(room)), sorted(
            ['ok', 'ok', 'before', 'mine', 'in the gap', 'ok', 'kept', 'after']))
        self.assertEqual(self.wait_message(room, 'in the gap')['delayed'], 'yes')
        self.assertEqual(bot.texts_of('me'), ['mine', 'kept'])
        self.wait_member(room, 'anna', after=after)

    def test_service_away(self):
        """The service ends and comes back, with others in the room or none."""
        bot = self.bot()
        rooms = [self.join(), self.join(name='other')]
        bot.end()
        after = self.cut(rooms[0], 'service')
        self.im.do('room-send', room=int(rooms[0]), text='kept', tag='kept')
        self.prosody.start()
        for room in rooms:
            self.wait_in(room, 40, after)
        self.im.wait('room-sent', tag='kept')
        self.assertEqual(self.wait_message(rooms[0], 'kept')['own'], 'yes')
        bot = self.bot()
        bot.say(TEAM, 'Back')
        self.wait_message(rooms[0], 'Back')
        self.assertEqual(self.texts(rooms[0]), ['kept', 'Back'])

    def test_signed_out(self):
        """Out with the account, in with it; what was not joined waits."""
        bot = self.bot()
        room = self.join()
        self.im.do('sign-out', 'x')
        bot.wait_gone('me')
        self.im.wait('room', room=room, state='waiting')
        other = self.start('later')
        self.im.do('room-send', room=int(room), text='too late', tag='late', timeout=1)
        self.im.wait('room-not-sent', tag='late', code='8')
        after = self.im.count()
        self.im.sign_in('x', certificate=False)
        self.wait_in(room, after=after)
        self.wait_in(other, after=after)
        self.im.do('remove', 'x')
        self.wait_end(room, 'closed')
        self.wait_end(other, 'closed')

    def test_hostile(self):
        """Nonsense, markup, control characters and huge messages in a room neither break nor get through."""
        bot = self.bot()
        room = self.join()
        pid = self.im.engine_pid()
        html = 'http://jabber.org/protocol/xhtml-im'
        for raw in ('<body/>', '<body>  </body>', '<subject/>', '<subject><b/></subject>',
                    f'<body>plain</body><html xmlns="{html}"><body xmlns="http://www.w3.org/1999/'
                    'xhtml"><script>alert(1)</script><b>bold</b> text</body></html>',
                    '<body>&lt;iq type="set"/&gt;</body>', '<x xmlns="jabber:x:conference"/>',
                    f'<x xmlns="jabber:x:conference" jid="{TEAM}"/>' * 50,
                    '<x xmlns="http://jabber.org/protocol/muc#user"><status code="110"/><destroy/></x>',
                    '<body>\u202egnp.exe\u2066</body>'):
            bot.send_raw(f'<message to="{TEAM}" type="groupchat">{raw}</message>')
        self.wait_message(room, 'gnp.exe')
        self.wait_message(room, '<iq type="set"/>')
        self.assertTrue(any('bold text' in t for t in self.texts(room)))
        self.assertFalse(any('<b>' in t for t in self.texts(room)))
        bot.say(TEAM, 'y' * 200000)
        huge = wait_for('the huge message', lambda: [
            m for m in self.im.events('room-message', room=room) if m['text'].startswith('yyy')], 20)[0]
        self.assertEqual((len(huge['text']), huge['cut']), (65536, 'yes'))
        bot.send_raw(f'<presence to="{TEAM}/&lt;i&gt;em&lt;/i&gt;"/>')
        self.wait_member(room, '<i>em</i>')
        for type_ in ('unavailable', 'error', 'subscribe'):
            bot.send_raw(f'<presence to="{OFFHOOK}/offhook" type="{type_}"/>')
        bot.send_raw(f'<message to="{OFFHOOK}/offhook" type="groupchat"><subject>x</subject></message>')
        bot.send_raw(f'<message to="{OFFHOOK}/offhook" type="groupchat"><body>not of a room</body></message>')
        bot.say(TEAM, 'after all')
        self.wait_message(room, 'after all')
        self.assertEqual(self.im.events('message'), [])
        self.assertEqual(self.im.events('room', room=room)[-1]['state'], 'in')
        self.assertEqual(self.im.engine_pid(), pid)

    def test_flood(self):
        """Of many messages some are dropped, which is told; another room and messages of two go on, and so do
        crowds that come and go."""
        bot, ben = self.bot(), self.bot(BEN, 'ben')
        room = self.join()
        quiet = self.join(name='quiet')
        bot.join(f'quiet@{SERVICE}', 'anna2')
        pid = self.im.engine_pid()
        count = 300 if SANITIZED else 3000
        for number in range(count):
            bot.say(TEAM, f'm{number}')
        for number in range(50):
            ben.send_raw(f'<presence to="{TEAM}/n{number}"/>')
        ben.send(OFFHOOK, 'Between two')
        self.im.wait('message', 60, text='Between two')
        bot.say(f'quiet@{SERVICE}', 'In the quiet room')
        self.wait_message(quiet, 'In the quiet room', 60)
        self.wait_member(room, 'n49', 60)
        last = 0
        while not self.im.events('room-message', room=room, text=f'last {last}'):
            last += 1
            ben.say(TEAM, f'last {last}')
            ben.wait_said(f'last {last}', 60)  # the bucket of the room is filling
            self.assertLess(last, 300)
        told = self.im.events('room-message', room=room)
        self.assertEqual(self.im.engine_pid(), pid)
        self.assertGreaterEqual(len([m for m in told if m['text'].startswith('m')]), min(count, 1000))
        self.assertEqual(len(told) + sum(int(m['dropped']) for m in told), count + last)

    def test_blocked(self):
        """Somebody blocked is not heard where the room tells who it is."""
        bot = self.bot()
        bot.configure(TEAM, whois='anyone')
        ben = self.bot(BEN, 'ben')
        room = self.join()
        self.wait_member(room, 'ben', real=BEN)
        self.im.do('block', 'x', name=BEN)
        self.get_form('x', 'x')  # it has heard
        ben.say(TEAM, 'unheard')
        ben.wait_said('unheard')
        bot.say(TEAM, 'heard')
        self.wait_message(room, 'heard')
        self.assertEqual(self.texts(room), ['heard'])

    def test_invited(self):
        """By a person and through the room, where somebody here takes them: told of whoever sent it, accepted or
        declined; of a flood a few are told."""
        bot, ben = self.bot(), RoomBot(self.world, self.prosody, BEN)
        bot.configure(TEAM, roomsecret='Room secret', passwordprotectedroom=1, membersonly=1)
        self.im.do('take', kind='room')
        self.get_form('x', 'x')  # it has heard
        ben.invite(OFFHOOK, f'other@{SERVICE}')
        told = self.im.wait('invited', id='x')
        self.assertEqual((told['with'], told['claimed'], told['name'], told['text']),
                         (BEN, f'{BEN}/bot', f'other@{SERVICE}', 'Come in'))
        room = self.accept(told)
        self.assertEqual(self.wait_in(room)['name'], f'other@{SERVICE}')
        bot.watch('{http://jabber.org/protocol/muc#user}x')
        bot.invite_to(TEAM, OFFHOOK, 'We need you & soon')
        told = self.im.wait('invited', name=TEAM)
        self.assertEqual((told['with'], told['text']), (TEAM, 'We need you & soon'))
        self.im.do('decline-invitation', 'x', invitation=int(told['invitation']))
        wait_for('the decline', lambda: any('<decline' in s and OFFHOOK in s for s in bot.stanzas))
        room = self.accept(told)
        self.assertEqual(self.wait_in(room)['name'], TEAM)  # by the room's password, as a member
        self.im.do('room-invite', room=int(room), who=BEN, text='You too')
        ben.watch('{http://jabber.org/protocol/muc#user}x')
        bot.affiliate(TEAM, OFFHOOK, 'admin')
        self.im.do('room-invite', room=int(room), who=BEN, text='You too')
        wait_for('our invitation', lambda: any('You too' in s and TEAM in s for s in ben.stanzas))
        for number in range(40):
            ben.invite(OFFHOOK, f'flood{number}@{SERVICE}')
        ben.send(OFFHOOK, 'after all')
        self.im.wait('message', text='after all')
        self.assertLess(len(self.im.events('invited')), 35)
        self.assertEqual(self.im.events('refused'), [])
        self.im.do('block', 'x', name=BEN)
        after = self.im.count()
        ben.invite(OFFHOOK, f'blocked@{SERVICE}')
        bot.send(OFFHOOK, 'after it')
        self.im.wait('message', text='after it')
        self.assertEqual(self.im.events('invited', after), [])

    def test_twice(self):
        """One room is joined once by one account."""
        self.bot()
        room = self.join()
        self.wait_end(self.start(handle='other'), 'invalid')
        self.assertEqual(self.im.events('room', room=room)[-1]['state'], 'in')
        self.im.add_xmpp('y', self.prosody, BEN)
        self.im.sign_in('y', certificate=False)
        second = self.start_joining('y', room='team', server=SERVICE, handle='ben')
        self.wait_in(second)
        self.send(second, 'From the other account')
        self.assertEqual(self.wait_message(room, 'From the other account')['own'], 'no')
        self.assertEqual(self.wait_message(second, 'From the other account')['own'], 'yes')


class Irc(RoomCase):
    def setUp(self):
        super().setUp()
        self.ngircd = Ngircd(self.world)
        self.im.add_irc('i', self.ngircd, 'offhook')
        self.im.sign_in('i', certificate=False)

    def bot(self, nick='anna', channel='#team'):
        bot = IrcBot(self.world, self.ngircd, nick)
        bot.send_line(f'JOIN {channel}')
        bot.wait_line(' 366 ')
        return bot

    def join(self, channel='#team', **more):
        room = self.start_joining('i', channel=channel, **more)
        self.wait_in(room, 30)
        return room

    def test_talk(self):
        """The form, who is there, messages both ways, the topic, other nicks."""
        form = self.get_form('i', '#team')
        self.assertEqual((form['channel']['value'], form['password']['masked']), ("'#team'", 'yes'))
        bot = self.bot()
        room = self.join('#TEAM')
        self.wait_member(room, 'anna', flags=str(OPERATOR))
        self.wait_member(room, 'offhook')
        self.assertEqual(self.im.events('room', room=room)[-1]['nick'], 'offhook')
        ref = self.send(room, 'Grüße & <b>\nsecond line')
        echo = self.im.wait('room-message', room=room, own='yes')
        self.assertEqual((echo['ref'], echo['text']), (ref, 'Grüße & <b>\nsecond line'))
        bot.wait_message('Grüße & <b>')
        bot.wait_message('second line')
        bot.send('#team', '\x02bold\x02 <i>and</i> offhook')
        heard = self.wait_message(room, 'bold <i>and</i> offhook')
        self.assertEqual((heard['nick'], heard['highlight'], heard['own']), ('anna', 'yes', 'no'))
        bot.send_bytes(b'PRIVMSG #team :\xff\xfe\x80 bytes\r\n')
        wait_for('the bytes', lambda: any('bytes' in t for t in self.texts(room)))
        bot.send_line('TOPIC #team :What <we> do')
        told = self.im.wait('room', room=room, topic='What <we> do')
        self.assertEqual(told['topic-by'], 'anna')
        self.im.do('room-topic', room=int(room), topic='Ours')
        self.im.wait('room', 30, room=room, topic='Ours')
        bot.wait_line(' :Ours')
        bot.send_line('NICK anne')
        self.wait_member(room, 'anne', changed='nick')
        bot.send_line('MODE #team +v offhook')
        self.wait_member(room, 'offhook', flags=str(VOICE))
        bot.send_line('PART #team')
        self.im.wait('members-gone', room=room, left='1')

    def test_refused(self):
        bot = self.bot()
        bot.send_line('MODE #team +k secret')
        self.wait_end(self.start_joining('i', channel='#team'), 'password', 30)
        self.wait_end(self.start_joining('i', channel='#team', password='wrong'), 'password', 30)
        room = self.join(password='secret')
        self.im.do('leave-room', room=int(room))
        bot.wait_line('PART')
        bot.send_line('MODE #team -k secret')
        bot.send_line('MODE #team +i')
        self.wait_end(self.start_joining('i', channel='#team'), 'members-only', 30)
        bot.send_line('MODE #team -i')
        bot.send_line('MODE #team +b offhook!*@*')
        self.wait_end(self.start_joining('i', channel='#team'), 'banned', 30)
        self.wait_end(self.start_joining('i', channel='no channel'), 'invalid', 30)
        self.wait_end(self.start_joining('i', channel='team'), 'not-found', 30)
        self.assertEqual(self.im.events('notice', kind='error'), [])

    def test_put_out(self):
        bot = self.bot()
        room = self.join()
        bot.send_line('KICK #team offhook :Too loud: really')
        ended = self.wait_end(room, 'kicked')
        self.assertEqual((ended['by'], ended['text']), ('anna', 'Too loud: really'))
        room = self.join()
        bot.send_line('MODE #team +m')
        bot.wait_line('MODE #team +m')
        self.send(room, 'Nobody hears me')
        self.assertTrue(self.im.wait('room-refused', 30, room=room)['text'])

    def test_service_away(self):
        """Joined again after the service was away and after the engine was; what was written meanwhile is sent."""
        self.bot()
        rooms = [self.join(), self.join('#other')]
        after = self.im.count()
        self.ngircd.kill()
        self.im.wait('room', 15, after, room=rooms[0], state='waiting')
        self.im.do('room-send', room=int(rooms[0]), text='kept', tag='kept')
        self.ngircd.start()
        bot = self.bot()
        for room in rooms:
            self.wait_in(room, 40, after)
        self.im.wait('room-sent', 40, tag='kept')
        after = self.im.count()
        os.kill(self.im.engine_pid(), signal.SIGKILL)
        self.im.wait('room', 15, after, room=rooms[0], state='waiting')
        self.wait_in(rooms[0], 40, after)
        bot.send('#team', 'Back')
        self.wait_message(rooms[0], 'Back')
        self.assertEqual(self.texts(rooms[0], own='no'), ['Back'])

    def test_invited(self):
        """Into a channel that is closed to others; and others by us."""
        bot = self.bot()
        bot.send_line('MODE #team +i')
        self.im.do('take', kind='room')
        self.get_form('i', '#x')  # it has heard
        bot.send_line('INVITE offhook #team')
        told = self.im.wait('invited', id='i')
        self.assertEqual((told['with'], told['name'], told['text']), ('anna', '#team', ''))
        room = self.accept(told)
        self.wait_in(room, 30)
        own = self.join('#ours')
        self.im.do('room-invite', room=int(own), who='anna', text='Come')
        bot.wait_line('INVITE anna #ours', 30)

    def test_forged(self):
        """A channel's name is one: no other command comes through it."""
        bot = self.bot()
        for channel in ('#a,#b', '#a\r\nJOIN #b', '0', '#a b'):
            room = self.start_joining('i', channel=channel)
            self.wait_end(room, 'invalid', 30)
        bot.send_line('LIST')
        bot.wait_line(' 323 ')
        channels = [line.split(' ')[3] for line in bot.lines if ' 322 ' in line]
        self.assertEqual([c for c in channels if c.startswith('#')], ['#team'])


if __name__ == '__main__':
    main()
