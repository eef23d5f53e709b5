/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

/* libpurple's dialogs, one function for each kind: described, asked, and their answer handed to the
 * function that libpurple gave. */

static void
begin (GVariantBuilder *dict,
       const char *title,
       const char *primary,
       const char *secondary,
       const char *who)
{
  g_variant_builder_init (dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (dict, "title", title, OH_IM_MAX_STATUS);
  oh_im_dict_add (dict, "primary", primary, OH_IM_MAX_STATUS);
  oh_im_dict_add (dict, "secondary", secondary, OH_IM_MAX_TEXT);
  oh_im_dict_add (dict, "who", who, OH_IM_MAX_NAME);
}

static void
set_buttons (OhEngineQuestion *question,
             GVariantBuilder *dict,
             const char *const *labels,
             const GCallback *callbacks,
             guint count)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *label = oh_im_clean_line (labels[i], OH_IM_MAX_NAME);

      g_variant_builder_add (&list, "s", label);
      question->buttons[i] = callbacks[i];
    }
  question->button_count = count;
  g_variant_builder_add (dict, "{sv}", "buttons", g_variant_builder_end (&list));
}

/* The button that was pressed; a question closed without an answer means its last one. */
static GCallback
pressed (OhEngineQuestion *question, int button)
{
  return question->buttons[button < 0 ? (int)question->button_count - 1 : button];
}

static void
answer_input (OhEngineQuestion *question, int button, GVariant *values)
{
  PurpleRequestInputCb callback = (PurpleRequestInputCb)pressed (question, button);
  const char *value = "";

  g_variant_lookup (values, "value", "&s", &value);
  if (callback)
    callback (question->user_data, value);
}

static void *
on_input (const char *title,
          const char *primary,
          const char *secondary,
          const char *default_value,
          gboolean multiline,
          gboolean masked,
          gchar *hint,
          const char *ok_text,
          GCallback ok,
          const char *cancel_text,
          GCallback cancel,
          PurpleAccount *account,
          const char *who,
          PurpleConversation *conversation,
          void *user_data)
{
  const char *const labels[] = { ok_text, cancel_text };
  const GCallback callbacks[] = { ok, cancel };
  OhEngineQuestion *question = oh_engine_question_new (OH_IM_QUESTION_INPUT, PURPLE_REQUEST_INPUT,
                                                       account, user_data, answer_input);
  GVariantBuilder dict;

  begin (&dict, title, primary, secondary, who);
  oh_im_dict_add (&dict, "default", default_value, OH_IM_MAX_TEXT);
  g_variant_builder_add (&dict, "{sv}", "multiline", g_variant_new_boolean (multiline));
  g_variant_builder_add (&dict, "{sv}", "masked", g_variant_new_boolean (masked));
  set_buttons (question, &dict, labels, callbacks, 2);
  return oh_engine_question_ask (question, &dict);
}

/* The parent answers with the value that stands beside the label it chose. */
static void
answer_choice (OhEngineQuestion *question, int button, GVariant *values)
{
  PurpleRequestChoiceCb callback = (PurpleRequestChoiceCb)pressed (question, button);
  gint32 value = -1;

  g_variant_lookup (values, "value", "i", &value);
  if (callback)
    callback (question->user_data, value);
}

static void *
on_choice (const char *title,
           const char *primary,
           const char *secondary,
           int default_value,
           const char *ok_text,
           GCallback ok,
           const char *cancel_text,
           GCallback cancel,
           PurpleAccount *account,
           const char *who,
           PurpleConversation *conversation,
           void *user_data,
           va_list choices)
{
  const char *const labels[] = { ok_text, cancel_text };
  const GCallback callbacks[] = { ok, cancel };
  OhEngineQuestion *question = oh_engine_question_new (OH_IM_QUESTION_CHOICE, PURPLE_REQUEST_CHOICE,
                                                       account, user_data, answer_choice);
  GVariantBuilder dict, list;
  const char *label;

  begin (&dict, title, primary, secondary, who);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(is)"));
  for (guint i = 0; i < OH_IM_MAX_CHOICES && (label = va_arg (choices, const char *)); i++)
    {
      int value = va_arg (choices, int);
      g_autofree char *clean = oh_im_clean_line (label, OH_IM_MAX_NAME);

      g_variant_builder_add (&list, "(is)", value, clean);
    }
  g_variant_builder_add (&dict, "{sv}", "choices", g_variant_builder_end (&list));
  g_variant_builder_add (&dict, "{sv}", "default", g_variant_new_int32 (default_value));
  set_buttons (question, &dict, labels, callbacks, 2);
  return oh_engine_question_ask (question, &dict);
}

static void
answer_action (OhEngineQuestion *question, int button, GVariant *values)
{
  PurpleRequestActionCb callback = (PurpleRequestActionCb)pressed (question, button);

  if (callback)
    callback (question->user_data, button < 0 ? (int)question->button_count - 1 : button);
}

