-- SPDX-License-Identifier: Apache-2.0
-- The address book (src/directory). It is the network's, not the practice's: nothing in it is secret or a patient's. Times are
-- milliseconds since 1970-01-01 UTC, 0 means none. The index for searching is no part of this schema, because every
-- database has another kind: see src/directory/search_index.h.

-- One row per environment. number is what the ids of its entries begin with. source and stamp say where the book came from and what to
-- ask its source with next time; words_version which rules made its words. refresh_id names the refresh that may
-- write: the last one that began. last_error is the key of an error code of the last try.
CREATE TABLE directory_book (
  environment_id TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  source TEXT NOT NULL DEFAULT '',
  stamp TEXT NOT NULL DEFAULT '',
  words_version INTEGER NOT NULL DEFAULT 0,
  refresh_id TEXT NOT NULL DEFAULT '',
  entries BIGINT NOT NULL DEFAULT 0,
  refreshed_at BIGINT NOT NULL DEFAULT 0,
  tried_at BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT ''
);

-- One row per participant and environment. Ids ascend in the order of sort_key with room between them, so that the
-- index, which knows only ids, gives its hits in order. address_key is the address in small letters. fingerprint changes when
-- anything else does. services are separated by line feeds. doomed is 1 only inside the transaction that deletes the row.
CREATE TABLE directory_entry (
  id BIGINT NOT NULL PRIMARY KEY,
  environment_id TEXT NOT NULL REFERENCES directory_book (environment_id) ON DELETE CASCADE,
  address_key TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  uid TEXT NOT NULL,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  first_name TEXT NOT NULL,
  title TEXT NOT NULL,
  practice TEXT NOT NULL,
  specialty TEXT NOT NULL,
  street TEXT NOT NULL,
  postcode TEXT NOT NULL,
  town TEXT NOT NULL,
  phone TEXT NOT NULL,
  kv TEXT NOT NULL,
  services TEXT NOT NULL,
  certificate_valid_to BIGINT NOT NULL,
  name_words TEXT NOT NULL,
  practice_words TEXT NOT NULL,
  place_words TEXT NOT NULL,
  other_words TEXT NOT NULL,
  doomed INTEGER NOT NULL DEFAULT 0,
  UNIQUE (environment_id, address_key)
);
CREATE INDEX directory_entry_order ON directory_entry (environment_id, sort_key, id);

-- A book on its way in: filled in many small transactions, put in the place of the old one in a single one. entry_id is
-- the id a new or changed entry gets, 0 for one that is there already.
CREATE TABLE directory_incoming (
  environment_id TEXT NOT NULL REFERENCES directory_book (environment_id) ON DELETE CASCADE,
  address_key TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  uid TEXT NOT NULL,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  first_name TEXT NOT NULL,
  title TEXT NOT NULL,
  practice TEXT NOT NULL,
  specialty TEXT NOT NULL,
  street TEXT NOT NULL,
  postcode TEXT NOT NULL,
  town TEXT NOT NULL,
  phone TEXT NOT NULL,
  kv TEXT NOT NULL,
  services TEXT NOT NULL,
  certificate_valid_to BIGINT NOT NULL,
  name_words TEXT NOT NULL,
  practice_words TEXT NOT NULL,
  place_words TEXT NOT NULL,
  other_words TEXT NOT NULL,
  entry_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (environment_id, address_key)
);

-- What a user made of an entry. It belongs to the address, not to the row: it outlives every refresh of the book.
CREATE TABLE directory_mark (
  user_id TEXT NOT NULL,
  environment_id TEXT NOT NULL,
  address_key TEXT NOT NULL,
  favourite INTEGER NOT NULL DEFAULT 0,
  last_used BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, environment_id, address_key)
);
