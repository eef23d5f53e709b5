/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include <oh-config.h>

#include "server/web/oh-web-private.h"

#include <glib/gi18n-lib.h>

void
oh_web_handle_page (OhWebRequest *request)
{
  g_autofree char *title = g_markup_printf_escaped (_ ("Offhook call server of %s"),
                                                    request->web->config->domain);
  g_autofree char *text = g_markup_escape_text (
      _ ("Telephone calls arrive here and reach their users in the instant messenger. To take and "
         "make calls, install Offhook on your computer and sign in to this server by its address."),
      -1);
  g_autofree char *html = g_strdup_printf (
      "<!doctype html><html><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex\"><title>%s</title></head>"
      "<body><main><h1>%s</h1><p>%s</p></main></body></html>\n",
      title, title, text);

  oh_web_answer_page (request, SOUP_STATUS_OK, html,
                      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
                      "form-action 'none'");
}
