/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-offers.h"

#include "base/oh-clock.h"

#include <string.h>

#define LATE_US (10 * 60 * G_TIME_SPAN_SECOND) /* that a late reply is still answered */
#define MAX_KEPT 2000                          /* offers that are over */
#define MAX_HINTS 3                            /* answers to one identity about one call */
#define MAX_STRIKES 20                         /* wrong codes; then none is right any more */
#define PATIENCE_US (10 * G_TIME_SPAN_SECOND)  /* with programs that lost their connection */
#define SWAP_US G_TIME_SPAN_SECOND             /* nobody reads a message and replies in less */
#define ANSWER_S 60                            /* that an answer or outcome waits for the service */
#define LOST_S                                                                                     \
  600 /* and the outcome of a call of the server's last run, which begins with no service */

/* None is the word of an option, or a word that people put into replies ("a", "k", "u"). */
static const char letters[] = "BCDFGHLMPQRSTVWZ";
static const char code_signs[] = "ABCDEFGHKLMNPQRSTUVWXYZ23456789";

/* What one identity was told of one call. */
typedef struct
{
  gint64 login_id, identity_id;
  char *name, *language;
  gboolean show_number;
  OhImProgramKind program;
  char *code; /* NULL: the service proves who writes */
  char letter;
  gboolean linked; /* the message had a link */
  gboolean nonsense_told, late_told;
  guint hints, strikes;
  char *outcome; /* as it was told */
} Copy;

typedef struct
{
  OhImOffer *offer;
  GPtrArray *copies; /* of Copy */
  Copy *chooser;     /* whose reply is on its way to the call; NULL: nobody's */
  OhOption chosen;   /* by it */
  gint64 made;       /* Unix s */
  gint64 told_us;
  gint64 over_us;   /* 0: open */
  gboolean gave_up; /* the caller did */
  gint64 alone_us;  /* since when nobody who was told can be reached; 0: somebody can */
  gboolean lost;    /* for too long; told */
} Entry;

struct _OhImOffers
{
  const OhImOffersEvents *events;
  gpointer user_data;
  GPtrArray *entries; /* of Entry, the oldest first */
};

/* --- Making --- */

static void
free_copy (gpointer data)
{
  Copy *copy = data;

  g_free (copy->name);
  g_free (copy->language);
  g_free (copy->code);
  g_free (copy->outcome);
  g_free (copy);
}

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  oh_im_offer_free (entry->offer);
  g_ptr_array_unref (entry->copies);
  g_free (entry);
}

OhImOffers *
oh_im_offers_new (const OhImOffersEvents *events, gpointer user_data)
{
  OhImOffers *offers = g_new0 (OhImOffers, 1);

  offers->events = events;
  offers->user_data = user_data;
  offers->entries = g_ptr_array_new_with_free_func (free_entry);
  return offers;
}

void
oh_im_offers_free (OhImOffers *offers)
{
  if (!offers)
    return;
  g_ptr_array_unref (offers->entries);
  g_free (offers);
}

guint
oh_im_offers_count_open (OhImOffers *offers)
{
  guint n = 0;

  for (guint i = 0; i < offers->entries->len; i++)
    n += ((Entry *)offers->entries->pdata[i])->over_us == 0;
  return n;
}

/* What is over since long is forgotten, and of the rest only so much is kept. */
static void
forget_old (OhImOffers *offers)
{
  guint over = offers->entries->len - oh_im_offers_count_open (offers);
  gint64 now = oh_clock_now ();

  for (guint i = 0; i < offers->entries->len;)
    {
      const Entry *entry = offers->entries->pdata[i];

      if (entry->over_us && (over > MAX_KEPT || now - entry->over_us > LATE_US))
        {
          g_ptr_array_remove_index (offers->entries, i);
          over--;
        }
      else
        i++;
    }
}

/* --- Finding --- */

static Copy *
find_copy (const Entry *entry, gint64 login_id, const char *name)
{
  for (guint i = 0; i < entry->copies->len; i++)
    {
      Copy *copy = entry->copies->pdata[i];

      if (copy->login_id == login_id && strcmp (copy->name, name) == 0)
        return copy;
    }
  return NULL;
}

