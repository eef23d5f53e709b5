/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-answers.h"
#include "server/store/oh-directory.h"
#include "server/store/oh-event.h"

G_BEGIN_DECLS

/* The call server's database (SQLite, WAL) on a thread of its own. Every function may be called from
 * any thread and returns at once, unless it says otherwise. What is asked for is answered by an
 * OhStoreFunc on the executor given with it; a write is answered after it is safe on the disk.
 * Writes run in the order in which they were posted. */
typedef struct _OhStore OhStore;

/* @json: the answer as JSON text, NULL with @error. Both borrowed. */
typedef void (*OhStoreFunc) (const char *json, const GError *error, gpointer user_data);

/* Where an answer goes. `func` NULL: nobody waits (errors are logged). */
typedef struct
{
  const OhExecutor *executor; /* copied */
  OhStoreFunc func;
  gpointer user_data;
} OhStoreReply;

/* Opens or makes @path (mode 0600), runs missing migrations, ends the calls that a crash left open,
 * and starts the thread. @domain: realm of the device secrets. Blocks. @error names the file and why:
 * unreadable, not a database, made by a later version, damaged. */
OhStore *oh_store_open (const char *path, const char *domain, GError **error);

/* Writes what is still queued, answers it, ends the thread. Blocks. */
void oh_store_close (OhStore *store);

/* --- The directory --- */

/* The newest snapshot; there is one as soon as the store is open. Transfer full. Any thread. */
OhDirectory *oh_store_dup_directory (OhStore *store);

/* @func gets each new snapshot (borrowed: take a reference), the first one at once. Returns an id. */
typedef void (*OhDirectoryFunc) (OhDirectory *directory, gpointer user_data);
guint oh_store_watch_directory (OhStore *store,
                                const OhExecutor *executor,
                                OhDirectoryFunc func,
                                gpointer user_data);

/* No more is posted; what is posted already still runs. For both sorts of watch. */
void oh_store_unwatch (OhStore *store, guint id);

/* --- The event stream --- */

/* Takes @event, gives it its number. Committed within 60 ms together with others, sooner when somebody waits
 * for something else here; nobody waits for it. Watchers are told at once. Never blocks on the disk. */
void oh_store_add_event (OhStore *store, OhEvent *event);

/* @func gets every event from now on as a line of JSON (oh_event_to_json()). */
typedef void (*OhEventFunc) (const char *json, gpointer user_data);
guint oh_store_watch_events (OhStore *store,
                             const OhExecutor *executor,
                             OhEventFunc func,
                             gpointer user_data);

/* {"events":[...]}, in order: the first @limit (at most 1000) after @after_seq, or with
 * OH_EVENTS_NEWEST the last @limit; of @call_id or of all calls if NULL. */
#define OH_EVENTS_NEWEST G_MAXUINT64
void oh_store_list_events (
    OhStore *store, guint64 after_seq, const char *call_id, guint limit, const OhStoreReply *reply);

/* {"calls":[...]}: GET /history of docs/protocol.md for @user_id; for 0 the last calls of all. */
void oh_store_list_history (
    OhStore *store, gint64 user_id, gint64 since_row, guint limit, const OhStoreReply *reply);

/* --- Where users answered --- */

/* The newest OH_ANSWERS_MAX of that user (of OhAnswer, as they came; shared: not to be changed), or NULL:
 * none. An answer is there as soon as its event is written. Transfer full. Any thread. */
GArray *oh_store_dup_answers (OhStore *store, gint64 user_id);

/* All of them are gone for good. NOT_FOUND: no such user. */
void oh_store_forget_answers (OhStore *store, gint64 user_id, const OhStoreReply *reply);

/* --- Users and numbers --- */

/* One of the user's devices or identities, in his own order. */
typedef struct
{
  const char *device_id; /* NULL: an identity */
  gint64 identity_id;
} OhPlace;

/* What `offhookctl user`, PATCH /me and PATCH /me/rules may set; NULL or 0 (options: -1): leave as it
 * is. */
