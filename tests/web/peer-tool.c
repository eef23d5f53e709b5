/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-peer.h"
#include "media/record/oh-player.h"
#include "tests/phone/oh-tape.h"

#include <gio/gunixinputstream.h>
#include <json-glib/json-glib.h>

#include <stdio.h>
#include <string.h>

/* The media peer as a program, for tests with other people's WebRTC ends. JSON lines:
 *   in:  {"do":"offer"} {"do":"answer","sdp":..} {"do":"accept","sdp":..} {"do":"digit","digit":"5"}
 *        {"do":"stats"} {"do":"end"}
 *   out: {"sdp":..} {"error":..} {"event":"ready"|"first-sound"|"digit"|"ended"} {"stats":{..}} */

static char *net = "lite", *crypto = "dtls", *codecs, *play, *record, *address = "127.0.0.1";

static const GOptionEntry options[] = {
  { "net", 0, 0, G_OPTION_ARG_STRING, &net, "plain, lite or ice", "NET" },
  { "crypto", 0, 0, G_OPTION_ARG_STRING, &crypto, "none, sdes or dtls", "CRYPTO" },
  { "codecs", 0, 0, G_OPTION_ARG_STRING, &codecs, "preference", "LIST" },
  { "play", 0, 0, G_OPTION_ARG_FILENAME, &play, "sound to send once ready", "FILE" },
  { "record", 0, 0, G_OPTION_ARG_FILENAME, &record, "what was heard, written at the end", "FILE" },
  { "address", 0, 0, G_OPTION_ARG_STRING, &address, "local address", "ADDRESS" },
  { NULL },
};

typedef struct
{
  OhPeer *peer;
  OhTape *tape;
  GMainLoop *loop;
  GDataInputStream *input;
} Tool;

static void
say (const char *name, const char *value)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
}

static void
say_stats (Tool *tool)
{
  OhPeerStats s;

  oh_peer_get_stats (tool->peer, &s);
  g_print (
      "{\"stats\":{\"codec\":\"%s\",\"cipher\":\"%s\",\"key_exchange\":\"%s\",\"local\":\"%s\","
      "\"remote\":\"%s\",\"sent\":%" G_GUINT64_FORMAT ",\"received\":%" G_GUINT64_FORMAT
      ",\"lost\":%" G_GUINT64_FORMAT ",\"recovered\":%" G_GUINT64_FORMAT
      ",\"copies\":%u,\"ptime\":%u,\"bit_rate\":%u,\"rtt_ms\":%.2f,\"jitter_ms\":%.2f,\"buffer_"
      "ms\":%.1f,"
      "\"mos\":%.2f}}\n",
      s.codec, s.cipher, s.key_exchange, s.local_candidate, s.remote_candidate, s.sent_packets,
      s.received_packets, s.lost_packets, s.recovered_packets, s.copies, s.ptime, s.bit_rate,
      s.rtt_ms, s.jitter_ms, s.buffer_ms, s.mos);
}

static void
on_ready (OhPeer *peer, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  OhSource *player = play ? oh_player_new (play, 48000, FALSE, &error) : NULL;

  say ("event", "ready");
  if (error)
    say ("error", error->message);
  oh_peer_set_source (peer, player);
  oh_source_unref (player);
}

static void
on_digit (OhPeer *peer, char digit, gpointer user_data)
{
  g_print ("{\"event\":\"digit\",\"digit\":\"%c\"}\n", digit);
}

static void
on_first_sound (OhPeer *peer, gpointer user_data)
{
  say ("event", "first-sound");
}

static void
on_ended (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer user_data)
{
  say ("event", "ended");
  if (error)
    say ("error", error->message);
}

static void
on_sdp (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  say (sdp ? "sdp" : "error", sdp ? sdp : error->message);
}

static void
obey (Tool *tool, JsonObject *line)
{
  const char *what = json_object_get_string_member_with_default (line, "do", "");
  const char *sdp = json_object_get_string_member_with_default (line, "sdp", "");

  if (strcmp (what, "offer") == 0)
    oh_peer_create_offer (tool->peer, on_sdp, tool);
  else if (strcmp (what, "answer") == 0)
    oh_peer_create_answer (tool->peer, sdp, on_sdp, tool);
  else if (strcmp (what, "accept") == 0)
    oh_peer_set_answer (tool->peer, sdp, on_sdp, tool);
  else if (strcmp (what, "digit") == 0)
    oh_peer_send_digit (tool->peer,
                        *json_object_get_string_member_with_default (line, "digit", "1"), 0);
  else if (strcmp (what, "stats") == 0)
    say_stats (tool);
  else if (strcmp (what, "end") == 0)
    g_main_loop_quit (tool->loop);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Tool *tool = user_data;
  g_autofree char *text = g_data_input_stream_read_line_finish_utf8 (tool->input, result, NULL,
                                                                     NULL);
  g_autoptr (JsonNode) node = text ? json_from_string (text, NULL) : NULL;

  if (!text)
    {
      g_main_loop_quit (tool->loop);
      return;
    }
  if (node && JSON_NODE_HOLDS_OBJECT (node))
    obey (tool, json_node_get_object (node));
  g_data_input_stream_read_line_async (tool->input, G_PRIORITY_DEFAULT, NULL, on_line, tool);
}

static OhPeer *
make_peer (Tool *tool, OhWorker *worker)
{
  static const OhPeerEvents events = {
    .ready = on_ready, .digit = on_digit, .first_sound = on_first_sound, .ended = on_ended
  };
  OhPeerConfig config = {
    .net = strcmp (net, "ice") == 0    ? OH_PEER_NET_ICE
           : strcmp (net, "lite") == 0 ? OH_PEER_NET_ICE_LITE
                                       : OH_PEER_NET_PLAIN,
    .crypto = strcmp (crypto, "dtls") == 0   ? OH_PEER_CRYPTO_DTLS
              : strcmp (crypto, "sdes") == 0 ? OH_PEER_CRYPTO_SDES
                                             : OH_PEER_CRYPTO_NONE,
    .address = address,
    .codecs = codecs,
    .loopback = TRUE,
    .events = &events,
    .user_data = tool,
    .executor = oh_executor_for_context (NULL),
  };

  return oh_peer_new (worker, &config);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) input = g_unix_input_stream_new (0, FALSE);
  g_autoptr (OhWorker) worker = NULL;
  Tool tool = { 0 };

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  setvbuf (stdout, NULL, _IOLBF, 0);
  tool.loop = g_main_loop_new (NULL, FALSE);
  tool.input = g_data_input_stream_new (input);
  worker = oh_worker_new ("peer", OH_WORKER_GLIB);
  tool.peer = make_peer (&tool, worker);
  if (record)
    {
      tool.tape = oh_tape_new (FALSE);
      oh_peer_set_sink (tool.peer, oh_tape_get_sink (tool.tape));
    }
  g_data_input_stream_read_line_async (tool.input, G_PRIORITY_DEFAULT, NULL, on_line, &tool);
  g_main_loop_run (tool.loop);

  oh_peer_close (tool.peer);
  oh_peer_unref (tool.peer);
  if (tool.tape && !oh_tape_save (tool.tape, record, &error))
    g_printerr ("%s\n", error->message);
  if (tool.tape)
    oh_tape_unref (tool.tape);
  g_object_unref (tool.input);
  g_main_loop_unref (tool.loop);
  return error ? 1 : 0;
}
