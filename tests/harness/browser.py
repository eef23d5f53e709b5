# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium with a file as its microphone, without a window or on a virtual display."""
import base64
import hashlib
import os
import ssl

from . import sound
from .process import wait_for
from .world import find_program

# What the page's peer connections and microphone did; the sound that came, as 16-bit samples.
TAP = '''
window.tap = { asked: 0, peers: [], heard: [], rate: 0 };
{
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = constraints => {
    tap.asked++;
    const audio = constraints.audio === true ? {} : constraints.audio;
    return ask({ audio: { ...audio, echoCancellation: false, noiseSuppression: false,
                          autoGainControl: false } });
  };
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      tap.peers.push(this);
      this.addEventListener('track', event => {
        const context = new AudioContext();
        const node = context.createScriptProcessor(4096, 1, 1);
        tap.rate = context.sampleRate;
        context.createMediaStreamSource(new MediaStream([event.track])).connect(node);
        node.connect(context.destination);
        node.onaudioprocess = e => tap.heard.push(new Float32Array(e.inputBuffer.getChannelData(0)));
      });
    }
  };
}
'''
HEARD = '''
const samples = new Int16Array(tap.heard.reduce((sum, block) => sum + block.length, 0));
let at = 0, text = '';
for (const block of tap.heard)
  for (const x of block)
    samples[at++] = Math.max(-1, Math.min(1, x)) * 32767;
const bytes = new Uint8Array(samples.buffer);
for (let i = 0; i < bytes.length; i += 8192)
  text += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192));
return { rate: tap.rate, samples: btoa(text) };
'''


def browser_env(world):
    """Chromium leaves a file of its own where temporary files go when it is ended."""
    return {**world.env, 'TMPDIR': os.path.dirname(world.path('browser-tmp', 'x'))}


def open_browser(world, microphone, flags=(), allow=True, display=None):
    """selenium's driver; `microphone` is played once, from when it is opened; `allow`: without asking;
    `display`: where its window shows."""
    from selenium import webdriver  # pylint: disable=import-outside-toplevel
    from selenium.webdriver.chrome.service import Service  # pylint: disable=import-outside-toplevel
    options = webdriver.ChromeOptions()
    options.binary_location = '/usr/bin/chromium'
    for flag in ('--no-sandbox', '--use-fake-device-for-media-stream',
                 '--allow-loopback-in-peer-connection',
                 f'--use-file-for-fake-audio-capture={microphone}%noloop',
                 '--autoplay-policy=no-user-gesture-required', '--disable-gpu',
                 '--disable-dev-shm-usage', f'--user-data-dir={world.dir}/chromium', *flags,
                 *([] if display else ['--headless=new']),
                 *(['--use-fake-ui-for-media-stream'] if allow else [])):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=Service(
        '/usr/bin/chromedriver', env={**browser_env(world), **(display.env() if display else {})}))


def trust_flag(world, server):
    """The flag by which Chromium takes the certificate that the call server made itself, and no other
    that it cannot verify."""
    certificate = ssl.get_server_certificate(('127.0.0.1', server.https))
    key = world.run([find_program('openssl'), 'x509', '-pubkey', '-noout'], stdin=certificate)
    bits = base64.b64decode(''.join(line for line in key.split('\n') if not line.startswith('-')))
    digest = base64.b64encode(hashlib.sha256(bits).digest()).decode()
    return '--ignore-certificate-errors-spki-list=' + digest


def tap(browser):
    """Every page that is opened from now on can be asked what it did (window.tap)."""
    browser.execute_cdp_cmd('Page.enable', {})
    browser.execute_cdp_cmd('Page.addScriptToEvaluateOnNewDocument', {'source': TAP})


def get_heard(browser, path):
    """What the page's last peer connection received, written as a sound file."""
    heard = browser.execute_script(HEARD)
    samples = sound.numpy.frombuffer(base64.b64decode(heard['samples']), '<i2') / 32768
    return sound.write_wav(path, samples, int(heard['rate']))


def wait_sound(browser, seconds):
    """So much more sound comes."""
    length = 'return tap.heard.length * 4096 / tap.rate'
    begun = browser.execute_script(length)
    wait_for('sound', lambda: browser.execute_script(length) > begun + seconds, seconds + 23)


def wait_state(browser, *states, timeout=15):
    def reached():
        state = get_state(browser)
        return state if state in states else None
    return wait_for(f'the page to be {states}', reached, timeout)


def get_state(browser):
    return browser.execute_script('return document.body ? document.body.dataset.state : ""')


def get_text(browser):
    """What a person sees."""
    return browser.execute_script('return document.body ? document.body.innerText : ""')


def wait_text(browser, words, timeout=15):
    wait_for(f'{words!r} in the page', lambda: words in get_text(browser), timeout)


def wait_text_gone(browser, words, timeout=15):
    wait_for(f'{words!r} to go from the page', lambda: words not in get_text(browser), timeout)


def screenshot(browser, name, dark=False):
    """Kept where OFFHOOK_SCREENSHOTS says, if that is set."""
    folder = os.environ.get('OFFHOOK_SCREENSHOTS')
    if folder:
        browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]})
        browser.save_screenshot(os.path.join(folder, name + ('-dark' if dark else '') + '.png'))
