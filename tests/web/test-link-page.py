#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a call offer's link as a person sees it: Chromium with a telephone's screen, light and
dark, without script too. Pictures are kept whether the tests fail or not."""
import os
import re

from harness import main, wait_for
from harness.browser import browser_env
from harness.imflow import CALL_BACK, CALLS, ImFlowCase
from harness.phone import Phone

WIDTH, HEIGHT = 360, 740
NO_SCRIPT = {'profile.managed_default_content_settings.javascript': 2}

# How readable what has text is: the least contrast of WCAG 2 (relative luminance) and where, and
# whether anything sticks out of the screen.
LOOK = '''
const light = text => {
  const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255).map(
    c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const ground = element => {
  for (let e = element; e; e = e.parentElement)
    if (!/rgba\\(.*, 0\\)/.test(getComputedStyle(e).backgroundColor))
      return getComputedStyle(e).backgroundColor;
};
let least = [99, ''];
for (const e of document.querySelectorAll('h1, p, button, a.button')) {
  if (!e.innerText.trim())
    continue;
  const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < least[0])
    least = [(a + .05) / (b + .05), e.innerText];
}
return { contrast: least, ground: light(getComputedStyle(document.body).backgroundColor),
         wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
         tall: document.documentElement.scrollHeight - window.innerHeight,
         buttons: [...document.querySelectorAll('form button')].map(e => {
           const box = e.getBoundingClientRect();
           return [e.value, box.top, box.bottom, box.height, box.width];
         }) };
'''


class LinkPage(ImFlowCase):
    delay = 60

    def setUp(self):
        super().setUp()
        self.start_im(rules=('--decline-action', 'busy', '--order', 'together'))
        self.bot = self.start_bot()
        self.browser = None

    def open_browser(self, **preferences):
        from selenium import webdriver  # pylint: disable=import-outside-toplevel
        from selenium.webdriver.chrome.service import Service  # pylint: disable=import-outside-toplevel
        options = webdriver.ChromeOptions()
        options.binary_location = '/usr/bin/chromium'
        options.accept_insecure_certs = True  # the server's own authority
        for flag in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     f'--user-data-dir={self.world.dir}/chromium'):
            options.add_argument(flag)
        options.add_experimental_option('mobileEmulation', {'deviceMetrics': {
            'width': WIDTH, 'height': HEIGHT, 'pixelRatio': 2.0, 'touch': True}})
        options.add_experimental_option('prefs', preferences)
        self.browser = webdriver.Chrome(options=options, service=Service(
            '/usr/bin/chromedriver', env=browser_env(self.world)))
        self.addCleanup(self.browser.quit)

    def call(self, name='Demo Caller', **options):
        """Somebody calls; returns the telephone and the link."""
        before = len(self.bot.texts(CALLS))
        merged = {'listen': 'udp:127.0.0.1:0', 'from': 'sip:555100@127.0.0.1', 'name': name,
                  'max_time': 90, **options}
        caller = Phone(self.world, f'caller-{before}', self.server.uri('100'), **merged)
        text = wait_for('the offer', lambda: self.bot.texts(CALLS)[before:], 15)[0]
        return caller, re.search(r'https://\S+$', text).group(0)

    def keep(self, name):
        self.browser.save_screenshot(self.world.path('screenshots', name + '.png'))
        self.world.keep(('screenshots',))

    def look(self, name, scheme):
        """A picture, and what a designer would measure in it."""
        self.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': scheme}]})
        self.keep(f'{name}-{scheme}')
        seen = self.browser.execute_script(LOOK)
        self.assertGreaterEqual(seen['contrast'][0], 4.5, (name, scheme, seen))
        self.assertEqual(seen['ground'] > 0.5, scheme == 'light', seen)
        self.assertEqual(seen['wide'], 0, f'{name} is wider than the screen')
        for option, top, bottom, height, width in seen['buttons']:
            self.assertGreaterEqual(height, 48, f'button {option}')
            self.assertGreaterEqual(width, WIDTH * 0.6, f'button {option}')
            self.assertTrue(0 <= top < bottom <= HEIGHT, f'{name}: button {option} is not in sight')
        return seen

    def text(self):
        """Empty while another page comes."""
        from selenium.common import exceptions  # pylint: disable=import-outside-toplevel
        try:
            return self.browser.find_element('tag name', 'main').text
        except (exceptions.StaleElementReferenceException, exceptions.NoSuchElementException):
            return ''
        except exceptions.WebDriverException as error:
            if 'does not belong to the document' not in str(error):
                raise
            return ''

    def wait_text(self, words, timeout=15):
        return wait_for(f'{words!r} in the page', lambda: words in self.text() and self.text(), timeout)

    def press(self, option):
        """Once more where the page came anew between looking and pressing."""
        from selenium.common import exceptions  # pylint: disable=import-outside-toplevel

        def once():
            try:
                self.browser.find_element('css selector', f'form button[value="{option}"]').click()
            except (exceptions.StaleElementReferenceException, exceptions.NoSuchElementException):
                return False
            return True
        wait_for(f'button {option}', once)

    def test_telephone_screen(self):
        """Light and dark, with a short name, and with a long one from right to left."""
        self.open_browser()
        self.device(ring_only=True, name='laptop')
        caller, link = self.call()
        self.browser.get(link)
        for scheme in ('light', 'dark'):
            seen = self.look('open', scheme)
            self.assertEqual([option for option, *_ in seen['buttons']][-2:], ['3', '9'])
        first = int(re.search(r'(\d+) s left', self.text()).group(1))
        wait_for('the seconds to go down', lambda: int(
            re.search(r'(\d+) s left', self.text()).group(1)) < first)
        self.press(9)
        self.assertIn('Declined at', self.wait_text('This call is over'))
        self.assertEqual(caller.result(10)['status'], 486)
        self.assertEqual(self.browser.current_url, link)
        for scheme in ('light', 'dark'):
            self.look('declined', scheme)

        self.server.ctl('user', 'set', 'anna', '--language', 'de')
        name = 'משרד ההדגמה של מוקד השיחות "A&B" <i>' + 'אאאאאאאאאאאאאאאאאאאאאאאאאאאאאאאאאאא'
        caller, link = self.call(name)
        self.browser.get(link)
        for scheme in ('light', 'dark'):
            self.look('right-to-left', scheme)
        self.assertEqual(self.browser.execute_script(
            'return getComputedStyle(document.querySelector(".name")).direction'), 'rtl')
        self.assertEqual(self.browser.find_elements('css selector', 'i'), [])
        caller.stop()
        self.wait_text('Der Anrufer hat um')
        back = self.browser.find_element('css selector', 'a.button')
        self.assertEqual((back.text, back.get_attribute('href')), ('Zurückrufen', CALL_BACK))
        for scheme in ('light', 'dark'):
            self.look('missed', scheme)
        self.browser.get(link[:-1])
        self.assertIn('There is no call here', self.text())
        self.look('unknown', 'light')

    def test_without_script(self):
        """The page looks for itself whether the call is over; a button does what it says."""
        self.open_browser(**NO_SCRIPT)
        caller, link = self.call()
        self.browser.get(link)
        self.assertRegex(self.wait_text(' s left, '), r'\d+ s left, then voicemail')
        caller.stop()
        self.wait_text('The caller gave up at')
        caller, link = self.call(hang_up_after=3)
        self.browser.get(link)
        self.keep('without-script')
        self.press(3)
        self.wait_text('Went to voicemail at')
        self.assertTrue(caller.result(20)['answered'])
        self.assertEqual(os.path.basename(self.browser.current_url), os.path.basename(link))


if __name__ == '__main__':
    main()
