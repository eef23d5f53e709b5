/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-call-page.h"

#include "server/web/oh-pages-resources.h"

#include <gio/gio.h>

#include <string.h>

/* What stands for {name} in answer.html: English, German. */
static const struct
{
  const char *name, *words[2];
} words[] = {
  { "answer", { "Answer here", "Hier annehmen" } },
  { "answer-why",
    { "Your browser asks for the microphone. The caller hears nothing before you have answered.",
      "Ihr Browser fragt nach dem Mikrofon. Der Anrufer hört nichts, bevor Sie angenommen "
      "haben." } },
  { "denied",
    { "The microphone was not allowed, so you cannot talk here. Allow it in the address bar and "
      "press Answer again, or choose something else below.",
      "Das Mikrofon wurde nicht erlaubt, darum können Sie hier nicht sprechen. Erlauben Sie es in "
      "der Adresszeile und nehmen Sie noch einmal an, oder wählen Sie unten etwas anderes." } },
  { "absent",
    { "No microphone was found. Connect one and press Answer again, or choose something else "
      "below.",
      "Kein Mikrofon gefunden. Schließen Sie eines an und nehmen Sie noch einmal an, oder wählen "
      "Sie unten etwas anderes." } },
  { "in-use",
    { "The microphone could not be opened; another program may have it. Try again, or choose "
      "something else below.",
      "Das Mikrofon ließ sich nicht öffnen; vielleicht hat es ein anderes Programm. Versuchen Sie "
      "es noch einmal, oder wählen Sie unten etwas anderes." } },
  { "gone",
    { "The microphone is gone. Choose another one below; you still hear the caller.",
      "Das Mikrofon ist weg. Wählen Sie unten ein anderes; Sie hören den Anrufer noch." } },
  { "unsupported",
    { "This browser cannot carry calls. Choose something else below.",
      "Dieser Browser kann nicht telefonieren. Wählen Sie unten etwas anderes." } },
  { "path",
    { "No sound gets through between this browser and the call server. Choose something else "
      "below.",
      "Zwischen diesem Browser und dem Anrufserver kommt kein Ton durch. Wählen Sie unten etwas "
      "anderes." } },
  { "taken-over",
    { "This page is open in another window. Press Answer to take the call here.",
      "Diese Seite ist in einem anderen Fenster offen. Nehmen Sie an, um hier zu sprechen." } },
  { "too-many",
    { "The call is open in too many browsers. Choose something else below.",
      "Der Anruf ist in zu vielen Browsern offen. Wählen Sie unten etwas anderes." } },
  { "reconnecting",
    { "The connection to the call server broke; trying again…",
      "Die Verbindung zum Anrufserver ist abgebrochen; neuer Versuch…" } },
  { "asking",
    { "Allow the microphone to answer: your browser is asking now.",
      "Erlauben Sie das Mikrofon, um anzunehmen: Ihr Browser fragt gerade." } },
  { "connecting", { "Answering…", "Der Anruf wird angenommen…" } },
  { "in-call", { "In the call", "Im Gespräch" } },
  { "good", { "Good connection", "Gute Verbindung" } },
  { "fair", { "Fair connection", "Mäßige Verbindung" } },
  { "poor", { "Poor connection", "Schlechte Verbindung" } },
  { "mute", { "Mute", "Stumm" } },
  { "keypad", { "Keypad", "Tasten" } },
  { "devices", { "Microphone and speaker", "Mikrofon und Lautsprecher" } },
  { "microphone", { "Microphone", "Mikrofon" } },
  { "speaker", { "Speaker", "Lautsprecher" } },
  { "hang-up", { "Hang up", "Auflegen" } },
  { "hung-up", { "The caller hung up.", "Der Anrufer hat aufgelegt." } },
  { "you-hung-up", { "You hung up.", "Sie haben aufgelegt." } },
  { "was-lost", { "The connection was lost.", "Die Verbindung ist abgebrochen." } },
  { "server-stops", { "The call server was stopped.", "Der Anrufserver wurde beendet." } },
  { "close", { "You can close this page.", "Sie können diese Seite schließen." } },
};

static const char *
find_words (const char *name, gsize length, OhLanguage language)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strncmp (words[i].name, name, length) == 0 && !words[i].name[length])
      return words[i].words[language];
  g_return_val_if_reached ("");
}

void
oh_call_page_add (GString *html, OhLanguage language)
{
  g_autoptr (GBytes) bytes = g_resource_lookup_data (
      oh_pages_get_resource (), "/org/offhook/web/answer.html", G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  const char *text = g_bytes_get_data (bytes, NULL); /* of the program, NUL at its end */

  for (const char *open; (open = strchr (text, '{')); text = strchr (open, '}') + 1)
    {
      g_string_append_len (html, text, open - text);
      g_string_append (html, find_words (open + 1, strcspn (open + 1, "}"), language));
    }
  g_string_append (html, text);
}
