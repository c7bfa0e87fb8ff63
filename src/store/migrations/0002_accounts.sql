-- SPDX-License-Identifier: Apache-2.0
-- Accounts (protocol B). Nothing in these tables is secret: passwords and private keys lie in the vault's tables, under
-- the names kv_password, kv_password.pending, keystore_password, content_key (for the mailbox's encrypted columns) and
-- private_key.<generation.id>.
-- Times are milliseconds since 1970-01-01 UTC.

-- One row per KV-Connect account. username_key is the username in small letters, because mail addresses are compared without
-- regard to case. The state 'creating' lasts while the secrets are put into the vault: such a row is shown to
-- nobody, and the next attempt with the same username takes its place. uid and password_last_change are the server's words.
-- last_error is the key of an error code, csr_status the newest status of the newest certificate request.
CREATE TABLE account (
  id TEXT NOT NULL PRIMARY KEY,
  environment_id TEXT NOT NULL,
  username TEXT NOT NULL,
  username_key TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description TEXT NOT NULL,
  address TEXT NOT NULL,
  uid TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('creating', 'draft', 'password_change_needed', 'enrolling', 'ready', 'failed')),
  password_last_change TEXT NOT NULL DEFAULT '',
  last_fetch BIGINT,
  last_error TEXT NOT NULL DEFAULT '',
  csr_status INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  UNIQUE (environment_id, username_key)
);

-- One row per generation of key pair, kept for ever: mail in the archive still needs the old keys (protocol B 6).
--   open     the row is there, its key may be in the vault, no request was sent
--   posting  a request may have reached the server, its answer is not known
--   sent     the server named the request's resource (csr_id)
--   done     the certificate was fetched and checked
--   ended    the request failed, end_reason is the key of an error code; the key stays in the vault
-- At most one generation of an account is under way, and at most one is current.
CREATE TABLE generation (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'posting', 'sent', 'done', 'ended')),
  csr_id TEXT NOT NULL DEFAULT '',
  is_current INTEGER NOT NULL DEFAULT 0,
  certificate TEXT NOT NULL DEFAULT '',
  end_reason TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, number)
);
CREATE UNIQUE INDEX generation_under_way ON generation (account_id) WHERE state IN ('open', 'posting', 'sent');
CREATE UNIQUE INDEX generation_current ON generation (account_id) WHERE is_current = 1;

-- Who works on an account right now, for purposes only one process may follow at a time (fetch, enrol, password).
-- owner names machine, process and its start, so that a process that died is recognised on its own machine at once,
-- elsewhere when the time is up.
CREATE TABLE lease (
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  owner TEXT NOT NULL,
  lease_until BIGINT NOT NULL,
  PRIMARY KEY (account_id, purpose)
);
