/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* offhookctl: the command line as data, the socket, the tables. */

typedef enum
{
  OH_CTL_TEXT,
  OH_CTL_NUMBER,
  OH_CTL_SWITCH,
  OH_CTL_LIST,    /* may be given several times */
  OH_CTL_PASSWORD /* --password-stdin: one line of the standard input */
} OhCtlKind;

typedef struct
{
  const char *flag; /* "--name" */
  const char *key;  /* in the JSON; NULL ends a list of options */
  OhCtlKind kind;
  const char *help;
} OhCtlOption;

typedef struct
{
  const char *words;          /* "user add" */
  const char *wire;           /* "user-add" */
  const char *positionals[3]; /* keys; a name that ends with '?' may be left out */
  const OhCtlOption *options; /* or NULL */
  const char *help;
  /* Human print of "result"; returns the exit code. NULL: "done" in a word. */
  int (*print) (JsonNode *result);
} OhCtlCommand;

extern const OhCtlCommand oh_ctl_commands[];

/* The command that the first words of @args name, and how many they were; NULL: none. */
const OhCtlCommand *oh_ctl_find_command (char **args, int *words);

/* {"command":..., ...} of the rest of the command line. Reads a password if it must. */
JsonObject *oh_ctl_parse (const OhCtlCommand *command, char **args, GError **error);

char *oh_ctl_describe_usage (void);

int oh_ctl_print_users (JsonNode *result);
int oh_ctl_print_hours (JsonNode *result);
int oh_ctl_print_numbers (JsonNode *result);
int oh_ctl_print_trunks (JsonNode *result);
int oh_ctl_print_devices (JsonNode *result);
int oh_ctl_print_new_device (JsonNode *result);
int oh_ctl_print_im_accounts (JsonNode *result);
int oh_ctl_print_im_identities (JsonNode *result);
int oh_ctl_print_calls (JsonNode *result);
int oh_ctl_print_registrations (JsonNode *result);
int oh_ctl_print_events (JsonNode *result);
int oh_ctl_print_why (JsonNode *result);
int oh_ctl_print_status (JsonNode *result);
int oh_ctl_print_doctor (JsonNode *result);
void oh_ctl_print_event (JsonObject *event);

G_END_DECLS
