/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/im/oh-im-words.h"

G_BEGIN_DECLS

/* The links that went out with call offers: a random token for what one identity may see and choose
 * of one call. Kept by the token's hash alone, so that nothing that looks into the table finds one.
 * A link ends with its call, then tells what became of it for a while, then is as unknown as one that
 * never was. Bounded; belongs to the services thread. The server makes it, the desk fills it and takes
 * what is chosen, the web server shows it. */
typedef struct _OhLinks OhLinks;

/* What one link shows. Texts come from outside and are not cleaned. */
typedef struct
{
  char *offer_id;
  gint64 user_id;
  gint64 identity_id; /* whom it was sent to */
  char *who;          /* the same in words: "anna@example.org (xmpp)" */
  char *language;
  char *caller_name, *caller_number; /* "": withheld, or not to be shown to that identity */
  char *call_back; /* link to the caller's number; NULL: none, or not to be shown there */
  char *called;
  char *devices;   /* names of those that ring, "laptop, desktop"; "": none */
  guint32 options; /* bit set of (1 << OhOption) */
  OhOption default_option;
  gint64 deadline_us; /* oh_clock_now() time */

  /* Not given with oh_links_add(). */
  OhOption chosen; /* by this link, and on its way to the call; 0: nothing yet */
  gboolean is_over;
  OhImOutcome outcome; /* when it is over, as all below */
  char *device;        /* who answered, or NULL */
  char *time;          /* local, "14:02" */
} OhLink;

OhLinks *oh_links_new (void);
void oh_links_free (OhLinks *links);

/* The beginning of every link, "https://phone.example.org:8443"; NULL: no browser that may follow one
 * would reach us, and so none is made. */
void oh_links_set_base (OhLinks *links, const char *base);
const char *oh_links_get_base (OhLinks *links);

/* A new link for what is copied of @link. The whole address, transfer full; NULL: there is no base, or
 * as many are open as there may be. It holds a secret of the receiver: never log it. */
char *oh_links_add (OhLinks *links, const OhLink *link);

/* NULL: guessed, malformed, or over since long. Valid until the next call of oh_links_add() or
 * oh_links_end(). */
const OhLink *oh_links_find (OhLinks *links, const char *token);

/* One more way to choose: whoever takes choices (oh_links_take()) gets this one; whether it wins is
 * told by oh_links_end(). FALSE: the link is unknown, over or has chosen already, or @option is none of
 * its. */
gboolean oh_links_choose (OhLinks *links, const char *token, OhOption option);

/* The call of that offer has an outcome, and so have all its links. @device: name of who answered, or
 * NULL. An offer without links is none of ours. */
void oh_links_end (OhLinks *links, const char *offer_id, OhImOutcome outcome, const char *device);

/* @who is no longer the user's: the links that it was sent and that are open are as unknown as if they
 * had never been. */
void oh_links_forget (OhLinks *links, const char *who);

/* How many have no outcome yet. */
guint oh_links_count_open (OhLinks *links);

/* @chosen is told of choices. One taker; NULL: none any more. */
typedef void (*OhLinkChosen) (const OhLink *link, OhOption option, gpointer user_data);
void oh_links_take (OhLinks *links, OhLinkChosen chosen, gpointer user_data);

/* @ended is told that the links of an offer have their outcome. One watcher; NULL: none any more. */
typedef void (*OhLinksEnded) (const char *offer_id, gpointer user_data);
void oh_links_watch (OhLinks *links, OhLinksEnded ended, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLinks, oh_links_free)

G_END_DECLS