static Entry *
find_entry (OhImOffers *offers, const char *id)
{
  for (guint i = 0; i < offers->entries->len; i++)
    {
      Entry *entry = offers->entries->pdata[i];

      if (entry->offer && strcmp (entry->offer->id, id) == 0)
        return entry;
    }
  return NULL;
}

/* Of Entry: the open ones that this identity was told of by @written (Unix s). */
static GPtrArray *
find_open (OhImOffers *offers, gint64 login_id, const char *name, gint64 written)
{
  GPtrArray *open = g_ptr_array_new ();

  for (guint i = 0; i < offers->entries->len; i++)
    {
      Entry *entry = offers->entries->pdata[i];

      if (!entry->over_us && entry->made <= written && find_copy (entry, login_id, name))
        g_ptr_array_add (open, entry);
    }
  return open;
}

/* What this identity was told last of a call that is over; with a @letter: the one that had it. */
static Copy *
find_last_over (OhImOffers *offers, gint64 login_id, const char *name, char letter)
{
  for (guint i = offers->entries->len; i > 0; i--)
    {
      const Entry *entry = offers->entries->pdata[i - 1];
      Copy *copy = entry->over_us ? find_copy (entry, login_id, name) : NULL;

      if (copy && (!letter || copy->letter == letter))
        return copy;
    }
  return NULL;
}

/* Whether that @letter was a call's that is over. */
static gboolean
find_over (OhImOffers *offers, gint64 login_id, const char *name, char letter)
{
  return letter && find_last_over (offers, login_id, name, letter);
}

/* --- Telling --- */

static guint
get_seconds_left (const Entry *entry)
{
  gint64 left = (entry->offer->deadline_us - oh_clock_now () + G_TIME_SPAN_SECOND / 2)
                / G_TIME_SPAN_SECOND;

  return left > 0 ? (guint)left : 0;
}

static OhImOfferText
make_text (const Entry *entry, const Copy *copy, gboolean several)
{
  const OhImOffer *offer = entry->offer;

  return (OhImOfferText){ .caller_name = offer->caller_name,
                          .caller_number = copy->show_number ? offer->caller_number : "",
                          .call_back = copy->show_number ? offer->call_back : NULL,
                          .called = offer->called,
                          .devices = offer->devices,
                          .answers = offer->answers,
                          .code = copy->code,
                          .link = copy->linked ? "" : NULL,
                          .program = copy->program,
                          .letter = several ? copy->letter : 0,
                          .options = offer->options,
                          .default_option = offer->default_option,
                          .seconds = get_seconds_left (entry) };
}

/* Takes @text. */
static void
answer (OhImOffers *offers, const Copy *copy, char *text)
{
  offers->events->send (copy->login_id, copy->name, text, ANSWER_S, NULL, OH_IM_SAY_ANSWER,
                        offers->user_data);
  g_free (text);
}

/* Services where a name is no more than what somebody calls himself, or where we do not know. A device
 * of this server has shown its credential with each message. */
static gboolean
needs_code (const OhImIdentity *identity)
{
  const OhImLogin *login = identity->login;
  static const char *const proven[] = { "prpl-jabber", "prpl-gg", "prpl-novell", "prpl-meanwhile",
                                        NULL };

  if (oh_im_login_is_sip (login))
    return oh_sip_name_is_elsewhere (identity->name);
  return !g_strv_contains (proven, login->protocol);
}

static char *
make_code (void)
{
  char code[5] = { 0 };

  for (guint i = 0; i < 4; i++)
    code[i] = code_signs[g_random_int_range (0, (gint32)strlen (code_signs))];
  return g_strdup (code);
}

static char
choose_letter (GPtrArray *open, gint64 login_id, const char *name)
{
  for (const char *letter = letters; *letter; letter++)
    {
      gboolean taken = FALSE;

      for (guint i = 0; i < open->len && !taken; i++)
        taken = find_copy (open->pdata[i], login_id, name)->letter == *letter;
      if (!taken)
        return *letter;
    }
  return 0;
}

/* IRC has no more than the three lines that it gets anyway: a link there has none of its own. */
static OhImProgramKind
find_program (OhImOffers *offers, const OhImIdentity *identity)
{
  OhImProgramKind kind = offers->events->program
                             ? offers->events->program (identity, offers->user_data)
                             : OH_IM_PROGRAM_OTHER;
  gboolean irc = strcmp (identity->login->protocol, "prpl-irc") == 0;

  return irc && kind == OH_IM_PROGRAM_TERMINAL ? OH_IM_PROGRAM_OTHER : kind;
}

