# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody on XMPP who sends and takes files in-band: slixmpp's byte streams (XEP-0047), offered and answered
by stanzas of its own (XEP-0095 and 0096), which slixmpp 1.8 gets wrong."""
import asyncio

from slixmpp.exceptions import IqError, IqTimeout

from .process import wait_for
from .xmppbot import XmppBot

IBB = 'http://jabber.org/protocol/ibb'
SI = 'http://jabber.org/protocol/si'
PROFILE = f'{SI}/profile/file-transfer'
ANSWER = ('<iq type="result" id="%s" to="%s"><si xmlns="%s"><feature '
          'xmlns="http://jabber.org/protocol/feature-neg"><x xmlns="jabber:x:data" type="submit">'
          '<field var="stream-method"><value>%s</value></field></x></feature></si></iq>')
DECLINE = ('<iq type="error" id="%s" to="%s"><error type="cancel"><forbidden '
           'xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>')


class FileBot(XmppBot):
    """`offers` is a list of (from, sid, name, size, id); `files` what came, by name; `sent` what became of
    those that were sent, by name: 'done', or why not."""

    def __init__(self, world, prosody, address, resource='bot'):
        self.offers = []
        self.files = {}
        self.sent = {}
        self._takers = {}  # sid -> what takes its stream
        super().__init__(world, prosody, address, resource)
        self.watch(f'{{{SI}}}si', self._on_offer)

    def prepare(self, client):
        for plugin in ('xep_0030', 'xep_0115'):
            client.register_plugin(plugin)
        client.register_plugin('xep_0047', {'auto_accept': True})
        for feature in (SI, PROFILE, IBB):
            client['xep_0030'].add_feature(feature)
        client.add_event_handler('ibb_stream_start', self._on_stream)

    def _on_offer(self, iq):
        si = iq.xml.find(f'{{{SI}}}si')
        file = si.find(f'{{{PROFILE}}}file')
        self.offers.append((iq['from'].full, si.get('id'), file.get('name'), int(file.get('size')),
                            iq['id']))

    def _on_stream(self, stream):
        taker = self._takers.pop(stream.sid, None)
        if taker:
            asyncio.ensure_future(taker(stream))

    @staticmethod
    def _close(stream):
        """The other side may have closed it already."""
        stream.close().add_done_callback(lambda future: future.cancelled() or future.exception())

    def wait_offer(self, name, timeout=20):
        return wait_for(f'the offer of {name!r}', lambda: [o for o in self.offers if o[2] == name],
                        timeout)[0]

    def take(self, offer, stop_after=None):
        """`stop_after`: the bytes after which it has had enough."""
        sender, sid, name, _, number = offer

        async def gather(stream):
            if stop_after is None:
                self.files[name] = await stream.gather()
            else:
                await stream.gather(stop_after)
                self._close(stream)
        self._takers[sid] = gather
        self.send_raw(ANSWER % (number, sender, SI, IBB))

    def decline(self, offer):
        self.send_raw(DECLINE % (offer[4], offer[0]))

    def send_file(self, to, name, data, size=None, stop_after=None, block=4096, hurry=False):
        """`size`: what it says of it. `stop_after`: the bytes after which it closes. `hurry`: no block waits
        for the answer to the one before."""
        sid = f'sid{len(self.sent)}-{abs(hash(name))}'
        part = data[:stop_after]

        async def send(client):
            try:
                stream = await client['xep_0047'].open_stream(to, sid=sid, block_size=block)
                if hurry:
                    blocks = [asyncio.ensure_future(stream.send(part[i:i + block]))
                              for i in range(0, len(part), block)]
                    await asyncio.sleep(0)
                    self._close(stream)
                    await asyncio.gather(*blocks)
                else:
                    await stream.sendall(part)
                    self._close(stream)
                self.sent[name] = 'done'
            except IqError as error:
                self.sent[name] = error.iq['error']['condition']
            except (IqTimeout, OSError) as error:
                self.sent[name] = type(error).__name__

        async def begin(client):
            while sid not in self.answers:
                await asyncio.sleep(0.01)
            if self.answers[sid] == 'result':
                await send(client)
            else:
                self.sent[name] = self.answers[sid]
        self.offer_file(to, name, len(data) if size is None else size, sid)
        self.call(lambda client: asyncio.ensure_future(begin(client)))
