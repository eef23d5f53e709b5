/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include <string.h>

/* Which programs users have. What services tell unasked comes by itself; what they can be asked is asked of
 * who is there, each once a day (and when another program is seen), a few a second, and only where an
 * account has nothing else to say. The store keeps it over the server's end. */

#define ASK_EVERY_MS 200
#define ASK_AGAIN_S (24 * 60 * 60)
#define ASK_SOONEST_S 10 /* whatever a program says that it is from moment to moment */
#define KEEP_AFTER_S 5   /* changes that come together are written together */
#define MAX_TRIED 20     /* of those that wait, at a time */

typedef struct
{
  OhSeenProgram seen;
  gint64 login_id; /* where it was seen in this run, under `name`; 0: not yet */
  char *name;
  gboolean changed; /* since it was written */
  gboolean waits;   /* to be asked */
  gboolean answers; /* the program that is there has answered */
} Known;

static void
free_known (gpointer data)
{
  Known *known = data;

  g_free (known->seen.client);
  g_free (known->seen.program);
  g_free (known->seen.version);
  g_free (known->name);
  g_free (known);
}

static Known *
add_known (OhImDesk *desk, gint64 identity_id)
{
  Known *known = g_new0 (Known, 1);

  known->seen = (OhSeenProgram){ .identity_id = identity_id,
                                 .client = g_strdup (""),
                                 .program = g_strdup (""),
                                 .version = g_strdup ("") };
  g_hash_table_replace (desk->programs, &known->seen.identity_id, known);
  return known;
}

static void
set_text (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

void
oh_im_desk_load_programs (OhImDesk *desk)
{
  g_autoptr (GPtrArray) kept = oh_store_dup_programs (desk->store);

  desk->programs = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, free_known);
  for (guint i = 0; i < kept->len; i++)
    {
      const OhSeenProgram *from = kept->pdata[i];
      Known *known = add_known (desk, from->identity_id);

      set_text (&known->seen.client, from->client);
      set_text (&known->seen.program, from->program);
      set_text (&known->seen.version, from->version);
      known->seen.asked = from->asked;
    }
}

const OhSeenProgram *
oh_im_desk_find_program (OhImDesk *desk, gint64 identity_id)
{
  const Known *known = g_hash_table_lookup (desk->programs, &identity_id);

  return known ? &known->seen : NULL;
}

/* --- Keeping --- */

static void
keep_changed (OhImDesk *desk)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, desk->programs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Known *known = value;

      if (known->changed)
        oh_store_keep_program (desk->store, &known->seen);
      known->changed = FALSE;
    }
}

static gboolean
on_keep_due (gpointer user_data)
{
  OhImDesk *desk = user_data;

  desk->keep_timer = 0;
  keep_changed (desk);
  return G_SOURCE_REMOVE;
}

static void
note_change (OhImDesk *desk, Known *known)
{
  known->changed = TRUE;
  if (desk->keep_timer == 0)
    desk->keep_timer = g_timeout_add_seconds (KEEP_AFTER_S, on_keep_due, desk);
}

void
oh_im_desk_stop_asking (OhImDesk *desk)
{
  g_clear_handle_id (&desk->ask_timer, g_source_remove);
  if (desk->keep_timer)
    keep_changed (desk);
  g_clear_handle_id (&desk->keep_timer, g_source_remove);
}

/* --- Asking --- */

static gint64
get_now_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gboolean
can_be_asked (const OhImLogin *login)
{
  return strcmp (login->protocol, "prpl-jabber") == 0 || strcmp (login->protocol, "prpl-irc") == 0;
}

static const OhImIdentity *
find_identity (OhImDesk *desk, const Known *known, OhImPlace *place)
{
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;
  const OhImIdentity *identity = login ? oh_directory_find_im_identity (desk->directory, login,
                                                                        known->name)
                                       : NULL;

  return identity && identity->id == known->seen.identity_id ? identity : NULL;
}

