/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Only in a build with -fsanitize=address. sofia-sip never frees the names that it reads in a
 * certificate (docs/libraries.md). A suppression by library would hide what we leak ourselves through
 * OpenSSL, and function names do not stand in the sanitizer's stacks of libraries. So the functions
 * below stand in front of OpenSSL's own, call those, and what they allocate for sofia counts as no
 * leak. In base/, because they must come before OpenSSL in every program, also where sofia comes
 * with a plugin. */
#include <sanitizer/lsan_interface.h>

#include <glib.h>

#include <dlfcn.h>
#include <string.h>

void *X509V3_EXT_d2i (void *extension);
void *i2v_GENERAL_NAMES (void *method, void *names, void *values);

static gboolean
is_sofia (void *caller)
{
  Dl_info info;

  return dladdr (caller, &info) && info.dli_fname && strstr (info.dli_fname, "libsofia-sip-ua");
}

#define FOR_SOFIA(result, call)                                                                    \
  gboolean sofia = is_sofia (__builtin_return_address (0));                                        \
  void *result;                                                                                    \
                                                                                                   \
  if (sofia)                                                                                       \
    __lsan_disable ();                                                                             \
  result = call;                                                                                   \
  if (sofia)                                                                                       \
    __lsan_enable ();

#define NEXT(name) ((__typeof__ (&name))dlsym (RTLD_NEXT, #name))

void *
X509V3_EXT_d2i (void *extension)
{
  FOR_SOFIA (names, NEXT (X509V3_EXT_d2i) (extension))

  return names;
}

void *
i2v_GENERAL_NAMES (void *method, void *names, void *values)
{
  FOR_SOFIA (list, NEXT (i2v_GENERAL_NAMES) (method, names, values))

  return list;
}
