# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody in XMPP's rooms whose program is not ours (XEP-0045), by slixmpp and stanzas of its own."""
from xml.sax.saxutils import escape

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from .process import wait_for
from .xmppbot import XmppBot

MUC = 'http://jabber.org/protocol/muc'


class RoomBot(XmppBot):
    """`said`: (nick, text, id) of each message of a room; `there`: nicks of a room's members with their
    presence as XML; `gone`: those who left, the same; `subjects`: (nick, text); `invited`, `declined`: the
    stanzas as XML."""

    def __init__(self, world, prosody, address, resource='bot'):
        self.said = []
        self.there = {}
        self.gone = {}
        self.subjects = []
        self.errors = []
        self._number = 0
        super().__init__(world, prosody, address, resource)

    def prepare(self, client):
        client.register_handler(Callback('rooms', MatchXPath('{jabber:client}message'), self._on_said))
        client.add_event_handler('presence_available', self._on_there)
        client.add_event_handler('presence_unavailable', self._on_gone)
        client.add_event_handler('presence_error', lambda presence: self.errors.append(str(presence)))

    def _on_said(self, message):
        if message['type'] != 'groupchat':
            return
        if message['body']:
            self.said.append((message['from'].resource, message['body'], message['id']))
        elif message.xml.find('{jabber:client}subject') is not None:
            self.subjects.append((message['from'].resource, message['subject']))

    def _on_there(self, presence):
        if presence.xml.find(f'{{{MUC}#user}}x') is not None:
            self.there[presence['from'].resource] = str(presence)
            self.gone.pop(presence['from'].resource, None)

    def _on_gone(self, presence):
        if presence.xml.find(f'{{{MUC}#user}}x') is not None:
            self.there.pop(presence['from'].resource, None)
            self.gone[presence['from'].resource] = str(presence)

    def join(self, room, nick='anna', password=''):
        secret = f'<password>{password}</password>' if password else ''
        self.send_raw(f'<presence to="{room}/{nick}"><x xmlns="{MUC}">{secret}</x></presence>')
        self.wait_there(nick)

    def leave(self, room, nick='anna'):
        self.send_raw(f'<presence to="{room}/{nick}" type="unavailable"/>')
        wait_for(f'{nick} to be out', lambda: nick in self.gone)

    def say(self, room, text, more=''):
        self._number += 1
        self.send_raw(f'<message to="{room}" type="groupchat" id="said{self._number}">'
                      f'<body>{escape(text)}</body>{more}</message>')

    def set_subject(self, room, text):
        self.send_raw(f'<message to="{room}" type="groupchat"><subject>{escape(text)}</subject></message>')

    def rename(self, room, nick):
        self.send_raw(f'<presence to="{room}/{nick}"/>')
        self.wait_there(nick)

    def change(self, number, room, query, kind='admin'):
        """As an administrator or owner; waits for the answer."""
        self.ask(number, f'<iq type="set" id="{number}" to="{room}"><query xmlns="{MUC}#{kind}">{query}'
                 '</query></iq>')
        wait_for(f'the answer to {number}', lambda: number in self.answers)
        return self.answers[number]

    def kick(self, room, nick, why=''):
        return self.change(f'kick {nick}', room, f'<item nick="{nick}" role="none"><reason>{escape(why)}</reason>'
                           '</item>')

    def affiliate(self, room, address, what, why=''):
        return self.change(f'{what} {address}', room, f'<item jid="{address}" affiliation="{what}"><reason>'
                           f'{why}</reason></item>')

    def configure(self, room, **fields):
        """Names of Prosody's form, without "muc#roomconfig_"."""
        form = ''.join(f'<field var="muc#roomconfig_{name}"><value>{value}</value></field>'
                       for name, value in fields.items())
        return self.change('configure', room, '<x xmlns="jabber:x:data" type="submit"><field '
                           f'var="FORM_TYPE"><value>{MUC}#roomconfig</value></field>{form}</x>', 'owner')

    def destroy(self, room, why=''):
        return self.change('destroy', room, f'<destroy><reason>{why}</reason></destroy>', 'owner')

    def invite_to(self, room, address, why):
        """Through the room (XEP-0045, 7.8.2)."""
        self.send_raw(f'<message to="{room}"><x xmlns="{MUC}#user"><invite to="{address}"><reason>{escape(why)}'
                      '</reason></invite></x></message>')

    def wait_there(self, nick, timeout=15):
        return wait_for(f'{nick} to be in', lambda: self.there.get(nick), timeout)

    def wait_gone(self, nick, timeout=15):
        return wait_for(f'{nick} to be out', lambda: self.gone.get(nick), timeout)

    def wait_said(self, text, timeout=15):
        return wait_for(f'{text[:40]!r} in the room', lambda: [s for s in self.said if s[1] == text],
                        timeout)[0]

    def texts_of(self, nick):
        return [text for who, text, _ in self.said if who == nick]