static void *
on_action (const char *title,
           const char *primary,
           const char *secondary,
           int default_action,
           PurpleAccount *account,
           const char *who,
           PurpleConversation *conversation,
           void *user_data,
           size_t count,
           va_list actions)
{
  const char *labels[OH_ENGINE_MAX_BUTTONS];
  GCallback callbacks[OH_ENGINE_MAX_BUTTONS];
  OhEngineQuestion *question = oh_engine_question_new (OH_IM_QUESTION_ACTION, PURPLE_REQUEST_ACTION,
                                                       account, user_data, answer_action);
  GVariantBuilder dict;

  count = MIN (count, OH_ENGINE_MAX_BUTTONS);
  for (size_t i = 0; i < count; i++)
    {
      labels[i] = va_arg (actions, const char *);
      callbacks[i] = va_arg (actions, GCallback);
    }
  begin (&dict, title, primary, secondary, who);
  if (oh_engine_certificate_describe (&dict))
    {
      /* Accept, reject, and "view", which is what the description is for. */
      question->kind = OH_IM_QUESTION_CERTIFICATE;
      count = MIN (count, 2);
    }
  set_buttons (question, &dict, labels, callbacks, (guint)count);
  return oh_engine_question_ask (question, &dict);
}

static void
answer_fields (OhEngineQuestion *question, int button, GVariant *values)
{
  PurpleRequestFieldsCb callback = (PurpleRequestFieldsCb)pressed (question, button);

  if (callback)
    callback (question->user_data, question->fields);
}

static void *
on_fields (const char *title,
           const char *primary,
           const char *secondary,
           PurpleRequestFields *fields,
           const char *ok_text,
           GCallback ok,
           const char *cancel_text,
           GCallback cancel,
           PurpleAccount *account,
           const char *who,
           PurpleConversation *conversation,
           void *user_data)
{
  const char *const labels[] = { ok_text, cancel_text };
  const GCallback callbacks[] = { ok, cancel };
  OhEngineQuestion *question = oh_engine_question_new (OH_IM_QUESTION_FIELDS, PURPLE_REQUEST_FIELDS,
                                                       account, user_data, answer_fields);
  GVariantBuilder dict;

  question->fields = fields;
  begin (&dict, title, primary, secondary, who);
  g_variant_builder_add (&dict, "{sv}", "fields", oh_engine_form_describe (fields));
  set_buttons (question, &dict, labels, callbacks, 2);
  return oh_engine_question_ask (question, &dict);
}

typedef struct
{
  PurpleRequestFileCb cancel;
  gpointer user_data;
} Refusal;

static gboolean
on_refuse (gpointer data)
{
  Refusal *refusal = data;

  if (refusal->cancel)
    refusal->cancel (refusal->user_data, NULL);
  return G_SOURCE_REMOVE;
}

/* No plug-in gets to choose files of this computer. It is told so from the loop, as from a person
 * who closes the dialog. */
static void *
refuse_path (GCallback cancel, gpointer user_data)
{
  Refusal *refusal = g_new0 (Refusal, 1);

  refusal->cancel = (PurpleRequestFileCb)cancel;
  refusal->user_data = user_data;
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, on_refuse, refusal, g_free);
  return NULL;
}

static void *
on_file (const char *title,
         const char *filename,
         gboolean save,
         GCallback ok,
         GCallback cancel,
         PurpleAccount *account,
         const char *who,
         PurpleConversation *conversation,
         void *user_data)
{
  return refuse_path (cancel, user_data);
}

static void *
on_folder (const char *title,
           const char *name,
           GCallback ok,
           GCallback cancel,
           PurpleAccount *account,
           const char *who,
           PurpleConversation *conversation,
           void *user_data)
{
  return refuse_path (cancel, user_data);
}

static void
answer_authorize (OhEngineQuestion *question, int button, GVariant *values)
{
  if (button >= 0)
    ((PurpleAccountRequestAuthorizationCb)question->buttons[button]) (question->user_data);
}

void *
oh_engine_on_authorize (PurpleAccount *account,
                        const char *who,
                        const char *id,
                        const char *alias,
                        const char *message,
                        gboolean on_list,
                        PurpleAccountRequestAuthorizationCb authorize,
                        PurpleAccountRequestAuthorizationCb deny,
                        void *user_data)
{
  const char *const labels[] = { "authorize", "deny" };
  const GCallback callbacks[] = { G_CALLBACK (authorize), G_CALLBACK (deny) };
  OhEngineQuestion *question = oh_engine_question_new (
      OH_IM_QUESTION_AUTHORIZE, PURPLE_REQUEST_ACTION, account, user_data, answer_authorize);
  g_autofree char *name = oh_engine_normalize (account, who);
  GVariantBuilder dict;

  begin (&dict, NULL, NULL, message, name);
  oh_im_dict_add (&dict, "alias", alias, OH_IM_MAX_NAME);
  g_variant_builder_add (&dict, "{sv}", "listed", g_variant_new_boolean (on_list));
  set_buttons (question, &dict, labels, callbacks, 2);
  return oh_engine_question_ask (question, &dict);
}

PurpleRequestUiOps *
oh_engine_request_ops (void)
{
  static PurpleRequestUiOps ops = {
    .request_input = on_input,
    .request_choice = on_choice,
    .request_action = on_action,
    .request_fields = on_fields,
    .request_file = on_file,
    .request_folder = on_folder,
  };

  return &ops;
}