typedef struct
{
  const char *alias, *name, *language, *password_hash; /* password_hash: oh_password_hash() */
  int default_option, default_delay_s, decline_action;
  int ring_order, next_delay_s, away_rule, dnd_rule; /* OhRingRules */
  int learn_hours;
  const OhPlace *places; /* the first gets rank 1; who is not there gets none. Not of a new user */
  guint n_places;
} OhUserChange;
#define OH_USER_CHANGE_INIT                                                                        \
  {                                                                                                \
    NULL, NULL, NULL, NULL, -1, -1, -1, -1, -1, -1, -1, -1, NULL, 0                                \
  }

/* {"id":..}; OH_ERROR_EXISTS, OH_ERROR_INVALID. alias is needed, name may be NULL. */
void oh_store_add_user (OhStore *store, const OhUserChange *change, const OhStoreReply *reply);
/* NOT_FOUND also for a place that is not the user's; then nothing is changed. */
void oh_store_change_user (OhStore *store,
                           gint64 user_id,
                           const OhUserChange *change,
                           const OhStoreReply *reply);
void oh_store_remove_user (OhStore *store, gint64 user_id, const OhStoreReply *reply);

void
oh_store_add_number (OhStore *store, const char *number, gint64 user_id, const OhStoreReply *reply);
void oh_store_remove_number (OhStore *store, const char *number, const OhStoreReply *reply);

/* {"user_id":..,"hash":".."} of an alias or number, for the sign-in; NOT_FOUND. Never for a log. */
void oh_store_find_password (OhStore *store, const char *alias, const OhStoreReply *reply);

/* @path NULL: none. The file is there already; the former one is removed. */
void
oh_store_set_greeting (OhStore *store, gint64 user_id, const char *path, const OhStoreReply *reply);

void oh_store_set_setting (OhStore *store,
                           const char *key,
                           const char *value,
                           const OhStoreReply *reply);

/* --- Trunks --- */

/* The id in @trunk is ignored; the rest is checked. {"id":..} */
void oh_store_add_trunk (OhStore *store, const OhTrunk *trunk, const OhStoreReply *reply);
void oh_store_remove_trunk (OhStore *store, const char *name, const OhStoreReply *reply);

/* --- IM --- */

/* The id in @login is ignored; the rest is checked. {"id":..} */
void oh_store_add_im_account (OhStore *store, const OhImLogin *login, const OhStoreReply *reply);
/* With all identities that it reaches. */
void oh_store_remove_im_account (OhStore *store, const char *name, const OhStoreReply *reply);
/* @fingerprint: SHA-256 in hex, with or without ':'; NULL: none is trusted any more. */
void oh_store_trust_im_account (OhStore *store,
                                const char *name,
                                const char *fingerprint,
                                const OhStoreReply *reply);

/* Through what it reaches its service, as base/oh-proxy.h writes it; NULL: nothing. */
void oh_store_set_im_proxy (OhStore *store,
                            const char *name,
                            const char *proxy,
                            const char *secret,
                            const OhStoreReply *reply);

/* @account: the name of an IM account. Several users may say that a name at a service is theirs, until
 * it is verified for one of them (EXISTS from then on). A user has at most 20 (LIMIT). {"id":..} */
typedef struct
{
  gint64 user_id;
  const char *account, *name;
  gboolean verified, show_number;
} OhImIdentityInfo;
void
oh_store_add_im_identity (OhStore *store, const OhImIdentityInfo *info, const OhStoreReply *reply);
/* The identity @id of that user, else NOT_FOUND. */
void
oh_store_verify_im_identity (OhStore *store, gint64 user_id, gint64 id, const OhStoreReply *reply);
void oh_store_show_number_at_im_identity (
    OhStore *store, gint64 user_id, gint64 id, gboolean show, const OhStoreReply *reply);
void
oh_store_remove_im_identity (OhStore *store, gint64 user_id, gint64 id, const OhStoreReply *reply);

