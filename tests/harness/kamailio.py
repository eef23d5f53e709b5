# SPDX-License-Identifier: GPL-3.0-or-later
"""Kamailio as a telephone provider: a registrar with passwords, and a way to its other customers."""
import socket

from .process import wait_for
from .world import find_program, free_port

CONFIG = '''#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
disable_tcp=no
listen=udp:{address}:{port}
listen=tcp:{address}:{port}
{tls_listen}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
{tls_module}
modparam("registrar", "max_expires", {expires})
modparam("registrar", "min_expires", 1)
modparam("registrar", "default_expires", {expires})
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "timer_interval", 1)

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    t_relay(); exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    if ($ct =~ "sips:") {{ sl_send_reply("416", "No sips here"); exit; }}
    if (!pv_www_authenticate("provider.test", "{password}", "0")) {{
      xlog("L_INFO", "challenge $fU\\n");
      www_challenge("provider.test", "0"); exit;
    }}
    save("location");
    xlog("L_NOTICE", "registered $tU expires $hdr(Expires)\\n"); exit;
  }}
  record_route();
  if (is_method("INVITE") && $rU =~ "^0") {{
    if (!pv_proxy_authenticate("provider.test", "{password}", "0")) {{
      proxy_challenge("provider.test", "0"); exit;
    }}
    consume_credentials();
    $ru = "sip:" + $rU + "@{outside}";
    t_relay(); exit;
  }}
  if (!lookup("location")) {{ sl_send_reply("404", "Not Registered"); exit; }}
  t_relay();
}}
'''


TLS_MODULE = '''loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "{certificate}")
modparam("tls", "certificate", "{certificate}")
'''


class Kamailio:
    """`outside`: host:port of the telephone that numbers beginning with 0 reach. Realm
    provider.test. It believes Contacts: nothing here helps who is behind NAT, but rport.
    `certificate`: PEM with key; it listens with TLS too, at `tls_port`. It takes no sips: address."""

    def __init__(self, world, password, outside='127.0.0.1:9', expires=60, address='127.0.0.1',
                 certificate=None):
        self.world = world
        self.address = address
        with world.entered():
            self.port = free_port()
            self.tls_port = free_port()
        modules = world.run(['/bin/sh', '-c', 'ls -d /usr/lib/*/kamailio/modules | head -n 1'])
        tls = (f'enable_tls=yes\nlisten=tls:{address}:{self.tls_port}',
               TLS_MODULE.format(certificate=certificate)) if certificate else ('', '')
        self.config = world.write('kamailio.cfg', CONFIG.format(
            address=address, port=self.port, modules=modules.strip(), password=password,
            outside=outside, expires=expires, tls_listen=tls[0], tls_module=tls[1]))
        self.process = None
        self.start()

    def start(self):
        folder = self.world.path('kamailio-run', 'x').rsplit('/', 1)[0]
        self.process = self.world.start(
            'kamailio', [find_program('kamailio'), '-f', self.config, '-DD', '-E', '-m', '32', '-M',
                         '4', '-Y', folder, '-P', f'{folder}/pid', '-n', '1'])
        wait_for('Kamailio to answer', self._answers, 15, process=self.process)

    def _answers(self):
        with self.world.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.3)
            s.bind((self.address, 0))
            own = s.getsockname()[1]
            s.sendto((f'OPTIONS sip:x@{self.address}:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP '
                      f'{self.address}:{own};branch=z9hG4bK1\r\nFrom: <sip:t@127.0.0.1>;tag=1\r\nTo: '
                      f'<sip:x@127.0.0.1>\r\nCall-ID: ready-{own}\r\nCSeq: 1 OPTIONS\r\n'
                      'Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n').encode(),
                     (self.address, self.port))
            try:
                return s.recv(2000).startswith(b'SIP/2.0')
            except OSError:
                return False

    def wait_registered(self, timeout=10):
        self.process.wait_output('registered ', timeout)

    def uri(self, user):
        return f'sip:{user}@{self.address}:{self.port}'

    def end(self):
        self.process.end()
