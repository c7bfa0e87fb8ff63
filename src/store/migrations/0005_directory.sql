-- SPDX-License-Identifier: Apache-2.0
-- The address book (src/directory). It is the network's, not the practice's: nothing in it is secret or a patient's. Times are
-- milliseconds since 1970-01-01 UTC, 0 means none.

-- One row per environment. number is what the ids of its entries begin with. source and stamp say where the book came from and what to
-- ask its source with next time; words_version which rules made its index, index_id which index it is (a random id).
-- refresh_id names the refresh that may write: the last one that began. last_error is the key of an error code of the
-- last try.
CREATE TABLE directory_book (
  environment_id TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  source TEXT NOT NULL DEFAULT '',
  stamp TEXT NOT NULL DEFAULT '',
  words_version INTEGER NOT NULL DEFAULT 0,
  index_id TEXT NOT NULL DEFAULT '',
  refresh_id TEXT NOT NULL DEFAULT '',
  entries BIGINT NOT NULL DEFAULT 0,
  refreshed_at BIGINT NOT NULL DEFAULT 0,
  tried_at BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT ''
);

-- One row per participant and environment. address_key is the address in small letters. fingerprint changes when anything
-- else does. services are separated by line feeds.
CREATE TABLE directory_entry (
  id BIGINT NOT NULL PRIMARY KEY,
  environment_id TEXT NOT NULL REFERENCES directory_book (environment_id) ON DELETE CASCADE,
  address_key TEXT NOT NULL,
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
  UNIQUE (environment_id, address_key)
);

-- Those entries of a book on its way in that are new or have changed, with the id they will have: filled in many small transactions,
-- put among the others in a single one.
CREATE TABLE directory_incoming (
  id BIGINT NOT NULL PRIMARY KEY,
  environment_id TEXT NOT NULL REFERENCES directory_book (environment_id) ON DELETE CASCADE,
  address_key TEXT NOT NULL,
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
  UNIQUE (environment_id, address_key)
);

-- The index over the words of a book (src/directory/word_index.h), in chunks counted from 0. Not a kind of index every database
-- has another of: the whole is loaded to be searched.
CREATE TABLE directory_index (
  environment_id TEXT NOT NULL REFERENCES directory_book (environment_id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (environment_id, seq)
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
