/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/flow/certificates.h"

void
certificates_run (const char *folder, const char *arguments)
{
  g_autofree char *command = g_strdup_printf ("sh -c 'cd %s && openssl %s 2>/dev/null'", folder,
                                              arguments);
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

#define SIGN                                                                                       \
  "x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions "       \
  "copyall -out cert.pem"
#define GATHER "version; cat cert.pem key.pem > agent.pem; cp ca.pem cafile.pem"

void
certificates_renew (const char *folder)
{
  certificates_run (folder, SIGN);
  certificates_run (folder, GATHER);
}

char *
certificates_new (void)
{
  char *folder = g_dir_make_tmp ("offhook-test-XXXXXX", NULL);

  certificates_run (folder,
                    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                    "-keyout ca.key -out ca.pem -subj /CN=Test\\ CA");
  certificates_run (folder,
                    "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem "
                    "-out req.pem -subj /CN=server.test -addext subjectAltName=DNS:server.test");
  certificates_renew (folder);
  return folder;
}

void
certificates_free (char *folder)
{
  g_autofree char *command = g_strdup_printf ("rm -r %s", folder);

  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (folder);
}
