#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and presses what a screen reader would; a process of its own, because AT-SPI's library
belongs to one session bus for life. JSON lines in, JSON lines out.
"""
import json
import sys

import gi
gi.require_version('Atspi', '2.0')
from gi.repository import Atspi, GLib  # noqa: E402  pylint: disable=wrong-import-position

MAX_NODES = 4000


def applications():
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(i)
        if app is not None:
            yield app


def is_seen(node):
    """GTK 4.8 sets SHOWING on windows only; inside them VISIBLE tells, unless a parent is hidden."""
    found = states(node)
    role = node.get_role_name()
    if role == 'application':
        return True
    return ('showing' if role in ('frame', 'dialog', 'alert', 'window') and
            node.get_parent().get_role_name() == 'application' else 'visible') in found


def walk(app_name, seen_only=True):
    """All accessibles of the application, breadth first; those that vanish are passed over."""
    queue = [a for a in applications() if not app_name or a.get_name() == app_name]
    seen = 0
    while queue and seen < MAX_NODES:
        node = queue.pop(0)
        seen += 1
        try:
            if seen_only and not is_seen(node):
                continue
            yield node
            for i in range(node.get_child_count()):
                child = node.get_child_at_index(i)
                if child is not None:
                    queue.append(child)
        except GLib.Error:
            continue


def states(node):
    found = node.get_state_set()
    return [s.value_nick for s in found.get_states()]


def describe(node):
    return {'role': node.get_role_name(), 'name': node.get_name() or '',
            'description': node.get_description() or '', 'states': states(node),
            'text': get_text(node)}


def get_text(node):
    try:
        if not node.get_text_iface():
            return None
        return Atspi.Text.get_text(node, 0, Atspi.Text.get_character_count(node))
    except GLib.Error:
        return None


def matches(node, request):
    if request.get('role') and node.get_role_name() not in request['role'].split('|'):
        return False
    if 'name' in request and (node.get_name() or '') != request['name']:
        return False
    if 'contains' in request:
        haystack = (node.get_name() or '') + '\n' + (get_text(node) or '')
        if request['contains'].lower() not in haystack.lower():
            return False
    wanted = request.get('state') or (request.get('sensitive') and 'sensitive')
    return not wanted or wanted in states(node)


def find(request):
    found = []
    for node in walk(request.get('app'), request.get('seen', True)):
        try:
            if matches(node, request):
                found.append(node)
                if len(found) > request.get('index', 0) and not request.get('all'):
                    break
        except GLib.Error:
            continue
    return found


def press(node):
    """The first action of the node, or of what it lies in (a label inside a button or row)."""
    for _ in range(4):
        if node is None:
            return False
        if node.get_action_iface() and Atspi.Action.get_n_actions(node) > 0:
            return Atspi.Action.do_action(node, 0)
        node = node.get_parent()
    return False


def set_text(node, text):
    if node.get_editable_text_iface():
        return Atspi.EditableText.set_text_contents(node, text)
    for inner in range(node.get_child_count()):
        child = node.get_child_at_index(inner)
        if child is not None and set_text(child, text):
            return True
    return False


def focus(node):
    return bool(node.get_component_iface() and Atspi.Component.grab_focus(node))


def answer(request):
    command = request['command']
    if command == 'tree':
        return [describe(n) for n in walk(request.get('app'), request.get('seen', True))]
    if command == 'apps':
        return [a.get_name() for a in applications()]
    found = find(request)
    if command == 'find':
        return [describe(n) for n in found]
    index = request.get('index', 0)
    if len(found) <= index:
        return None
    node = found[index]
    if command == 'press':
        return press(node)
    if command == 'set-text':
        return set_text(node, request['text'])
    if command == 'focus':
        return focus(node)
    if command == 'extents':
        box = Atspi.Component.get_extents(node, Atspi.CoordType.SCREEN)
        return [box.x, box.y, box.width, box.height]
    raise ValueError(command)


def main():
    Atspi.init()
    Atspi.set_timeout(3000, 5000)
    for line in sys.stdin:
        try:
            reply = {'ok': answer(json.loads(line))}
        except (GLib.Error, ValueError, AttributeError, TypeError) as error:
            reply = {'error': str(error)}
        print(json.dumps(reply), flush=True)


if __name__ == '__main__':
    main()
