-- SPDX-License-Identifier: Apache-2.0
-- What a practice does with its accounts: sites, default senders, hints, imported keys. Nothing secret.

-- server_certificate: what the server published for the account when last asked ('same', 'other', 'none', '' = not asked).
-- rotation_due: how many users were unassigned since the last new account key; not 0 while somebody worked with the account
-- then: the next login makes the new key.
ALTER TABLE account ADD COLUMN server_certificate TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN rotation_due INTEGER NOT NULL DEFAULT 0;
-- imported: the key pair came from a keystore file. old_removed: status 110 or 120 was seen for this generation's request.
ALTER TABLE generation ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
ALTER TABLE generation ADD COLUMN old_removed INTEGER NOT NULL DEFAULT 0;

-- The practice sites (BSNR) an account stands for.
CREATE TABLE account_site (
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  bsnr TEXT NOT NULL,
  PRIMARY KEY (account_id, bsnr)
);

-- The account a user sends with unless another one is chosen.
CREATE TABLE default_sender (
  user_id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE
);

-- When a user was last told that a certificate should be renewed.
CREATE TABLE renewal_hint (
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  shown_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
