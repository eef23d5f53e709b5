-- SPDX-License-Identifier: GPL-3.0-or-later
-- A database as schema 3 left it, with one row of each.
CREATE TABLE users ( id INTEGER PRIMARY KEY AUTOINCREMENT, alias TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, language TEXT NOT NULL DEFAULT 'en', password TEXT, default_option INTEGER NOT NULL DEFAULT 3, default_delay INTEGER NOT NULL DEFAULT 20, decline_action INTEGER NOT NULL DEFAULT 0, greeting TEXT);
CREATE TABLE numbers ( number TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX numbers_user ON numbers (user_id);
CREATE TABLE trunks ( id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, kind INTEGER NOT NULL, aor TEXT, registrar TEXT, proxy TEXT, auth_user TEXT, secret TEXT, transport TEXT NOT NULL, trusted TEXT, codecs TEXT, srtp INTEGER NOT NULL, prefixes TEXT, caller_number TEXT, public_address TEXT, number TEXT, tls_name TEXT);
CREATE TABLE devices ( id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, name TEXT NOT NULL, program TEXT NOT NULL, version TEXT NOT NULL, instance TEXT, desk_phone INTEGER NOT NULL, algorithm INTEGER NOT NULL, ha1 TEXT NOT NULL, secret_hash TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX devices_user ON devices (user_id);
CREATE TABLE events ( seq INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, mono_us INTEGER NOT NULL, call_id TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, user_id INTEGER, device_id TEXT, details TEXT NOT NULL);
CREATE INDEX events_call ON events (call_id, seq);
CREATE INDEX events_time ON events (time_us);
CREATE TABLE history ( id INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL UNIQUE, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, call_id TEXT NOT NULL, direction TEXT NOT NULL, name TEXT NOT NULL, number TEXT NOT NULL, called TEXT NOT NULL, withheld INTEGER NOT NULL, start INTEGER NOT NULL, answered_us INTEGER NOT NULL DEFAULT 0, ended_us INTEGER NOT NULL DEFAULT 0, outcome TEXT NOT NULL, reason TEXT NOT NULL, device_id TEXT, UNIQUE (call_id, user_id, direction));
CREATE INDEX history_user ON history (user_id, row);
CREATE INDEX history_open ON history (call_id) WHERE ended_us = 0;
CREATE INDEX history_start ON history (start);
CREATE TABLE voicemail ( id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, call_id TEXT NOT NULL, state TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL, number TEXT NOT NULL, called TEXT NOT NULL, withheld INTEGER NOT NULL, start INTEGER NOT NULL, duration_ms INTEGER NOT NULL DEFAULT 0, heard INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX voicemail_user ON voicemail (user_id, start);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO users (id, alias, name) VALUES (1, 'demo', 'Demo User');
INSERT INTO numbers (number, user_id) VALUES ('100', 1);
INSERT INTO trunks (name, kind, transport, trusted, srtp) VALUES ('provider', 1, 'udp', '192.0.2.1' || char (10) || '10.0.0.0/8', 0);
INSERT INTO devices VALUES ('d1', 1, 'laptop', 'offhook', '0.1.0', NULL, 0, 1, 'ha1', 'hash', 1, 1);
INSERT INTO events VALUES (1, 1000000, 1, 'one', 'arrived', '', 0, NULL, '{"number":"555100"}');
INSERT INTO history (row, user_id, call_id, direction, name, number, called, withheld, start, answered_us, ended_us, outcome, reason, device_id) VALUES (1, 1, 'one', 'in', 'Demo Caller', '555100', '100', 0, 1, 2000000, 5000000, 'answered', '', 'd1');
INSERT INTO voicemail VALUES ('v1', 1, 'one', 'message', '/nowhere/v1.opus', 'Demo Caller', '555100', '100', 0, 1, 4200, 0);
PRAGMA user_version=3;