static Copy *
add_copy (Entry *entry, const OhImIdentity *identity)
{
  Copy *copy = g_new0 (Copy, 1);

  copy->login_id = identity->login->id;
  copy->identity_id = identity->id;
  copy->name = g_strdup (identity->name);
  copy->language = g_strdup (identity->user->language);
  copy->show_number = identity->show_number;
  g_ptr_array_add (entry->copies, copy);
  return copy;
}

static void
tell (OhImOffers *offers, Entry *entry, const OhImIdentity *identity)
{
  g_autoptr (GPtrArray) open = find_open (offers, identity->login->id, identity->name, G_MAXINT64);
  g_autofree char *text = NULL;
  g_autofree char *link = NULL;
  Copy *copy = add_copy (entry, identity);
  OhImOfferText words;

  copy->program = find_program (offers, identity);
  copy->code = needs_code (identity) ? make_code () : NULL;
  copy->letter = choose_letter (open, copy->login_id, copy->name);
  words = make_text (entry, copy, open->len > 0);
  if (offers->events->link)
    link = offers->events->link (entry->offer, identity, offers->user_data);
  words.link = link;
  text = oh_im_words_offer (copy->language, &words);
  copy->linked = link && strstr (text, link);
  offers->events->send (copy->login_id, copy->name, text, MAX (words.seconds, 1), entry->offer->id,
                        OH_IM_SAY_OFFER, offers->user_data);
}

static Entry *
add_entry (OhImOffers *offers)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->told_us = oh_clock_now ();
  entry->made = g_get_real_time () / G_USEC_PER_SEC;
  entry->copies = g_ptr_array_new_with_free_func (free_copy);
  g_ptr_array_add (offers->entries, entry);
  return entry;
}

void
oh_im_offers_add (OhImOffers *offers, const OhImOffer *offer, GPtrArray *identities)
{
  Entry *entry;

  forget_old (offers);
  entry = find_entry (offers, offer->id);
  if (!entry)
    entry = add_entry (offers);
  if (entry->over_us)
    return;
  entry->lost = FALSE; /* whoever is told now is there */
  entry->alone_us = 0;
  oh_im_offer_free (entry->offer);
  entry->offer = oh_im_offer_copy (offer);
  for (guint i = 0; i < identities->len; i++)
    {
      const OhImIdentity *identity = identities->pdata[i];

      if (!find_copy (entry, identity->login->id, identity->name))
        tell (offers, entry, identity);
    }
}

/* --- The end --- */

/* @seconds: Unix. */
static char *
dup_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);

  return time ? g_date_time_format (time, "%H:%M") : g_strdup ("?");
}

void
oh_im_offers_end (OhImOffers *offers, const char *id, OhImOutcome outcome, const char *device)
{
  g_autofree char *time = dup_time (g_get_real_time () / G_USEC_PER_SEC);

  for (guint i = 0; i < offers->entries->len; i++)
    {
      Entry *entry = offers->entries->pdata[i];

      if (entry->over_us || strcmp (entry->offer->id, id) != 0)
        continue;
      entry->over_us = oh_clock_now ();
      entry->gave_up = outcome == OH_IM_OUTCOME_GAVE_UP;
      for (guint j = 0; j < entry->copies->len; j++)
        {
          Copy *copy = entry->copies->pdata[j];
          OhImOfferText words = make_text (entry, copy, FALSE);

          copy->outcome = oh_im_words_outcome (copy->language, &words, outcome, device, time);
          offers->events->send (copy->login_id, copy->name, copy->outcome, ANSWER_S, id,
                                OH_IM_SAY_OUTCOME, offers->user_data);
        }
    }
}

gboolean
oh_im_offers_get_told (
    OhImOffers *offers, const char *id, gint64 login_id, const char *name, OhTold *told)
{
  const Entry *entry = find_entry (offers, id);
  const Copy *copy = entry && !entry->over_us ? find_copy (entry, login_id, name) : NULL;
  OhImOfferText words;

  if (!copy)
    return FALSE;
  words = make_text (entry, copy, FALSE);
  *told = (OhTold){ .offer_id = entry->offer->id,
                    .identity_id = copy->identity_id,
                    .caller_name = (char *)words.caller_name,
                    .caller_number = (char *)words.caller_number,
                    .call_back = (char *)words.call_back };
  return TRUE;
}

