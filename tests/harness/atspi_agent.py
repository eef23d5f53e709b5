#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and presses what a screen reader would; a process of its own, because it belongs to one
session bus for life. JSON lines in, JSON lines out.

It speaks the protocol itself: a program tells all that it shows in one answer (the cache that screen
readers load) and whose child is what in answers that are asked for all at once. A library that asks
one widget after the other, six times each, takes ten times as long, and what it says of the first is
old when it comes to the last.
"""
import collections
import functools
import json
import os
import sys
import time

import gi
gi.require_version('Atspi', '2.0')
from gi.repository import Atspi, Gio, GLib  # noqa: E402  pylint: disable=wrong-import-position

MAX_NODES = 4000
TIMEOUT_MS = 5000
PRESS_TIMEOUT_MS = 20000  # what was pressed is never pressed again because nothing was heard of it
ROOT = '/org/a11y/atspi/accessible/root'
ACCESSIBLE = 'org.a11y.atspi.Accessible'
ACTION = 'org.a11y.atspi.Action'
EDITABLE = 'org.a11y.atspi.EditableText'
TEXT = 'org.a11y.atspi.Text'
# Object, application, parent, place in it, how many children, interfaces, name, role, description, states.
ITEMS = '(a((so)(so)(so)iiassusau))'
WINDOWS = ('frame', 'dialog', 'alert', 'window')
WHOLE = GLib.Variant('(ii)', (0, 2 ** 31 - 1))


@functools.lru_cache(None)
def role_name(number):
    return Atspi.role_get_name(Atspi.Role(number))


@functools.lru_cache(None)
def state_names(bits):
    return [Atspi.StateType(i).value_nick for i in range(bits.bit_length()) if bits >> i & 1]


class Busy(Exception):
    """Nobody answered in time: nothing is known, and nothing was done."""


@functools.lru_cache(None)
def bus():
    """Where GTK is too."""
    try:
        address = os.environ.get('AT_SPI_BUS_ADDRESS')
        if not address:
            address = Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
                'org.a11y.Bus', '/org/a11y/bus', 'org.a11y.Bus', 'GetAddress', None, None,
                Gio.DBusCallFlags.NONE, TIMEOUT_MS, None).unpack()[0]
        return Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    except GLib.Error as error:
        raise Busy(str(error)) from error


def is_late(error):
    return error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT)


class Questions:
    """Asked without waiting for one answer before the next question."""

    def __init__(self):
        self.open = 0
        self.late = None

    def ask(self, owner, path, interface, method, arguments, take):
        """take(answer) is called in run(), with None from what is no longer there."""
        self.open += 1
        bus().call(owner, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE,
                   TIMEOUT_MS, None, functools.partial(self._on_answer, take))

    def _on_answer(self, take, connection, result, *_):
        self.open -= 1
        answer = None
        try:
            answer = connection.call_finish(result)
        except GLib.Error as error:
            if is_late(error):
                self.late = error
        take(answer)

    def run(self):
        """Until all is answered."""
        while self.open:
            GLib.MainContext.default().iteration(True)
        if self.late:
            raise Busy(str(self.late))


def ask(owner, path, interface, method, arguments=None):
    """One question alone."""
    answers = []
    questions = Questions()
    questions.ask(owner, path, interface, method, arguments, answers.append)
    questions.run()
    return answers[0]


class Node:
    """What a program said of one accessible; decoded only where it is looked at."""

    def __init__(self, program, item):
        self.program = program
        self.path = item.get_child_value(0).get_child_value(1).get_string()
        self.text = None
        self._item = item

    @functools.cached_property
    def parent(self):
        return self._item.get_child_value(2).get_child_value(1).get_string()

    @property
    def place(self):
        return self._item.get_child_value(3).get_int32()

    @property
    def child_count(self):
        return self._item.get_child_value(4).get_int32()

    def has(self, interface):
        return interface in self._item.get_child_value(5).get_strv()

    @property
    def name(self):
        return self._item.get_child_value(6).get_string()

    @property
    def role(self):
        return role_name(self._item.get_child_value(7).get_uint32())

    @property
    def description(self):
        return self._item.get_child_value(8).get_string()

    @functools.cached_property
    def states(self):
        both = self._item.get_child_value(9)
        return state_names(both.get_child_value(0).get_uint32() | both.get_child_value(1).get_uint32() << 32)

    def is_seen(self):
        """GTK 4.8 sets SHOWING on windows only; inside them VISIBLE tells."""
        if self.path == ROOT:
            return True
        wanted = 'showing' if self.parent == ROOT and self.role in WINDOWS else 'visible'
        return wanted in self.states

    def describe(self):
        return {'id': self.path, 'role': self.role, 'name': self.name,
                'description': self.description, 'states': self.states, 'text': self.text}

    def ask(self, interface, method, arguments=None):
        return ask(self.program.owner, self.path, interface, method, arguments)


class Program:
    """An application as it is at one moment."""

    def __init__(self, owner):
        self.owner = owner
        self.nodes = {}
        self.children = {}
        self._read_nodes()
        if not self._take_places():
            self._read_children()
            if not self._knows(self._listed()):
                self._read_nodes()  # of what was never asked for it told nothing yet
        self._insert_pages()

    def _take_places(self):
        """Whose child is what, as each has told of itself; only who counts others is asked for them. False
        where children told nothing yet."""
        places = collections.defaultdict(list)
        for node in self.nodes.values():
            places[node.parent].append((node.place, node.path))
        self.children = {parent: [path for _, path in sorted(found)]
                         for parent, found in places.items()}
        questions = Questions()
        for path in [ROOT] + [path for path, node in self.nodes.items()
                              if node.child_count != len(places.get(path, ()))]:
            self._ask_children(questions, path)
        questions.run()
        return self._knows([ROOT]) and self._knows(self._listed())

    def _ask_children(self, questions, path, then=lambda children: None):
        def take(answer):
            if answer is not None:
                self.children[path] = [child for _, child in answer.unpack()[0]]
                then(self.children[path])

        self.children[path] = []
        questions.ask(self.owner, path, ACCESSIBLE, 'GetChildren', None, take)

    def _knows(self, paths):
        return all(path in self.nodes for path in paths)

    def _listed(self):
        return [path for paths in self.children.values() for path in paths]

    def _read_nodes(self):
        answer = ask(self.owner, '/org/a11y/atspi/cache', 'org.a11y.atspi.Cache', 'GetItems')
        if answer is None or answer.get_type_string() != ITEMS:
            return
        items = answer.get_child_value(0)
        for i in range(items.n_children()):
            node = Node(self, items.get_child_value(i))
            self.nodes[node.path] = node

    def _read_children(self):
        questions = Questions()
        self.children = {}

        def look_into(paths):
            for path in paths:
                node = self.nodes.get(path)
                if path not in self.children and len(self.children) < MAX_NODES \
                        and (node is None or node.child_count):
                    self._ask_children(questions, path, look_into)

        self._ask_children(questions, ROOT, look_into)
        questions.run()

    def _insert_pages(self):
        """A stack tells its pages' contents as its children; each says that a page is its parent."""
        for path, children in list(self.children.items()):
            for i, child in enumerate(children):
                page = self.nodes[child].parent if child in self.nodes else path
                if page != path and page in self.nodes and self.nodes[page].parent == path:
                    children[i] = page
                    self.children[page] = [child]

    def walk(self, seen_only):
        """Breadth first."""
        queue = collections.deque([ROOT])
        while queue:
            path = queue.popleft()
            node = self.nodes.get(path)
            if node is None or seen_only and not node.is_seen():
                continue
            yield node
            queue.extend(self.children.get(path, ()))


