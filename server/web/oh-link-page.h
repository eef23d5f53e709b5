/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/im/oh-links.h"

G_BEGIN_DECLS

/* The pages behind a call offer's link, in the user's language. They work without script, and load
 * nothing. Pure functions; any thread. All strings: transfer full. */

typedef enum
{
  OH_LINK_PAGE_SHOWN,      /* just that */
  OH_LINK_PAGE_TOO_LATE,   /* something was chosen when it was over */
  OH_LINK_PAGE_NOT_OFFERED /* something was chosen that cannot be */
} OhLinkPageReason;

/* @now_us: oh_clock_now() time. */
char *oh_link_page_make (const OhLink *link, OhLinkPageReason reason, gint64 now_us);

/* The one page for every link that is none. @languages: of an Accept-Language header, or NULL. */
char *oh_link_page_make_unknown (const char *languages);
/* Too many of them came from one address. */
char *oh_link_page_make_later (const char *languages, guint retry_s);
/* The choice was sent by somebody else's page. */
char *oh_link_page_make_foreign (const char *languages);

/* The Content-Security-Policy for all of them. @host: of the Host header, where the page's WebSocket
 * goes; or NULL. */
char *oh_link_page_dup_policy (const char *host);

G_END_DECLS
