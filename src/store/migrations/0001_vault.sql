-- SPDX-License-Identifier: Apache-2.0
-- What the schema is made of, and the vault (src/vault/README.md says what the bytes are).

CREATE TABLE schema_version (
  version    INTEGER NOT NULL PRIMARY KEY,
  name       TEXT    NOT NULL,
  applied_at BIGINT  NOT NULL
);

-- One sealed copy of an account's key for each user the account is assigned to.
CREATE TABLE vault_key (
  account_id TEXT   NOT NULL,
  user_id    TEXT   NOT NULL,
  key_id     TEXT   NOT NULL,
  sealed     BLOB   NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id)
);

-- Secrets under the account's key. Names that begin with "@" belong to the vault itself.
CREATE TABLE vault_secret (
  account_id TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  key_id     TEXT   NOT NULL,
  sealed     BLOB   NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, name)
);

-- Key pairs of users whose practice system offers no key custody: the private half under a passphrase.
CREATE TABLE vault_passphrase (
  user_id     TEXT   NOT NULL PRIMARY KEY,
  salt        BLOB   NOT NULL,
  scrypt_n    BIGINT NOT NULL,
  scrypt_r    BIGINT NOT NULL,
  scrypt_p    BIGINT NOT NULL,
  public_key  BLOB   NOT NULL,
  private_key BLOB   NOT NULL,
  changed_at  BIGINT NOT NULL
);