/* Where it stands in its user's order: 0 to OH_RANK_MAX, an OhEvidence; -1: as it was. */
void oh_store_place_im_identity (
    OhStore *store, gint64 user_id, gint64 id, int rank, int evidence, const OhStoreReply *reply);

/* Who was told of a call by IM, until he has heard what became of it. */
typedef struct
{
  char *offer_id;
  gint64 identity_id;
  char *caller_name, *caller_number; /* as they were told there; "": they were not */
  char *call_back;                   /* the same; or NULL */
  gint64
      lost; /* of those that are left over: when the server stopped, as far as it is known; Unix s */
} OhTold;

void oh_told_free (OhTold *told);

/* Written with the events, and as safe as they; nobody waits. */
void oh_store_note_told (OhStore *store, const OhTold *told);
void oh_store_forget_told (OhStore *store, const char *offer_id, gint64 identity_id);

/* Of OhTold: those whom the last server that had this database told no outcome. Transfer full. Any thread. */
GPtrArray *oh_store_dup_told (OhStore *store);

/* The program that was seen last at an identity. */
typedef struct
{
  gint64 identity_id;
  char *client;            /* what it or the service says unasked; "": nothing */
  char *program, *version; /* what it answered; "": nothing */
  gint64 asked;            /* when it was asked last, Unix s; 0: not yet */
} OhSeenProgram;

void oh_seen_program_free (OhSeenProgram *program);

/* Written with the events, and as safe as they; nobody waits. */
void oh_store_keep_program (OhStore *store, const OhSeenProgram *program);

/* Of OhSeenProgram: all, as they were when the store was opened. Transfer full. Any thread. */
GPtrArray *oh_store_dup_programs (OhStore *store);

/* --- Devices --- */

typedef struct
{
  gint64 user_id;
  const char *name, *program, *version, *instance; /* may be NULL */
  gboolean desk_phone;
} OhDeviceInfo;

/* {"device_id":"..","secret":".."}: the secret has 130 random bits; only the HA1 and a hash of the secret are
 * kept, so this is the one time it can be read. The same user, program and instance again: the old
 * one is revoked. */
void oh_store_add_device (OhStore *store, const OhDeviceInfo *info, const OhStoreReply *reply);
void oh_store_revoke_device (OhStore *store,
                             gint64 user_id /* 0: any */,
                             const char *device_id,
                             const OhStoreReply *reply);
/* {"devices":[{"id","name","program","version","desk_phone","user","created","seen","rank",
 *  "evidence"}]}; 0: all */
void oh_store_list_devices (OhStore *store, gint64 user_id, const OhStoreReply *reply);

/* As oh_store_place_im_identity(). */
void oh_store_place_device (
    OhStore *store, const char *device_id, int rank, int evidence, const OhStoreReply *reply);

/* The device was used now (at most once a minute is written). */
void oh_store_touch_device (OhStore *store, const char *device_id);

/* --- Voicemail --- */

typedef struct
{
  char *id; /* oh_voicemail_new_id(); file name without the end */
  gint64 user_id;
  char *call_id;
  char *path; /* absolute */
  char *name, *number, *called;
  gboolean withheld;
  gint64 start; /* unix s */
} OhVoicemail;

char *oh_voicemail_new_id (void);                         /* transfer full */
OhVoicemail *oh_voicemail_copy (const OhVoicemail *from); /* transfer full */
void oh_voicemail_free (OhVoicemail *voicemail);

/* The row 'recording', before the recorder starts; durable when answered. */
void
oh_store_begin_voicemail (OhStore *store, const OhVoicemail *voicemail, const OhStoreReply *reply);
/* It is a message now; durable when answered: then tell the user. @duration_ms 0: drop the row. */
void oh_store_finish_voicemail (OhStore *store,
                                const char *id,
                                guint64 duration_ms,
                                const OhStoreReply *reply);

/* Rows that were still 'recording' when the store was opened: repair their files, then finish them.
 * Transfer full, of OhVoicemail. Any thread. */