/* TRUE: it has been, or there is nobody to be asked any more. */
static gboolean
ask (OhImDesk *desk, Known *known)
{
  OhImPlace *place = oh_im_places_find (desk, known->login_id);
  const OhImIdentity *identity = find_identity (desk, known, place);

  if (!identity || !identity->verified || !oh_im_place_has (place, identity))
    return TRUE;
  if (get_now_s () - known->seen.asked < ASK_SOONEST_S
      || !oh_im_account_ask_program (place->account, identity->name))
    return FALSE;
  known->seen.asked = get_now_s ();
  note_change (desk, known);
  return TRUE;
}

/* One of those that wait, the first for whom it can be. */
static gboolean
on_ask_due (gpointer user_data)
{
  OhImDesk *desk = user_data;
  guint n = MIN (desk->to_ask->len, MAX_TRIED);
  gboolean done = FALSE;

  for (guint i = 0; i < n && !done; i++)
    {
      Known *known = g_ptr_array_steal_index (desk->to_ask, 0);

      done = ask (desk, known);
      known->waits = !done;
      if (!done)
        g_ptr_array_add (desk->to_ask, known);
    }
  if (desk->to_ask->len > 0)
    return G_SOURCE_CONTINUE;
  desk->ask_timer = 0;
  return G_SOURCE_REMOVE;
}

static void
want_answer (OhImDesk *desk, Known *known, const OhImLogin *login)
{
  if (known->waits || !can_be_asked (login))
    return;
  known->waits = TRUE;
  g_ptr_array_add (desk->to_ask, known);
  if (desk->ask_timer == 0)
    desk->ask_timer = g_timeout_add (ASK_EVERY_MS, on_ask_due, desk);
}

/* --- Seeing --- */

/* Another program answers for itself. */
static gboolean
take_client (Known *known, const char *client)
{
  if (!*client || strcmp (client, known->seen.client) == 0)
    return FALSE;
  set_text (&known->seen.client, client);
  set_text (&known->seen.program, "");
  set_text (&known->seen.version, "");
  return TRUE;
}

static gboolean
take_answer (Known *known, const char *program, const char *version)
{
  if (!*program
      || (strcmp (program, known->seen.program) == 0 && strcmp (version, known->seen.version) == 0))
    return FALSE;
  set_text (&known->seen.program, program);
  set_text (&known->seen.version, version);
  return TRUE;
}

static Known *
find_known (OhImPlace *place, const char *name, const OhImIdentity **identity)
{
  OhImDesk *desk = place->desk;
  const OhImLogin *login = oh_im_place_get_login (place);
  Known *known;

  *identity = login ? oh_directory_find_im_identity (desk->directory, login, name) : NULL;
  if (!*identity || !(*identity)->verified || desk->stopping)
    return NULL;
  known = g_hash_table_lookup (desk->programs, &(*identity)->id);
  if (!known)
    known = add_known (desk, (*identity)->id);
  if (!known->name)
    known->name = g_strdup ((*identity)->name);
  known->login_id = login->id;
  return known;
}

/* Where what it answered is forgotten, another one is there (or the engine has begun anew). */
static gboolean
is_another (Known *known, OhImBuddy *buddy)
{
  gboolean answers = *oh_im_buddy_get_program (buddy) != '\0';
  gboolean another = known->answers && !answers;

  known->answers = answers;
  return another;
}

void
oh_im_place_see_program (OhImPlace *place, OhImBuddy *buddy)
{
  const OhImIdentity *identity;
  Known *known = find_known (place, oh_im_buddy_get_name (buddy), &identity);
  gboolean other, answered;

  if (!known || !oh_im_place_has (place, identity))
    return;
  other = take_client (known, oh_im_buddy_get_client (buddy));
  answered = take_answer (known, oh_im_buddy_get_program (buddy), oh_im_buddy_get_version (buddy));
  if (other || answered)
    note_change (place->desk, known);
  if (is_another (known, buddy) || other || get_now_s () - known->seen.asked >= ASK_AGAIN_S)
    want_answer (place->desk, known, identity->login);
}

void
oh_im_place_see_agent (OhImPlace *place, const char *name, const char *agent)
{
  const OhImIdentity *identity;
  Known *known = find_known (place, name, &identity);

  if (known && take_client (known, agent))
    note_change (place->desk, known);
}
