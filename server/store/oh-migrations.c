/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/store/oh-migrations.h"

/* Lists (trusted, codecs, prefixes, options) are kept with one item a line, NULL when empty. Times are unix seconds unless
 * their name ends in _us. */
const char *const oh_migrations[] = {
  /* 1 */
  "CREATE TABLE users ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " alias TEXT NOT NULL UNIQUE COLLATE NOCASE,"
  " name TEXT NOT NULL,"
  " language TEXT NOT NULL DEFAULT 'en',"
  " password TEXT,"
  " default_option INTEGER NOT NULL DEFAULT 3,"
  " default_delay INTEGER NOT NULL DEFAULT 20,"
  " decline_action INTEGER NOT NULL DEFAULT 0,"
  " greeting TEXT);"
  "CREATE TABLE numbers ("
  " number TEXT PRIMARY KEY,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);"
  "CREATE INDEX numbers_user ON numbers (user_id);"
  "CREATE TABLE trunks ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
  " kind INTEGER NOT NULL,"
  " aor TEXT, registrar TEXT, proxy TEXT, auth_user TEXT, secret TEXT,"
  " transport TEXT NOT NULL,"
  " trusted TEXT, codecs TEXT,"
  " srtp INTEGER NOT NULL,"
  " prefixes TEXT,"
  " caller_number TEXT, public_address TEXT, number TEXT);"
  "CREATE TABLE devices ("
  " id TEXT PRIMARY KEY,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " name TEXT NOT NULL, program TEXT NOT NULL, version TEXT NOT NULL,"
  " instance TEXT,"
  " desk_phone INTEGER NOT NULL,"
  " algorithm INTEGER NOT NULL,"
  " ha1 TEXT NOT NULL, secret_hash TEXT NOT NULL,"
  " created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;"
  "CREATE INDEX devices_user ON devices (user_id);"
  "CREATE TABLE events ("
  " seq INTEGER PRIMARY KEY,"
  " time_us INTEGER NOT NULL, mono_us INTEGER NOT NULL,"
  " call_id TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,"
  " user_id INTEGER, device_id TEXT, details TEXT NOT NULL);"
  "CREATE INDEX events_call ON events (call_id, seq);"
  "CREATE TABLE history ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " row INTEGER NOT NULL UNIQUE,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " call_id TEXT NOT NULL,"
  " direction TEXT NOT NULL,"
  " name TEXT NOT NULL, number TEXT NOT NULL, called TEXT NOT NULL,"
  " withheld INTEGER NOT NULL,"
  " start INTEGER NOT NULL,"
  " answered_us INTEGER NOT NULL DEFAULT 0, ended_us INTEGER NOT NULL DEFAULT 0,"
  " outcome TEXT NOT NULL, reason TEXT NOT NULL, device_id TEXT,"
  " UNIQUE (call_id, user_id, direction));"
  "CREATE INDEX history_user ON history (user_id, row);"
  "CREATE INDEX history_open ON history (call_id) WHERE ended_us = 0;"
  "CREATE TABLE voicemail ("
  " id TEXT PRIMARY KEY,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " call_id TEXT NOT NULL,"
  " state TEXT NOT NULL,"
  " path TEXT NOT NULL,"
  " name TEXT NOT NULL, number TEXT NOT NULL, called TEXT NOT NULL,"
  " withheld INTEGER NOT NULL,"
  " start INTEGER NOT NULL,"
  " duration_ms INTEGER NOT NULL DEFAULT 0,"
  " heard INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
  "CREATE INDEX voicemail_user ON voicemail (user_id, start);"
  "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",
  /* 2: what is too old is found without reading all */
  "CREATE INDEX events_time ON events (time_us);"
  "CREATE INDEX history_start ON history (start);",
  /* 3 */
  "ALTER TABLE trunks ADD COLUMN tls_name TEXT;",
  /* 4: the server's own accounts at IM services, and where its users are there */
  "CREATE TABLE im_accounts ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
  " protocol TEXT NOT NULL, username TEXT NOT NULL,"
  " options TEXT, secret TEXT, fingerprint TEXT,"
  " UNIQUE (protocol, username));"
  "CREATE TABLE im_identities ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " account_id INTEGER NOT NULL REFERENCES im_accounts (id) ON DELETE CASCADE,"
  " name TEXT NOT NULL,"
  " verified INTEGER NOT NULL DEFAULT 0,"
  " show_number INTEGER NOT NULL DEFAULT 1,"
  " UNIQUE (account_id, name));"
  "CREATE INDEX im_identities_user ON im_identities (user_id);",
  /* 5: several users may say that they are somebody, one can be it */
  "CREATE TABLE im_identities_new ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " account_id INTEGER NOT NULL REFERENCES im_accounts (id) ON DELETE CASCADE,"
  " name TEXT NOT NULL,"
  " verified INTEGER NOT NULL DEFAULT 0,"
  " show_number INTEGER NOT NULL DEFAULT 1,"
  " UNIQUE (user_id, account_id, name));"
  "INSERT INTO im_identities_new (id, user_id, account_id, name, verified, show_number)"
  " SELECT id, user_id, account_id, name, verified, show_number FROM im_identities;"
  "DROP TABLE im_identities;"
  "ALTER TABLE im_identities_new RENAME TO im_identities;"
  "CREATE INDEX im_identities_user ON im_identities (user_id);"
  "CREATE UNIQUE INDEX im_identities_owner ON im_identities (account_id, name) WHERE verified;"
  /* messages a second to that service; NULL: as its protocol usually bears */
  "ALTER TABLE im_accounts ADD COLUMN rate INTEGER;",
  /* 6: where a call rings first; numbers and defaults of oh-ring-rules.h */
  "ALTER TABLE users ADD COLUMN ring_order INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE users ADD COLUMN next_delay INTEGER NOT NULL DEFAULT 5;"
  "ALTER TABLE users ADD COLUMN away_rule INTEGER NOT NULL DEFAULT 1;"
  "ALTER TABLE users ADD COLUMN dnd_rule INTEGER NOT NULL DEFAULT 2;"
  "ALTER TABLE devices ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE devices ADD COLUMN evidence INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE im_identities ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE im_identities ADD COLUMN evidence INTEGER NOT NULL DEFAULT 0;",
  /* 7: messages by SIP that wait for their receiver to sign in */
  "CREATE TABLE messages ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " sender INTEGER NOT NULL,"
  " from_uri TEXT NOT NULL, from_name TEXT NOT NULL,"
  " text TEXT NOT NULL,"
  " time INTEGER NOT NULL);"
  "CREATE INDEX messages_user ON messages (user_id, id);"
  "CREATE INDEX messages_time ON messages (time);",
  /* 8: two devices of one second have an order */
  "ALTER TABLE devices RENAME COLUMN created TO created_us;"
  "UPDATE devices SET created_us = created_us * 1000000;",
  /* 9: which device wrote a message that waits, to what address, and what it is to hear once that is
   * delivered */
  "ALTER TABLE messages ADD COLUMN to_uri TEXT;"
  "ALTER TABLE messages ADD COLUMN device TEXT;"
  "ALTER TABLE messages ADD COLUMN receipt TEXT;"
  "CREATE TABLE receipts ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,"
  " receipt TEXT NOT NULL,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " to_uri TEXT,"
  " time INTEGER NOT NULL);"
  "CREATE INDEX receipts_device ON receipts (device_id, id);"
  "CREATE INDEX receipts_user ON receipts (user_id);"
  "CREATE INDEX receipts_time ON receipts (time);",
  /* 10: the user at the other side of a call between two; 0: it was somebody else, or withheld */
  "ALTER TABLE history ADD COLUMN peer_id INTEGER NOT NULL DEFAULT 0;",
  /* 11: through what an IM account reaches its service; NULL: nothing */
  "ALTER TABLE im_accounts ADD COLUMN proxy TEXT;"
  "ALTER TABLE im_accounts ADD COLUMN proxy_secret TEXT;",
  /* 12: where a user answered when; one of device_id and identity_id is set */
  "ALTER TABLE users ADD COLUMN learn_hours INTEGER NOT NULL DEFAULT 1;"
  "CREATE TABLE answers ("
  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
  " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
  " time INTEGER NOT NULL,"
  " device_id TEXT REFERENCES devices (id) ON DELETE CASCADE,"
  " identity_id INTEGER REFERENCES im_identities (id) ON DELETE CASCADE);"
  "CREATE INDEX answers_user ON answers (user_id, id);"
  "CREATE INDEX answers_time ON answers (time);"
  "CREATE INDEX answers_device ON answers (device_id) WHERE device_id IS NOT NULL;"
  "CREATE INDEX answers_identity ON answers (identity_id) WHERE identity_id IS NOT NULL;",
  /* 13: who was told of a call by IM, with what was said of the caller there, and not yet of its outcome */
  "CREATE TABLE told ("
  " offer_id TEXT NOT NULL,"
  " identity_id INTEGER NOT NULL REFERENCES im_identities (id) ON DELETE CASCADE,"
  " name TEXT NOT NULL, number TEXT NOT NULL, call_back TEXT,"
  " PRIMARY KEY (offer_id, identity_id)) WITHOUT ROWID;"
  "CREATE INDEX told_identity ON told (identity_id);",
  /* 14: the program that was seen at an identity; asked: when it was last, 0: not yet */
  "CREATE TABLE programs ("
  " identity_id INTEGER PRIMARY KEY REFERENCES im_identities (id) ON DELETE CASCADE,"
  " client TEXT NOT NULL, program TEXT NOT NULL, version TEXT NOT NULL,"
  " asked INTEGER NOT NULL);",
};

const guint oh_migrations_count = G_N_ELEMENTS (oh_migrations);
