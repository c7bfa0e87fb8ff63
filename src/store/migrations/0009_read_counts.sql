-- SPDX-License-Identifier: Apache-2.0
-- What is unread is counted for each service whenever a list is opened. With account and service beside the mark, both
-- counts are read from one index each; before, every message asked for its mark. The two columns repeat those of the
-- message: whoever changes inbox.service_key changes them too (mailbox/inbox_repository.h).
ALTER TABLE inbox_read ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
ALTER TABLE inbox_read ADD COLUMN service_key TEXT NOT NULL DEFAULT '';
UPDATE inbox_read SET
  account_id = COALESCE((SELECT account_id FROM inbox WHERE inbox.id = inbox_read.inbox_id), ''),
  service_key = COALESCE((SELECT service_key FROM inbox WHERE inbox.id = inbox_read.inbox_id), '');
CREATE INDEX inbox_read_counts ON inbox_read (user_id, account_id, service_key);
