/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-question.h"

#include "im/proxy/oh-im-private.h"

struct _OhImQuestion
{
  GObject parent;
  guint64 id;
  OhImQuestionKind kind;
  char *account;
  GVariant *dict;
  char **buttons;
  GPtrArray *fields; /* of OhImOption */
  GPtrArray *types;  /* the wire's word for the type of each field, static strings */
  gboolean open;
  OhImAnswerFunc answer;
  gpointer answer_data;
};

enum
{
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhImQuestion, oh_im_question, G_TYPE_OBJECT)

static void
add_field (OhImQuestion *question, OhImOption *field, const char *type)
{
  g_ptr_array_add (question->fields, field);
  g_ptr_array_add (question->types, (gpointer)g_intern_string (type));
}

/* The choices of a form's field are labels, and the answer is a number or, of a list, the label. */
static void
parse_labels (OhImOption *field, GVariant *dict, gboolean numbered)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (dict, "choices", G_VARIANT_TYPE_STRING_ARRAY);
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) labels = g_strv_builder_new ();
  gsize count = list ? MIN (g_variant_n_children (list), OH_IM_MAX_CHOICES) : 0;

  for (gsize i = 0; i < count; i++)
    {
      const char *label;
      g_autofree char *number = g_strdup_printf ("%" G_GSIZE_FORMAT, i);

      g_variant_get_child (list, i, "&s", &label);
      g_strv_builder_add (values, numbered ? number : label);
      g_strv_builder_add (labels, label);
    }
  g_strfreev (field->choices);
  g_strfreev (field->choice_labels);
  field->choices = g_strv_builder_end (values);
  field->choice_labels = g_strv_builder_end (labels);
}

static void
parse_fields (OhImQuestion *question)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (question->dict, "fields",
                                                      G_VARIANT_TYPE ("aa{sv}"));
  gsize count = list ? MIN (g_variant_n_children (list), OH_IM_MAX_FIELDS) : 0;

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
      g_autofree char *type = oh_im_parse_line (child, "type");
      OhImOption *field = oh_im_parse_option (child);

      if (!field)
        continue;
      if (g_str_equal (type, "choice") || g_str_equal (type, "list"))
        {
          field->type = OH_IM_OPTION_CHOICE;
          parse_labels (field, child, g_str_equal (type, "choice"));
        }
      else if (g_str_equal (type, "label"))
        field->type = OH_IM_OPTION_LABEL;
      add_field (question, field, type);
    }
}

/* The one field of an INPUT or a CHOICE. */
static void
parse_single (OhImQuestion *question)
{
  OhImOption *field = g_new0 (OhImOption, 1);
  g_autoptr (GVariant) list = g_variant_lookup_value (question->dict, "choices",
                                                      G_VARIANT_TYPE ("a(is)"));
  gsize count = list ? MIN (g_variant_n_children (list), OH_IM_MAX_CHOICES) : 0;
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) labels = g_strv_builder_new ();

  field->name = g_strdup ("value");
  field->label = g_strdup (oh_im_question_get_text (question, "primary"));
  g_variant_lookup (question->dict, "masked", "b", &field->masked);
  if (question->kind == OH_IM_QUESTION_CHOICE)
    {
      for (gsize i = 0; i < count; i++)
        {
          gint32 value;
          const char *label;
          g_autofree char *number = NULL;

          g_variant_get_child (list, i, "(i&s)", &value, &label);
          number = g_strdup_printf ("%d", value);
          g_strv_builder_add (values, number);
          g_strv_builder_add (labels, label);
        }
      field->type = OH_IM_OPTION_CHOICE;
      field->choices = g_strv_builder_end (values);
      field->choice_labels = g_strv_builder_end (labels);
    }
  else
    field->value = g_variant_lookup_value (question->dict, "default", G_VARIANT_TYPE_STRING);
  add_field (question, field, question->kind == OH_IM_QUESTION_CHOICE ? "choice" : "string");
}

