/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-purple"

#include "plugins/purple/oh-purple-words.h"

static OhField *
to_field (const OhImOption *option)
{
  static const OhFieldKind kinds[] = { [OH_IM_OPTION_STRING] = OH_FIELD_TEXT,
                                       [OH_IM_OPTION_INTEGER] = OH_FIELD_NUMBER,
                                       [OH_IM_OPTION_BOOLEAN] = OH_FIELD_FLAG,
                                       [OH_IM_OPTION_CHOICE] = OH_FIELD_CHOICE,
                                       [OH_IM_OPTION_LABEL] = OH_FIELD_LABEL };
  OhField *field = oh_field_new (option->name, option->label, kinds[option->type], option->value);

  field->masked = option->masked;
  field->choices = g_strdupv (option->choices);
  field->choice_labels = g_strdupv (option->choice_labels);
  return field;
}

static GPtrArray *
to_fields (GPtrArray *options)
{
  GPtrArray *fields = oh_field_list_new ();

  for (guint i = 0; i < options->len; i++)
    g_ptr_array_add (fields, to_field (options->pdata[i]));
  return fields;
}

OhProtocol *
oh_purple_protocol (const OhImProtocol *protocol)
{
  static const OhPasswordNeed needs[] = { [OH_IM_PASSWORD_NONE] = OH_PASSWORD_NONE,
                                          [OH_IM_PASSWORD_OPTIONAL] = OH_PASSWORD_OPTIONAL,
                                          [OH_IM_PASSWORD_NEEDED] = OH_PASSWORD_NEEDED };
  GPtrArray *parts = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_name_part_free);

  for (guint i = 0; i < protocol->parts->len; i++)
    {
      const OhImNamePart *from = protocol->parts->pdata[i];
      OhNamePart *part = g_new0 (OhNamePart, 1);

      part->label = g_strdup (from->label);
      part->value = g_strdup (from->value);
      part->separator = from->separator;
      g_ptr_array_add (parts, part);
    }
  return oh_protocol_new ("purple", protocol->id, protocol->name, needs[protocol->password], parts,
                          to_fields (protocol->options));
}

/* --- Questions --- */

static void
on_answered (OhQuestion *question, int button, GVariant *values, gpointer data)
{
  if (button < 0)
    oh_im_question_dismiss (data);
  else
    oh_im_question_answer (data, (guint)button, values);
}

static GVariant *
texts_of (OhImQuestion *question)
{
  static const char *const texts[] = { "title", "primary", "secondary", "who",   "alias",
                                       "host",  "subject", "issuer",    "sha256" };
  static const char *const numbers[] = { "valid-from", "valid-until", "other-name" };
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_variant_builder_add (&dict, "{sv}", texts[i],
                           g_variant_new_string (oh_im_question_get_text (question, texts[i])));
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_variant_builder_add (&dict, "{sv}", numbers[i],
                           g_variant_new_int64 (oh_im_question_get_number (question, numbers[i])));
  return g_variant_builder_end (&dict);
}

static OhQuestionKind
kind_of (OhImQuestion *question)
{
  switch (oh_im_question_get_kind (question))
    {
    case OH_IM_QUESTION_AUTHORIZE:
      return OH_QUESTION_CONTACT;
    case OH_IM_QUESTION_CERTIFICATE:
      return OH_QUESTION_CERTIFICATE;
    default:
      return OH_QUESTION_FORM;
    }
}

OhQuestion *
oh_purple_question (OhImQuestion *question, OhAccount *account)
{
  g_autoptr (GPtrArray) fields = to_fields (oh_im_question_get_fields (question));
  OhQuestionFacts facts = { .kind = kind_of (question),
                            .account = account,
                            .texts = texts_of (question),
                            .buttons = oh_im_question_get_buttons (question),
                            .fields = fields };
  OhQuestion *asked = oh_question_new (&facts, on_answered, g_object_ref (question),
                                       g_object_unref);

  g_signal_connect_object (question, "closed", G_CALLBACK (oh_question_close), asked,
                           G_CONNECT_SWAPPED);
  return asked;
}

OhQuestion *
oh_purple_notice (OhAccount *account, const char *title, const char *text)
{
  static const char *const buttons[] = { "Close", NULL };
  GVariantBuilder dict;
  OhQuestionFacts facts = { .kind = OH_QUESTION_NOTICE, .account = account, .buttons = buttons };

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "title", g_variant_new_string (title));
  g_variant_builder_add (&dict, "{sv}", "primary", g_variant_new_string (text));
  facts.texts = g_variant_builder_end (&dict);
  return oh_question_new (&facts, NULL, NULL, NULL);
}