GPtrArray *oh_store_dup_unfinished_voicemail (OhStore *store);

/* GET /voicemail of docs/protocol.md. */
void oh_store_list_voicemail (OhStore *store, gint64 user_id, const OhStoreReply *reply);
/* {"path":..,"duration_ms":..}; NOT_FOUND also when it is another user's. */
void
oh_store_find_voicemail (OhStore *store, gint64 user_id, const char *id, const OhStoreReply *reply);
void oh_store_set_heard (
    OhStore *store, gint64 user_id, const char *id, gboolean heard, const OhStoreReply *reply);
/* Removes row and file. */
void oh_store_delete_voicemail (OhStore *store,
                                gint64 user_id,
                                const char *id,
                                const OhStoreReply *reply);

/* --- Messages by SIP that wait for their receiver --- */

#define OH_STORE_MAX_MESSAGES 200        /* that wait for one user */
#define OH_STORE_MAX_MESSAGES_OF_ONE 100 /* of one sender for one user */

typedef struct
{
  gint64 user_id; /* the receiver */
  gint64 sender;  /* user id */
  char *from_uri, *from_name;
  char *text;
  char *to_uri;  /* as the sender has it, of several that the receiver has; or NULL */
  gint64 time;   /* when it was written, unix s */
  char *device;  /* on which one; or NULL */
  char *receipt; /* by what that one wants to hear that it was delivered; or NULL */
} OhWaitingMessage;

OhWaitingMessage *oh_waiting_message_copy (const OhWaitingMessage *from); /* transfer full */
void oh_waiting_message_free (OhWaitingMessage *message);

/* {"id":..}, durable; LIMIT: too many wait already. */
void
oh_store_keep_message (OhStore *store, const OhWaitingMessage *message, const OhStoreReply *reply);
/* {"messages":[{"id","sender","from","name","text","to","time","device","receipt"}]}, the first @limit, oldest
 * first, but those that were written on @last (or NULL) after all others. */
void oh_store_list_messages (
    OhStore *store, gint64 user_id, const char *last, guint limit, const OhStoreReply *reply);
/* It goes. Nobody waits for it. */
void oh_store_drop_message (OhStore *store, gint64 id);
/* The same, because it was delivered: if its device wants to hear of that, it is to get a receipt. */
void oh_store_deliver_message (OhStore *store, gint64 id);

#define OH_STORE_MAX_RECEIPTS 200 /* that wait for one device; no more are kept */

/* {"receipts":[{"id","receipt","from","to","time"}]}, the first @limit, oldest first: what was delivered to
 * whom and when; "to" is the message's to_uri, or "". */
void oh_store_list_receipts (OhStore *store,
                             const char *device_id,
                             guint limit,
                             const OhStoreReply *reply);
/* The device has it. Nobody waits for it. */
void oh_store_drop_receipt (OhStore *store, gint64 id);

/* Of char *: devices for which receipts waited when the store was opened. Transfer full. Any thread. */
GPtrArray *oh_store_dup_receipt_devices (OhStore *store);

/* Of gint64: users for whom messages waited when the store was opened. Transfer full. Any thread. */
GArray *oh_store_dup_receivers (OhStore *store);

/* --- Retention --- */

/* Days that things are kept; 0: until somebody deletes them. */
typedef struct
{
  guint events_days, history_days, voicemail_days, messages_days;
} OhRetention;

/* Removes what is older, messages with their files, in small batches between which everything else
 * has its turn. What the history does not keep, nor do the answers (oh-answers.h), which are never kept for
 * longer than OH_ANSWERS_WEEKS. Nobody waits for it. The newest event and the newest row of the history stay. */
void oh_store_prune (OhStore *store, const OhRetention *retention);

/* --- For doctor --- */

/* {"path","bytes","schema","check":"ok" or what is wrong} */
void oh_store_check (OhStore *store, const OhStoreReply *reply);

G_END_DECLS
