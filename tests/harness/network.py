# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of a test's own: name spaces joined by cables, a home router with NAT between them.

A Place stands for one computer. It is used where a World is asked for: what is started in it runs
there, files and the end are those of the test's World.
"""
import contextlib
import ctypes
import os
import subprocess

from .process import Failure, wait_for
from .wire import CLONE_NEWNET
from .world import find_program

_libc = ctypes.CDLL(None, use_errno=True)

HOME = '192.168.77.2'     # the computer behind the router
INSIDE = '192.168.77.1'   # the router, seen from there
OUTSIDE = '198.51.100.1'  # the router, seen by everybody else
FIRST_INSIDE, FIRST_OUTSIDE, SPAN = 20000, 31000, 60  # UDP ports that a moving router moves

# What it lets in: answers to what went out, from there and for half a minute, as home routers do.
RULES = '''
table ip filter {{
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    {blocking}
    iifname "in0" accept
    {forwarded}
  }}
  chain input {{
    type filter hook input priority 0; policy accept;
    iifname "out0" ct state new drop
  }}
}}
table ip nat {{
  chain prerouting {{
    type nat hook prerouting priority -100;
    {forwarding}
  }}
  chain postrouting {{
    type nat hook postrouting priority 100;
    {moving}
    oifname "out0" masquerade {spread}
  }}
}}
'''


def why_not():
    """Why no networks can be made here; None: they can."""
    for program in ('ip', 'nft', 'unshare', 'nsenter'):
        try:
            find_program(program)
        except Failure as failure:
            return str(failure)
    done = subprocess.run(['unshare', '--net', 'nft', 'add', 'table', 'ip', 'test'],
                          capture_output=True, text=True, timeout=10, check=False)
    return f'no network name spaces here: {done.stderr.strip()}' if done.returncode else None


class Place:
    """One computer in a network name space, which goes when the last process in it has ended."""

    def __init__(self, world, name):
        self._world = world
        self.keeper = world.start(f'place-{name}', [find_program('unshare'), '--net', '--',
                                                    'sleep', '900'])
        own = os.readlink('/proc/self/ns/net')
        wait_for(f'the name space of {name}', lambda: self._link() not in (None, own), 15,
                 process=self.keeper)
        self.ip('link', 'set', 'lo', 'up')

    def __getattr__(self, name):
        return getattr(self._world, name)

    def _link(self):
        try:
            return os.readlink(f'/proc/{self.keeper.pid}/ns/net')
        except OSError:
            return None

    def _inside(self, argv):
        return [find_program('nsenter'), f'--net=/proc/{self.keeper.pid}/ns/net', '--', *argv]

    def start(self, name, argv, *rest, **options):
        return self._world.start(name, self._inside(argv), *rest, **options)

    def run(self, argv, **options):
        return self._world.run(self._inside(argv), **options)

    def ip(self, *words):
        return self.run([find_program('ip'), *words])

    def nft(self, rules):
        return self.run([find_program('nft'), '-f', '-'], stdin=rules)

    def set(self, key, value):
        return self.run([find_program('sysctl'), '-q', '-w', f'{key}={value}'])

    def plug(self, interface, *addresses, gateway=None):
        """The interface's addresses, the first one's mask for all."""
        for address in addresses:
            self.ip('address', 'add', address, 'dev', interface)
        self.ip('link', 'set', interface, 'up')
        if gateway:
            self.ip('route', 'add', 'default', 'via', gateway)

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread opens within it are in this place."""
        with open('/proc/thread-self/ns/net', 'rb') as before, \
                open(f'/proc/{self.keeper.pid}/ns/net', 'rb') as after:
            _switch(after)
            try:
                yield
            finally:
                _switch(before)


def _switch(file):
    if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
        raise Failure(f'setns: {os.strerror(ctypes.get_errno())}')


def join(one, name, other, other_name):
    """A cable; its ends are renamed, because libnice passes over interfaces named veth*."""
    one.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', other_name, 'netns',
           str(other.keeper.pid))


class HomeNetwork:
    """home (192.168.77.2) - router - outside (198.51.100.10 to .14).

    moves: the router gives each inner UDP port another one outside, the same towards everybody;
    spreads: another one towards each (symmetric); forwards: nft matches that may come in;
    blocks: an nft match that may not go out.
    """

    def __init__(self, world, moves=False, spreads=False, forwards=(), blocks=None):
        self.home = Place(world, 'home')
        self.router = Place(world, 'router')
        self.outside = Place(world, 'outside')
        join(self.router, 'in0', self.home, 'lan0')
        join(self.router, 'out0', self.outside, 'net0')
        self.home.plug('lan0', f'{HOME}/24', gateway=INSIDE)
        self.router.plug('in0', f'{INSIDE}/24')
        self.router.plug('out0', f'{OUTSIDE}/24')
        self.outside.plug('net0', *(f'198.51.100.{n}/24' for n in range(10, 15)))
        self.router.set('net.ipv4.ip_forward', 1)
        ports = ', '.join(f'{FIRST_INSIDE + n} : {FIRST_OUTSIDE + n}' for n in range(SPAN))
        self.router.nft(RULES.format(
            blocking=f'iifname "in0" {blocks} drop' if blocks else '',
            spread='random' if spreads else '',
            moving=f'oifname "out0" meta l4proto udp snat to {OUTSIDE} : udp sport map '
                   f'{{ {ports} }}\n'
                   'oifname "out0" udp sport 5060 masquerade to :45060' if moves else '',
            forwarding='\n'.join(f'iifname "out0" {match} dnat to {HOME}' for match in forwards),
            forwarded='\n'.join(f'iifname "out0" {match} accept' for match in forwards)))
        self.router.set('net.netfilter.nf_conntrack_udp_timeout', 30)
        self.router.set('net.netfilter.nf_conntrack_udp_timeout_stream', 30)
