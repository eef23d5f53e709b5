# SPDX-License-Identifier: GPL-3.0-or-later
"""A call arrives -> its offer is at the user's program, over XMPP (Prosody, TLS), IRC (ngIRCd) and SIP
(MESSAGE over TCP); 200 of them at once over XMPP, by one account whose service bears what comes and by
five with the usual limits; and what it takes to hold the presence of many contacts. The users of the latter are written into the
database before the server starts, and into Prosody's list of the server's account as the server leaves
them there, for each of both would take minutes to learn of so many one by one; a component of Prosody
answers for all of them."""
import os
import sqlite3
import time

from figure import Figure, quantile
from harness import World, wait_for
from harness.crowd import Crowd
from harness.im import add_xmpp_account, engine_env, wait_seen
from harness.ircbot import IrcBot
from harness.manyoffers import ManyOffers
from harness.ngircd import Ngircd
from harness.phone import Phone
from harness.process import Failure
from harness.prosody import Prosody
from harness.server import Server
from harness.sipuser import SipUser
from harness.xmppbot import XmppBot

TURNS = {'XMPP': 20, 'IRC': 5, 'SIP': 20}
PAUSE = {'XMPP': 0.2, 'IRC': 6, 'SIP': 0.2}  # s; on IRC an offer is three lines, its end one, at one in 2 s
CALLS = 'calls@one.test'
ANNA = 'anna@one.test'
AT_ONCE = 200
CONTACTS = 10000
DOMAIN = 'users.one.test'
IDLE_S = 10


def start_server(world):
    server = world.add(Server(world, env=engine_env(world)))
    server.add_user('anna', '100', default_delay=60)
    server.add_trunk('provider', kind='address', trusted='127.0.0.1')
    return server


def call_again_and_again(world, server, bot, service):
    """ms from the INVITE's arrival to the first line at the program."""
    for turn in range(TURNS[service]):
        before = len(bot.times)
        caller = Phone(world, f'{service}{turn}', server.uri('100'), record=None,
                       cancel_after=400, max_time=20)
        wait_for('the offer', lambda n=before: len(bot.times) > n, 10)
        offered = bot.times[before]
        caller.result(10)
        arrived = [e['mono'] for e in server.events() if e['event'] == 'arrived'][-1]
        time.sleep(PAUSE[service])  # what the service bears is not what is measured here
        yield (offered - arrived) / 1000


def measure_xmpp():
    with World('bench-offer-xmpp') as world:
        prosody = Prosody(world, {CALLS: 'Server secret 1', ANNA: 'Bot secret 2'})
        server = start_server(world)
        add_xmpp_account(server, prosody, CALLS)
        server.ctl('im', 'identity', 'add', 'anna', 'xmpp', ANNA, '--verified')
        bot = XmppBot(world, prosody, ANNA)
        wait_seen(server)
        return list(call_again_and_again(world, server, bot, 'XMPP'))


def measure_irc():
    with World('bench-offer-irc') as world:
        ngircd = Ngircd(world)
        bot = IrcBot(world, ngircd, 'anna')
        server = start_server(world)
        server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                   'calls@127.0.0.1', '--option', f'port={ngircd.port}')
        server.ctl('im', 'identity', 'add', 'anna', 'irc', 'anna', '--verified')
        wait_seen(server)
        return list(call_again_and_again(world, server, bot, 'IRC'))


class SipBot:
    """A program of anna's that takes messages; `times` when they came."""

    def __init__(self, world, server):
        self.user = world.add(SipUser(server, 'anna', 'tcp'))

    @property
    def times(self):
        return self.user.times


def measure_sip():
    with World('bench-offer-sip') as world:
        server = start_server(world)
        server.ctl('im', 'account', 'add', 'sip', '--protocol', 'sip', '--username', 'calls')
        bot = SipBot(world, server)
        server.ctl('im', 'identity', 'add', 'anna', 'sip', bot.user.login['device_id'],
                   '--verified')
        wait_seen(server)
        return list(call_again_and_again(world, server, bot, 'SIP'))


def measure_many(accounts, words=(), **options):
    """ms of each of the offers that are open at once."""
    with World('bench-offer-at-once') as world:
        many = ManyOffers(world, accounts, AT_ONCE, **options)
        server = start_server(world)
        many.sign_in(server, 60, words)
        sipp = many.call_all(server)
        many.crowd.wait_messages(AT_ONCE, 60)
        took = many.times(server)
        many.refuse_all()
        if not sipp.wait(150):
            raise Failure('not every caller was refused')
        return [seconds * 1000 for seconds in took]


