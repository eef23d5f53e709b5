/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A folder with an authority (ca.pem), and agent.pem and cafile.pem for "server.test". */
char *certificates_new (void);
/* The same name signed anew. */
void certificates_renew (const char *folder);
/* Runs "openssl ARGUMENTS" in @folder. */
void certificates_run (const char *folder, const char *arguments);
void certificates_free (char *folder);
