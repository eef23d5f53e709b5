/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/net/oh-transport-news.h"

static void
on_timer (OhTimer *timer)
{
  OhTransportNews *news = (OhTransportNews *)timer;
  OhTransport *transport = news->transport;
  const OhTransportEvents *events = transport->events;
  g_autoptr (GError) lost = g_steal_pointer (&news->lost);

  if (news->gathering) /* done, or the time is up */
    {
      news->gathering = FALSE;
      events->gathered (news->trouble, transport->user_data);
    }
  if (lost)
    events->failed (lost, transport->user_data);
  else if (news->usable && !news->opened)
    {
      news->opened = TRUE;
      events->connected (transport->user_data);
    }
}

static void
tell_soon (OhTransportNews *news)
{
  oh_worker_set_timer (news->transport->worker, &news->timer, 1);
}

void
oh_transport_news_init (OhTransportNews *news, OhTransport *transport)
{
  *news = (OhTransportNews){ .timer.expired = on_timer, .transport = transport };
}

void
oh_transport_news_clear (OhTransportNews *news)
{
  oh_worker_clear_timer (news->transport->worker, &news->timer);
  g_clear_error (&news->trouble);
  g_clear_error (&news->lost);
}

void
oh_transport_news_gather (OhTransportNews *news, gint64 latest)
{
  news->gathering = TRUE;
  g_clear_error (&news->trouble);
  oh_worker_set_timer (news->transport->worker, &news->timer, latest);
}

void
oh_transport_news_gathered (OhTransportNews *news, GError *error)
{
  g_clear_error (&news->trouble);
  news->trouble = error;
  if (news->gathering)
    tell_soon (news);
}

void
oh_transport_news_connected (OhTransportNews *news)
{
  news->usable = TRUE;
  if (!news->gathering)
    tell_soon (news);
}

void
oh_transport_news_failed (OhTransportNews *news, GError *error)
{
  if (news->lost)
    g_error_free (error);
  else
    news->lost = error;
  if (!news->gathering)
    tell_soon (news);
}
