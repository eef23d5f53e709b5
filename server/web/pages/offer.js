/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts down by the second and sees when the call is over; the page does the rest without it. */
'use strict';
{
  const left = document.getElementById('left');
  const bar = document.querySelector('progress');
  const end = left ? performance.now() + 1000 * Number(left.dataset.seconds) : 0;

  const tick = () => {
    const seconds = Math.max(0, Math.round((end - performance.now()) / 1000));
    left.querySelector('p').textContent = left.dataset.text.replace('#', seconds);
    bar.value = Math.max(0, (end - performance.now()) / 1000);
  };
  const isOpen = () => ['open', 'asking', 'choices'].includes(document.body.dataset.state);
  const look = async () => {
    if (!isOpen())
      return; // the call goes on in this page
    try {
      const reply = await fetch(location.pathname, { headers: { Accept: 'application/json' } });
      const over = reply.status === 404 || (reply.ok && (await reply.json()).state === 'over');
      if (over && isOpen())
        location.replace(location.pathname);
    } catch {
      // Out of reach just now; the next look may do better.
    }
  };

  if (left)
    setInterval(tick, 250);
  if (document.body.dataset.state !== 'over')
    setInterval(look, 1000);
}