def fill_database(server):
    """Users with an identity each, while the server is away."""
    with sqlite3.connect(os.path.join(server.state, 'offhook.db')) as database:
        account = database.execute('SELECT id FROM im_accounts').fetchone()[0]
        for n in range(CONTACTS):
            user = database.execute('INSERT INTO users (alias, name) VALUES (?, ?)',
                                    (f'u{n}', f'User {n}')).lastrowid
            database.execute('INSERT INTO im_identities (user_id, account_id, name, verified)'
                             ' VALUES (?, ?, ?, 1)', (user, account, f'u{n}@{DOMAIN}'))


def fill_roster(world):
    items = ''.join(f'\t["u{n}@{DOMAIN}"] = {{ ["groups"] = {{ ["Offhook"] = true; }};'
                    ' ["subscription"] = "to"; };\n' for n in range(CONTACTS))
    world.write('prosody/data/one%2etest/roster/calls.dat',
                f'return {{\n\t[false] = {{ ["version"] = 1; }};\n{items}}};\n')


class OtherProcess:
    """Memory and CPU of a process that is not ours to end."""

    def __init__(self, pid):
        self.pid = pid

    def memory(self):
        with open(f'/proc/{self.pid}/smaps_rollup', encoding='ascii') as f:
            return next(int(line.split()[1]) for line in f if line.startswith('Pss:'))

    def cpu_seconds(self):
        with open(f'/proc/{self.pid}/stat', encoding='utf-8') as f:
            fields = f.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def find_engine(world, server):
    said = world.run(['/usr/bin/ps', '--ppid', str(server.process.pid), '-o', 'pid=,comm='])
    for line in said.splitlines():
        if 'offhook-im' in line and 'defunct' not in line:
            return OtherProcess(int(line.split()[0]))
    raise Failure('the server has no IM engine')


def hold_presence():
    """Of each of the two processes: KiB, CPU seconds until all were seen, % of a core when nothing
    happens; and the seconds until all were seen. Of offhookd it is what it has more than with one
    contact; the engine reads the service's whole list in either case."""
    with World('bench-offer-many') as world:
        fill_roster(world)
        prosody = Prosody(world, {CALLS: 'Server secret 1'}, components={DOMAIN: 'The crowd 1'})
        Crowd(world, prosody, DOMAIN, 'The crowd 1')
        server = start_server(world)
        add_xmpp_account(server, prosody, CALLS, 'xmpp', '--rate', '200')
        server.ctl('im', 'identity', 'add', 'anna', 'xmpp', f'anna@{DOMAIN}', '--verified')
        wait_seen(server)
        before = [server.process.memory(), 0]
        server.process.end()
        fill_database(server)
        begun = time.monotonic()
        server.start()
        wait_seen(server, CONTACTS + 1, 600, interval=0.5)  # what asking costs is measured too
        took = time.monotonic() - begun
        processes = [server.process, find_engine(world, server)]
        busy = [p.cpu_seconds() for p in processes]
        time.sleep(IDLE_S)
        idle = [(p.cpu_seconds() - b) / IDLE_S * 100 for p, b in zip(processes, busy)]
        return [(p.memory() - m, b, i) for p, m, b, i in zip(processes, before, busy, idle)], took


def run():
    figures = []
    for service, times, goal in (('XMPP', measure_xmpp(), 100), ('IRC', measure_irc(), None),
                                 ('SIP', measure_sip(), None)):
        figures += [Figure(f'call to offer over {service}, median', quantile(times, 0.5), 'ms', goal),
                    Figure(f'call to offer over {service}, p95', quantile(times, 0.95), 'ms'),
                    Figure(f'call to offer over {service}, worst', max(times), 'ms')]
    for what, times in (
            ('one account, limits raised', measure_many(['calls'], ['--rate', '200'])),
            ('five accounts, usual limits', measure_many([f'calls{i}' for i in range(5)],
                                                         limited=True))):
        figures += [Figure(f'{AT_ONCE} at once over XMPP, {what}, median', quantile(times, 0.5), 'ms'),
                    Figure(f'{AT_ONCE} at once over XMPP, {what}, worst', max(times), 'ms', 1000)]
    found, took = hold_presence()
    figures.append(Figure(f'{CONTACTS} contacts on XMPP, all seen after the start', took, 's'))
    for (name, what), (memory, busy, idle) in zip(
            (('offhookd', 'memory more'), ('offhook-im', 'memory')), found):
        figures += [
            Figure(f'{CONTACTS} contacts, {name}, {what}', memory / 1024, 'MiB'),
            Figure(f'{CONTACTS} contacts, {name}, CPU until seen', busy, 's'),
            Figure(f'{CONTACTS} contacts, {name}, CPU idle', idle, '% of a core'),
        ]
    return figures