def read_texts(nodes):
    questions = Questions()

    def take(node, answer):
        if answer is not None:
            node.text = answer.unpack()[0]

    for node in nodes:
        if node.text is None and node.has(TEXT):
            questions.ask(node.program.owner, node.path, TEXT, 'GetText', WHOLE,
                          functools.partial(take, node))
    questions.run()


def walk(request):
    """All accessibles of the application."""
    found = []
    desktop = ask('org.a11y.atspi.Registry', ROOT, ACCESSIBLE, 'GetChildren')
    for owner, _ in desktop.unpack()[0] if desktop else ():
        program = Program(owner)
        if not request.get('app') or ROOT in program.nodes \
                and program.nodes[ROOT].name == request['app']:
            found += program.walk(request.get('seen', True))
    return found


def fits(node, request):
    wanted = request.get('state') or (request.get('sensitive') and 'sensitive')
    if wanted and wanted not in node.states:
        return False
    if 'name' in request and node.name != request['name']:
        return False
    return not request.get('role') or node.role in request['role'].split('|')


def find(request):
    found = [node for node in walk(request) if fits(node, request)]
    if 'contains' in request:
        words = request['contains'].lower()
        read_texts(node for node in found if words not in node.name.lower())
        found = [node for node in found
                 if words in (node.name + '\n' + (node.text or '')).lower()]
    return found