OhImQuestion *
oh_im_parse_question (
    guint64 id, const char *account, GVariant *dict, OhImAnswerFunc answer, gpointer answer_data)
{
  g_autofree char *kind = oh_im_parse_line (dict, "kind");
  OhImQuestionKind parsed;
  OhImQuestion *question;

  if (!oh_im_question_kind_from_word (kind, &parsed))
    return NULL;
  question = g_object_new (OH_TYPE_IM_QUESTION, NULL);
  question->id = id;
  question->kind = parsed;
  question->account = oh_im_clean_line (account, OH_IM_MAX_NAME);
  question->dict = g_variant_ref (dict);
  question->answer = answer;
  question->answer_data = answer_data;
  if (!g_variant_lookup (dict, "buttons", "^as", &question->buttons))
    question->buttons = g_new0 (char *, 1);
  if (parsed == OH_IM_QUESTION_FIELDS)
    parse_fields (question);
  else if (parsed == OH_IM_QUESTION_INPUT || parsed == OH_IM_QUESTION_CHOICE)
    parse_single (question);
  return question;
}

OhImQuestionKind
oh_im_question_get_kind (OhImQuestion *question)
{
  return question->kind;
}

const char *
oh_im_question_get_account (OhImQuestion *question)
{
  return question->account;
}

const char *
oh_im_question_get_text (OhImQuestion *question, const char *name)
{
  const char *text = "";

  g_variant_lookup (question->dict, name, "&s", &text);
  return text;
}

gint64
oh_im_question_get_number (OhImQuestion *question, const char *name)
{
  gint64 number = 0;

  g_variant_lookup (question->dict, name, "x", &number);
  return number;
}

const char *const *
oh_im_question_get_buttons (OhImQuestion *question)
{
  return (const char *const *)question->buttons;
}

GPtrArray *
oh_im_question_get_fields (OhImQuestion *question)
{
  return question->fields;
}

gboolean
oh_im_question_is_open (OhImQuestion *question)
{
  return question->open;
}

/* The value as the wire wants it, transfer full; NULL if it does not fit its field. */
static GVariant *
to_wire (const char *type, GVariant *value)
{
  gboolean text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING);
  gint64 number;

  const char *string = text ? g_variant_get_string (value, NULL) : "";

  if (g_str_equal (type, "choice"))
    return g_ascii_string_to_signed (string, 10, G_MININT32, G_MAXINT32, &number, NULL)
               ? g_variant_ref_sink (g_variant_new_int32 ((gint32)number))
               : NULL;
  if (g_str_equal (type, "list"))
    return text ? g_variant_ref_sink (g_variant_new_strv (&string, 1)) : NULL;
  return g_variant_ref (value);
}

static GVariant *
translate_values (OhImQuestion *question, GVariant *values)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; values && i < question->fields->len; i++)
    {
      OhImOption *field = question->fields->pdata[i];
      g_autoptr (GVariant) value = g_variant_lookup_value (values, field->name, NULL);
      g_autoptr (GVariant) wire = value ? to_wire (question->types->pdata[i], value) : NULL;

      if (wire)
        g_variant_builder_add (&dict, "{sv}", field->name, wire);
    }
  return g_variant_builder_end (&dict);
}

void
oh_im_question_close (OhImQuestion *question)
{
  if (!question->open)
    return;
  question->open = FALSE;
  g_signal_emit (question, signals[SIGNAL_CLOSED], 0);
}

static void
give_answer (OhImQuestion *question, int button, GVariant *values)
{
  g_object_ref (question);
  question->answer (question->id, button, values, question->answer_data);
  oh_im_question_close (question);
  g_object_unref (question);
}

void
oh_im_question_answer (OhImQuestion *question, guint button, GVariant *values)
{
  g_autoptr (GVariant) held = values ? g_variant_ref_sink (values) : NULL;

  g_return_if_fail (!held || g_variant_is_of_type (held, G_VARIANT_TYPE_VARDICT));
  if (question->open && button < g_strv_length (question->buttons))
    give_answer (question, (int)button, translate_values (question, held));
}

void
oh_im_question_dismiss (OhImQuestion *question)
{
  if (question->open)
    give_answer (question, -1, translate_values (question, NULL));
}

static void
finalize (GObject *object)
{
  OhImQuestion *question = OH_IM_QUESTION (object);

  g_free (question->account);
  g_clear_pointer (&question->dict, g_variant_unref);
  g_strfreev (question->buttons);
  g_ptr_array_unref (question->fields);
  g_ptr_array_unref (question->types);
  G_OBJECT_CLASS (oh_im_question_parent_class)->finalize (object);
}

static void
oh_im_question_class_init (OhImQuestionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", OH_TYPE_IM_QUESTION, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 0);
}

static void
oh_im_question_init (OhImQuestion *question)
{
  question->open = TRUE;
  question->fields = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_im_option_free);
  question->types = g_ptr_array_new ();
}
