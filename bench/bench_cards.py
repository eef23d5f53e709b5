# SPDX-License-Identifier: GPL-3.0-or-later
"""The same with sound cards: a person speaks into the client's microphone, the telephone says back what
it hears, and the person hears it from the client's loudspeaker, through a private PulseAudio. Beside it
what the sound server takes with nothing but our devices in it, and baresip (by ALSA's plug-in, since
Debian's has no other way to a sound server).

Its two cards are the channels of one, so that one recording has mouth and ear on one clock.
"""
import os
import time

from figure import Figure
from harness import World, sound, wait_for
from harness.baresip import Baresip
from harness.headless import Headless
from harness.phone import Phone
from harness.pulse import ONE_CARD, Pulse
from harness.server import Server

BACK_MS = 20     # one packet: the telephone says it in the turn in which it heard it
LOOPBACK_MS = 10
SETTLE_S = 3     # what begins too early or too late has become even


def there_and_back(world, pulse):
    """ms from what the microphone hears to the same out of the loudspeaker."""
    said = sound.make_marked(world.path('said.wav'), 'user', 6.0, lead=1.0)
    wait_for('an open microphone', lambda: pulse.microphone_state() == 'RUNNING', 15)
    time.sleep(SETTLE_S)
    recording = pulse.record('card', channels=2)
    pulse.say(said)
    time.sleep(0.5)
    mouth, ear = [sound.judge(said, path) for path in pulse.stop_channels(recording, 2)]
    if not mouth.heard or not ear.heard:
        raise RuntimeError(f'not heard: {mouth}, {ear}')
    return ear.delay_ms - mouth.delay_ms


def measure():
    with World('bench-cards') as world:
        pulse = world.add(Pulse(world))
        pulse.start(ONE_CARD)
        server = world.add(Server(world))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        client = world.add(Headless(world, env={**pulse.env, 'OFFHOOK_AUDIO': 'pulse'}))
        client.sign_in(server)
        caller = Phone(world, 'caller', server.uri('100'), echo=BACK_MS, codecs='opus', max_time=60)
        client.wait('call', state='incoming')
        client.say('answer')
        found = there_and_back(world, pulse)
        caller.stop()
        return found


def measure_devices():
    """Ours without a call: the microphone is played back."""
    with World('bench-cards-devices') as world:
        pulse = world.add(Pulse(world))
        pulse.start(ONE_CARD)
        world.start('sound-card', [os.path.join(os.environ['OFFHOOK_BUILD'], 'tests', 'flow',
                                                'sound-card'), 'pulse', LOOPBACK_MS], env=pulse.env)
        return there_and_back(world, pulse) - LOOPBACK_MS


def measure_peer():
    with World('bench-cards-peer') as world:
        pulse = world.add(Pulse(world))
        pulse.start(ONE_CARD)
        peer = world.add(Baresip(world, 'peer', None, codec='opus', answer='auto', pulse=pulse))
        caller = Phone(world, 'caller', peer.uri, echo=BACK_MS, codecs='opus', max_time=60)
        found = there_and_back(world, pulse)
        caller.stop()
        return found


def run():
    ours, devices, peer = measure(), measure_devices(), measure_peer()
    return [
        Figure('with sound cards: mouth-to-ear opus, there and back', ours, 'ms', None, 'baresip',
               peer),
        Figure('with sound cards: part of the best peer', ours / peer, '', 0.5),
        Figure('with sound cards: our devices and the sound server alone', devices, 'ms'),
    ]