def do_first_action(node):
    try:
        return bus().call_sync(node.program.owner, node.path, ACTION, 'DoAction',
                               GLib.Variant('(i)', (0,)), None, Gio.DBusCallFlags.NONE,
                               PRESS_TIMEOUT_MS, None).unpack()[0]
    except GLib.Error as error:
        if is_late(error):
            raise
        return False  # it is no longer there


def press(node):
    """The first action of the node, or of what it lies in (a label inside a button or row)."""
    for _ in range(4):
        if node is None:
            return False
        if node.has(ACTION):
            count = node.ask('org.freedesktop.DBus.Properties', 'Get',
                             GLib.Variant('(ss)', (ACTION, 'NActions')))
            if count is not None and count.unpack()[0] > 0:
                return do_first_action(node)
        node = node.program.nodes.get(node.parent)
    return False


def set_text(node, text):
    """Of the node, or of what lies in it."""
    if node.has(EDITABLE):
        answer = node.ask(EDITABLE, 'SetTextContents', GLib.Variant('(s)', (text,)))
        return answer is not None and answer.unpack()[0]
    inner = (node.program.nodes.get(path) for path in node.program.children.get(node.path, ()))
    return any(child is not None and set_text(child, text) for child in inner)


def measure_waits(seconds):
    """The ms that each program's main loop lets a question wait, asked again and again for so long."""
    waits = []
    desktop = ask('org.a11y.atspi.Registry', ROOT, ACCESSIBLE, 'GetChildren')
    end = time.monotonic() + seconds
    while desktop and time.monotonic() < end:
        for owner, _ in desktop.unpack()[0]:
            begun = time.monotonic()
            ask(owner, ROOT, ACCESSIBLE, 'GetRole')
            waits.append((time.monotonic() - begun) * 1000)
        time.sleep(0.002)
    return waits


def answer_request(request):
    command = request['command']
    if command == 'waits':
        return measure_waits(request['seconds'])
    found = walk(request) if command == 'tree' else find(request)
    if command in ('tree', 'find'):
        read_texts(found)
        return [node.describe() for node in found]
    index = request.get('index', 0)
    if len(found) <= index:
        return None
    if command == 'press':
        return press(found[index])
    if command == 'set-text':
        return set_text(found[index], request['text'])
    raise ValueError(command)


def main():
    for line in sys.stdin:
        try:
            reply = {'ok': answer_request(json.loads(line))}
        except Busy as error:
            reply = {'busy': str(error)}
        except (GLib.Error, ValueError, AttributeError, TypeError) as error:
            reply = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(reply), flush=True)


if __name__ == '__main__':
    main()
