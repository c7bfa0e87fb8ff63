-- SPDX-License-Identifier: Apache-2.0
-- Outbox and inbox (design section 5, protocol C "Receiving duties"). Clear columns hold only what the KV-Connect server
-- sees too, states and times. Everything from inside the envelope - the user's subject, text, file names, files - is
-- AES-256-GCM (crypto/aead.h) under the account's content_key, bound to its row and place. Times are milliseconds since
-- 1970-01-01 UTC, 0 means none.

-- Finished mails as they travel: raw RFC 5322 bytes, already S/MIME, in chunks of at most 1 MiB counted from 0. They are not
-- encrypted once more, so that an archive can be read with an exported .p12 alone. While complete is 0 the bytes
-- are still arriving; such a row is rubbish once its writer is gone.
CREATE TABLE mail_blob (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  size BIGINT NOT NULL DEFAULT 0,
  complete INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE TABLE mail_chunk (
  blob_id TEXT NOT NULL REFERENCES mail_blob (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (blob_id, seq)
);

-- One row per message that leaves. message_id is made once and never used for other content. A message is in
-- outbox_part until the server accepted it, and from its first try on in blob_id too, sealed; sealed_for names the
-- certificates it was sealed with, so that a renewed one leads to a new sealing under the same message_id.
--   draft     not used by the engine yet
--   queued    to be sent when next_try has come; lease_owner works on it until lease_until
--   accepted  the server has it
--   delivered the recipient's receipt came
--   answered  a message with In-Reply-To came
--   failed    given up; last_error is the key of an error code; retry makes it queued
-- tries counts every try, tries_since those since it was queued or taken up again. receipt_for is the inbox row whose receipt
-- this is: at most one for each. details is a record (see mailbox/record.h) of user subject, text, receipt facts, files.
CREATE TABLE outbox (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL UNIQUE,
  recipient TEXT NOT NULL,
  service_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  in_reply_to TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'queued', 'accepted', 'delivered', 'answered', 'failed')),
  receipt_requested INTEGER NOT NULL,
  receipt_for TEXT NOT NULL DEFAULT '',
  details BLOB NOT NULL,
  blob_id TEXT NOT NULL DEFAULT '',
  sealed_for TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  next_try BIGINT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  tries_since INTEGER NOT NULL DEFAULT 0,
  accepted_at BIGINT NOT NULL DEFAULT 0,
  delivered_at BIGINT NOT NULL DEFAULT 0,
  answered_at BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  lease_owner TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX outbox_due ON outbox (account_id, state, next_try);
CREATE UNIQUE INDEX outbox_one_receipt ON outbox (receipt_for) WHERE receipt_for <> '';

-- The files of a message that was not accepted yet: part counts the files from 0, seq the chunks of a file.
CREATE TABLE outbox_part (
  outbox_id TEXT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (outbox_id, part, seq)
);

-- One row per mail that was fetched; the row and its complete blob appear in one transaction, before the mail is deleted on the
-- server. sender, subject, service_id, in_reply_to and header_date are the outer header's, which nothing signs. processed
-- is 0 until the mail was opened for the first time. opened is 0 as long as a layer could not be decrypted or read: such a
-- row is opened again after a key was imported. verdict is that of the time of receipt. details is a record of what the
-- innermost layer says of itself.
CREATE TABLE inbox (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  service_id TEXT NOT NULL,
  in_reply_to TEXT NOT NULL,
  subject TEXT NOT NULL,
  header_date TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  blob_id TEXT NOT NULL REFERENCES mail_blob (id),
  processed INTEGER NOT NULL DEFAULT 0,
  opened INTEGER NOT NULL DEFAULT 0,
  verdict TEXT NOT NULL DEFAULT 'malformed',
  is_receipt INTEGER NOT NULL DEFAULT 0,
  parts INTEGER NOT NULL DEFAULT 0,
  details BLOB,
  UNIQUE (account_id, message_id)
);
CREATE INDEX inbox_newest ON inbox (account_id, received_at);

-- Who has seen a message.
CREATE TABLE inbox_read (
  inbox_id TEXT NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  read_at BIGINT NOT NULL,
  PRIMARY KEY (inbox_id, user_id)
);