void
oh_im_offers_lose (OhImOffers *offers, const OhTold *told, const OhImIdentity *identity)
{
  const OhImOffer offer = { .id = told->offer_id,
                            .caller_name = told->caller_name,
                            .caller_number = told->caller_number,
                            .call_back = told->call_back };
  g_autofree char *time = dup_time (told->lost);
  Entry *entry = find_entry (offers, told->offer_id);
  OhImOfferText words;
  Copy *copy;

  if (!entry)
    {
      entry = add_entry (offers);
      entry->offer = oh_im_offer_copy (&offer);
      entry->over_us = oh_clock_now ();
    }
  copy = add_copy (entry, identity);
  words = make_text (entry, copy, FALSE);
  copy->outcome = oh_im_words_outcome (copy->language, &words, OH_IM_OUTCOME_LOST, NULL, time);
  offers->events->send (copy->login_id, copy->name, copy->outcome, LOST_S, told->offer_id,
                        OH_IM_SAY_OUTCOME, offers->user_data);
}

void
oh_im_offers_forget (OhImOffers *offers, gint64 login_id, const char *name)
{
  for (guint i = 0; i < offers->entries->len; i++)
    {
      Entry *entry = offers->entries->pdata[i];
      Copy *copy = find_copy (entry, login_id, name);

      if (copy && entry->chooser == copy)
        entry->chooser = NULL;
      if (copy)
        g_ptr_array_remove (entry->copies, copy);
    }
}

/* --- Who is there --- */

static gboolean
is_anyone_there (const Entry *entry, OhImReachable reachable, gpointer user_data)
{
  for (guint i = 0; i < entry->copies->len; i++)
    {
      const Copy *copy = entry->copies->pdata[i];

      if (reachable (copy->login_id, copy->name, user_data))
        return TRUE;
    }
  return FALSE;
}

gint64
oh_im_offers_watch (OhImOffers *offers, OhImReachable reachable, gpointer user_data)
{
  gint64 now = oh_clock_now (), next = G_MAXINT64;

  for (guint i = 0; i < offers->entries->len; i++)
    {
      Entry *entry = offers->entries->pdata[i];

      if (entry->over_us || entry->lost)
        continue;
      if (is_anyone_there (entry, reachable, user_data))
        entry->alone_us = 0;
      else if (!entry->alone_us)
        entry->alone_us = now;
      entry->lost = entry->alone_us && now - entry->alone_us >= PATIENCE_US;
      if (entry->lost)
        offers->events->lost (entry->offer->id, offers->user_data);
      else if (entry->alone_us)
        next = MIN (next, entry->alone_us + PATIENCE_US);
    }
  return next;
}

/* --- Replies --- */

/* An answer that helps, but not for ever. Takes @text. */
static void
hint (OhImOffers *offers, Copy *copy, char *text)
{
  if (copy->hints++ < MAX_HINTS)
    answer (offers, copy, text);
  else
    g_free (text);
}

/* One choice is on its way at a time; but a device that is asked to answer for one has its time, and
 * meanwhile the user may think better of it. */
static gboolean
may_choose (const Entry *entry, const Copy *copy, OhOption option)
{
  if (option == OH_OPTION_ANSWER && copy->hints >= MAX_HINTS)
    return FALSE;
  return !entry->chooser || (entry->chosen == OH_OPTION_ANSWER && option != OH_OPTION_ANSWER);
}

static void
take_choice (OhImOffers *offers, Entry *entry, Copy *copy, const OhImReply *reply)
{
  OhImOfferText words = make_text (entry, copy, FALSE);

  if (!reply->option || !(entry->offer->options & (1u << reply->option)))
    {
      if (!copy->nonsense_told)
        answer (offers, copy, oh_im_words_again (copy->language, &words));
      copy->nonsense_told = TRUE;
    }
  else if (copy->strikes >= MAX_STRIKES)
    return;
  else if (copy->code && !reply->code)
    {
      copy->strikes++;
      hint (offers, copy, oh_im_words_code_missing (copy->language));
    }
  else if (may_choose (entry, copy, reply->option))
    {
      entry->chooser = copy;
      entry->chosen = reply->option;
      offers->events->choose (entry->offer->id, copy->login_id, copy->name, reply->option,
                              offers->user_data);
    }
}

