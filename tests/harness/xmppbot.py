# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody on XMPP whose program is not ours: slixmpp on a thread of its own."""
import asyncio
import logging
import threading
import time

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatcherId, MatchXPath

from .process import Failure, wait_for


class XmppBot:
    """Signs in at once; keeps what it saw in `messages` (from, body) with their `times`
    (CLOCK_MONOTONIC microseconds), `presences` (from, show) and `requests` (from). `receipts`: it asks
    for receipts and gives them (XEP-0184). `program`: its name and version, which it tells who asks
    (XEP-0092); `asked` counts them."""

    def __init__(self, world, prosody, address, resource='bot', accept=True, receipts=False,
                 program=None):
        logging.getLogger('slixmpp').setLevel(logging.CRITICAL)
        self.address = address
        self.messages = []
        self.times = []
        self.presences = []
        self.requests = []
        self.refusals = []  # who did not want to be seen
        self.typing = []
        self.accept = accept
        self.program = program
        self.asked = 0
        self.refused = None  # why it did not get online
        self.receipts = []  # (from, id)
        self.shown = {}  # address -> its newest presence: show, status, idle (since), seconds
        self.programs = {}  # address -> with the program that wrote last
        self.answers = {}  # id of ask() -> 'result', or the error's condition
        self.replies = {}  # id of ask() -> all of it, as XML
        self.stanzas = []  # XML of those that watch() asked for
        self._taken = set()
        self.online = threading.Event()
        self._port = prosody.port
        self._jid = f'{address}/{resource}'
        self._password = prosody.users[address]
        self._loop = asyncio.new_event_loop()
        self._client = None
        self._thread = threading.Thread(target=self._run, args=(prosody, receipts), daemon=True)
        self._thread.start()
        world.add(self)
        wait_for(f'sign-in of {address}', lambda: self.online.is_set() or self.refused, 30)
        if self.refused:
            raise Failure(f'Prosody refused {address}: {self.refused}')

    def _run(self, prosody, receipts):
        asyncio.set_event_loop(self._loop)
        client = slixmpp.ClientXMPP(self._jid, self._password)
        client.loop = self._loop
        self._client = client
        client.ca_certs = prosody.certificate(self.address.split('@')[1])
        client.register_plugin('xep_0085')  # typing notices
        if receipts:
            client.register_plugin('xep_0184', {'auto_ack': True, 'auto_request': True})
            client.add_event_handler('receipt_received', self._on_receipt)
        if self.program:
            name, version = self.program
            client.register_plugin('xep_0092', {'software_name': name, 'version': version, 'os': ''})
            client.register_handler(Callback('asked', MatchXPath(
                '{jabber:client}iq/{jabber:iq:version}query'), self._on_asked))
        self.prepare(client)
        client.auto_authorize = None
        client.auto_subscribe = False
        client.add_event_handler('session_start', self._on_start)
        client.add_event_handler('failed_all_auth', self._on_refused)
        client.add_event_handler('message', self._on_message)
        client.add_event_handler('changed_status', self._on_presence)
        for show in ('available', 'away', 'xa', 'dnd', 'chat'):
            client.add_event_handler(f'presence_{show}', self._on_available)
        client.add_event_handler('presence_subscribe', self._on_request)
        client.add_event_handler('presence_unsubscribed', self._on_refusal)
        for state in ('composing', 'paused', 'active'):
            client.add_event_handler(f'chatstate_{state}', self._on_typing)
        client.connect(('127.0.0.1', self._port), use_ssl=False, force_starttls=True)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def _on_asked(self, _iq):
        self.asked += 1

    def prepare(self, client):
        """For bots that can do more; before it signs in."""

    async def _on_start(self, _event):
        self._client.send_presence()
        await self._client.get_roster()
        self.online.set()

    def _on_refused(self, _event):
        self.refused = 'it does not know this name with this password'

    def _on_message(self, message):
        if str(message['from']) == self._jid:
            self._taken.add(message['body'])
        elif message['type'] in ('chat', 'normal') and message['body']:
            self.times.append(time.monotonic_ns() // 1000)
            self.programs[message['from'].bare] = message['from'].full
            self.messages.append((message['from'].bare, message['body']))

    def _on_typing(self, message):
        self.typing.append((message['from'].bare, message['chat_state']))

    def _on_receipt(self, message):
        self.receipts.append((message['from'].bare, message['receipt']))

    def _on_presence(self, presence):
        self.presences.append((presence['from'].bare, presence['show'] or presence['type']))

    def _on_available(self, presence):
        idle = presence.xml.find('{urn:xmpp:idle:1}idle')
        last = presence.xml.find('{jabber:iq:last}query')
        self.shown[presence['from'].bare] = {
            'show': presence.xml.findtext('{jabber:client}show', ''), 'status': presence['status'],
            'since': None if idle is None else idle.get('since'),
            'seconds': None if last is None else last.get('seconds')}

    def _on_request(self, presence):
        self.requests.append(presence['from'].bare)
        if self.accept:
            self._client.send_presence(pto=presence['from'].bare, ptype='subscribed')

    def _on_refusal(self, presence):
        self.refusals.append(presence['from'].bare)

    def call(self, function):
        """Runs function(client) on the bot's thread."""
        self._loop.call_soon_threadsafe(function, self._client)

    def send(self, to, text):
        self.call(lambda client: client.send_message(mto=to, mbody=text, mtype='chat'))

    def wait_taken(self):
        """Until the service has taken all that was sent: it handles it in order."""
        mark = f'taken {time.monotonic_ns()}'
        self.send(self._jid, mark)
        wait_for(f'the echo of {self.address}', lambda: mark in self._taken, 20)

    def send_raw(self, xml):
        self.call(lambda client: client.send_raw(xml))

    def ask(self, number, xml):
        """Sends an IQ with that id; its answer will stand in `answers`."""
        def take(iq):
            self.answers[number] = iq['error']['condition'] if iq['type'] == 'error' else iq['type']
            self.replies[number] = str(iq)

        def run(client):
            client.register_handler(Callback(number, MatcherId(number), take, once=True))
            client.send_raw(xml)
        self.call(run)

    def watch(self, tag, answer=None):
        """Keeps stanzas with such a child, '{namespace}name'. `answer` makes the answer to an iq, as XML,
        from it, or None: there is none."""
        def take(stanza):
            self.stanzas.append(str(stanza))
            xml = answer(stanza) if answer and stanza.name == 'iq' else None
            if xml:
                self._client.send_raw(xml)

        def run(client):
            for kind in ('iq', 'message', 'presence'):
                client.register_handler(Callback(f'{kind} {tag}', MatchXPath(
                    f'{{jabber:client}}{kind}/{tag}'), take))
        self.call(run)

    def offer_file(self, to, name, size, number='file'):
        """XEP-0095 and XEP-0096, as Pidgin and Psi offer files."""
        profile = 'http://jabber.org/protocol/si/profile/file-transfer'
        self.ask(number, f'<iq type="set" id="{number}" to="{to}"><si xmlns="http://jabber.org/protocol/'
                 f'si" id="{number}" profile="{profile}"><file xmlns="{profile}" name="{name}" '
                 f'size="{size}"/><feature xmlns="http://jabber.org/protocol/feature-neg"><x '
                 'xmlns="jabber:x:data" type="form"><field var="stream-method" type="list-single">'
                 '<option><value>http://jabber.org/protocol/ibb</value></option></field></x></feature>'
                 '</si></iq>')

    def invite(self, to, room):
        """XEP-0249: by oneself, not through the room."""
        self.send_raw(f'<message to="{to}"><x xmlns="jabber:x:conference" jid="{room}" '
                      'reason="Come in"/></message>')

    def invite_through(self, to, room):
        """XEP-0045, 7.8.2: joins the room, which passes the invitation on."""
        muc = 'http://jabber.org/protocol/muc'
        self.send_raw(f'<presence to="{room}/bot"><x xmlns="{muc}"/></presence>')
        self.send_raw(f'<message to="{room}"><x xmlns="{muc}#user"><invite to="{to}"/></x></message>')

    def send_typing(self, to, state):
        self.send_raw(f'<message to="{to}" type="chat">'
                      f'<{state} xmlns="http://jabber.org/protocol/chatstates"/></message>')

    def set_presence(self, show, status=''):
        """With capabilities as a program would have them."""
        self.send_raw(f'<presence><show>{show}</show><status>{status}</status>'
                      '<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" '
                      'node="https://bot.test" ver="QgayPKawpkPSDYmwT/WM94uAlu0="/></presence>')

    def set_idle(self, seconds, old=False):
        """Nobody has used it for so long: as XEP-0319 says it, or XEP-0256."""
        since = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - seconds))
        self.send_raw('<presence>' + (
            f'<query xmlns="jabber:iq:last" seconds="{seconds}"/>' if old else
            f'<idle xmlns="urn:xmpp:idle:1" since="{since}"/>') + '</presence>')

    def ask_for_presence(self, of):
        self.call(lambda client: client.send_presence_subscription(pto=of, ptype='subscribe'))

    def texts(self, sender):
        return [body for who, body in self.messages if who == sender]

    def wait_message(self, text, timeout=10):
        return wait_for(f'message {text[:40]!r} at {self.address}',
                        lambda: [m for m in self.messages if m[1] == text], timeout)

    def end(self):
        if not self._loop.is_running():
            return
        self.call(lambda client: client.abort())
        self._loop.call_soon_threadsafe(self._loop.call_later, 0.1, self._loop.stop)
        self._thread.join(5)
