-- SPDX-License-Identifier: Apache-2.0
-- Mails of the inbox that came from an archive (src/archive), not from the server. Such a mail is judged at its own
-- reference time instead of the time of receipt (protocol C, "Reference time") and never causes a receipt; its
-- inbox.received_at is the Date of its header where that can be read, so that it stands among the mails of its time.
-- reference is 'signing_time' (the signer's own claim) or 'time', then reference_at says which. imported_by is a user's id.
-- Times are milliseconds since 1970-01-01 UTC, 0 means none.
CREATE TABLE inbox_archived (
  inbox_id TEXT NOT NULL PRIMARY KEY REFERENCES inbox (id) ON DELETE CASCADE,
  imported_at BIGINT NOT NULL,
  imported_by TEXT NOT NULL,
  reference TEXT NOT NULL CHECK (reference IN ('signing_time', 'time')),
  reference_at BIGINT NOT NULL DEFAULT 0
);
