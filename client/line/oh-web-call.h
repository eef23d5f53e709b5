/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-base-call.h"
#include "client/line/oh-web-line.h"

G_BEGIN_DECLS

/* A call that a web line carries: its SDP, its sound (ICE, DTLS-SRTP) and what both sides say of it. It
 * outlives a connection that breaks: one that rings is rung anew on the next, one that has begun goes on.
 * Main thread; the list of calls owns it, and it itself until its end. */
#define OH_TYPE_WEB_CALL (oh_web_call_get_type ())
G_DECLARE_FINAL_TYPE (OhWebCall, oh_web_call, OH, WEB_CALL, OhBaseCall)

/* Calls @number, which is shown as @shown. @peer: where messages reach who is called, or NULL. The line is
 * not closed. */
void oh_web_call_dial (OhWebLine *line, const char *number, const char *shown, const char *peer);

G_END_DECLS
