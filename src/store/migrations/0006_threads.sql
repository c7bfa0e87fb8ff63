-- SPDX-License-Identifier: Apache-2.0
-- Services, threads, awaited replies, lists by key. service_key is the catalogue's key of the service, '' for an unknown
-- one. thread_id is the id of the row (of outbox or inbox) that began the thread. thread_key and delivery_key are
-- HMAC-SHA-256 under the account's content_key: of the begleitdatei's guid, and of its bsnr, quarter and document type; ''
-- where there is none. So answers and corrections are found by equality, and the values stand in the sealed details alone.
-- may_have_left is 1 from the moment before the first byte of the mail goes to the server.
ALTER TABLE outbox ADD COLUMN service_key TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN thread_id TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN thread_key TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN delivery_key TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN delivery_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN may_have_left INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET thread_id = id;
UPDATE outbox SET may_have_left = 1 WHERE tries > 0;

-- unassigned is 1 for a KV's answer that belongs to no delivery. too_large_limit is not 0 for a mail of which nothing but
-- its header was fetched, because it was larger than this many bytes: it is still on the server, and its blob is empty.
ALTER TABLE inbox ADD COLUMN service_key TEXT NOT NULL DEFAULT '';
ALTER TABLE inbox ADD COLUMN thread_id TEXT NOT NULL DEFAULT '';
ALTER TABLE inbox ADD COLUMN unassigned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN too_large_limit BIGINT NOT NULL DEFAULT 0;
UPDATE inbox SET thread_id = id;

-- Replies of a message that are awaited (due_at 0: without a deadline, or not accepted yet) or that came (arrived_at, the
-- first of its kind, inbox_id). cleared_at, cleared_by and the sealed note: somebody took off the mark "answer missing".
CREATE TABLE outbox_reply (
  outbox_id TEXT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at BIGINT NOT NULL DEFAULT 0,
  arrived_at BIGINT NOT NULL DEFAULT 0,
  inbox_id TEXT NOT NULL DEFAULT '',
  cleared_at BIGINT NOT NULL DEFAULT 0,
  cleared_by TEXT NOT NULL DEFAULT '',
  note BLOB,
  PRIMARY KEY (outbox_id, kind)
);
CREATE INDEX outbox_reply_due ON outbox_reply (account_id, due_at)
  WHERE arrived_at = 0 AND cleared_at = 0 AND due_at <> 0;

-- A page of a list reads its own rows only: the order is the index's, and so is what it may be narrowed by.
CREATE INDEX outbox_newest ON outbox (account_id, created_at, id);
CREATE INDEX outbox_by_service ON outbox (account_id, service_key, created_at, id);
CREATE INDEX outbox_thread ON outbox (account_id, thread_id);
CREATE INDEX outbox_thread_key ON outbox (account_id, thread_key) WHERE thread_key <> '';
CREATE INDEX outbox_delivery_key ON outbox (account_id, delivery_key) WHERE delivery_key <> '';
DROP INDEX inbox_newest;
CREATE INDEX inbox_newest ON inbox (account_id, received_at, id);
CREATE INDEX inbox_by_service ON inbox (account_id, service_key, received_at, id);
CREATE INDEX inbox_by_verdict ON inbox (account_id, verdict, received_at, id);
CREATE INDEX inbox_unassigned ON inbox (account_id, received_at, id) WHERE unassigned = 1;
CREATE INDEX inbox_thread ON inbox (account_id, thread_id);
CREATE INDEX inbox_unopened ON inbox (account_id, received_at, id) WHERE opened = 0;