void
oh_im_offers_refuse_answer (OhImOffers *offers, const char *id, const char *devices)
{
  for (guint i = 0; i < offers->entries->len; i++)
    {
      Entry *entry = offers->entries->pdata[i];
      Copy *copy = g_steal_pointer (&entry->chooser);
      OhImOfferText words;

      if (entry->over_us || !copy || entry->chosen != OH_OPTION_ANSWER
          || strcmp (entry->offer->id, id) != 0)
        {
          entry->chooser = copy;
          continue;
        }
      words = make_text (entry, copy, FALSE);
      words.devices = devices;
      hint (offers, copy, oh_im_words_how_to_answer (copy->language, &words));
    }
}

static void
take_late (OhImOffers *offers, gint64 login_id, const char *name, const char *text, char letter)
{
  Copy *copy = find_last_over (offers, login_id, name, letter);

  if (!copy || copy->late_told || !oh_im_words_read (text, copy->code).option)
    return;
  copy->late_told = TRUE;
  answer (offers, copy, oh_im_words_too_late (copy->language, copy->outcome));
}

/* The letters of all that are open, with who calls. */
static void
ask_which (OhImOffers *offers, GPtrArray *open, gint64 login_id, const char *name, OhOption option)
{
  g_autoptr (GString) list = g_string_new (NULL);
  Copy *copy = NULL;

  for (guint i = 0; i < open->len; i++)
    {
      const Entry *entry = open->pdata[i];
      g_autofree char *who = NULL;
      OhImOfferText words;

      copy = find_copy (entry, login_id, name);
      words = make_text (entry, copy, TRUE);
      who = oh_im_words_who (copy->language, &words);
      g_string_append_printf (list, "%s%c %s", i ? ", " : "", copy->letter, who);
    }
  if (!option && copy->nonsense_told)
    return;
  copy->nonsense_told = copy->nonsense_told || !option;
  hint (offers, copy, oh_im_words_which (copy->language, list->str));
}

/* The caller before gave up, and @entry's call came, while the reply may have been typed. */
static gboolean
is_swapped (OhImOffers *offers, const Entry *entry, gint64 login_id, const char *name)
{
  gint64 now = oh_clock_now ();

  if (now - entry->told_us >= SWAP_US)
    return FALSE;
  for (guint i = 0; i < offers->entries->len; i++)
    {
      const Entry *other = offers->entries->pdata[i];

      if (other->gave_up && now - other->over_us < 2 * SWAP_US && find_copy (other, login_id, name))
        return TRUE;
    }
  return FALSE;
}

/* Which of the open calls @text is about: its letter or its code says so, and if there is one only it
 * needs neither. NULL: none of them, or nobody can tell. */
static Entry *
find_meant (OhImOffers *offers,
            GPtrArray *open,
            gint64 login_id,
            const char *name,
            const char *text,
            OhImReply *reply)
{
  for (guint i = 0; i < open->len; i++)
    {
      Entry *entry = open->pdata[i];
      const Copy *copy = find_copy (entry, login_id, name);

      *reply = oh_im_words_read (text, copy->code);
      if (reply->letter ? reply->letter == copy->letter : reply->code)
        return entry;
      if (!reply->letter && open->len == 1 && !is_swapped (offers, entry, login_id, name))
        return entry;
    }
  return NULL;
}

void
oh_im_offers_take_reply (
    OhImOffers *offers, gint64 login_id, const char *name, const char *text, gint64 written)
{
  g_autoptr (GPtrArray) open = NULL;
  OhImReply reply = { 0 };
  Entry *entry;

  forget_old (offers);
  open = find_open (offers, login_id, name, written ? written : G_MAXINT64);
  entry = find_meant (offers, open, login_id, name, text, &reply);
  if (!entry && open->len == 1 && reply.letter && !find_over (offers, login_id, name, reply.letter))
    entry = open->pdata[0]; /* no call ever had that letter: a word like others */
  if (entry)
    take_choice (offers, entry, find_copy (entry, login_id, name), &reply);
  else if (open->len > 0 && !find_over (offers, login_id, name, reply.letter))
    ask_which (offers, open, login_id, name, reply.option);
  else if (!written)
    take_late (offers, login_id, name, text, open->len ? reply.letter : 0);
}
