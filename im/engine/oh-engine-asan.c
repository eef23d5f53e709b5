/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Only in this program, and only under the address sanitizer, which asks for it before main():
 * libpurple's plug-ins have no frame pointers, so that build-aux/lsan-purple.supp names what only the
 * slow way of walking the stack finds. Programs without them need not pay for it. */
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "fast_unwind_on_malloc=0";
}
