-- SPDX-License-Identifier: Apache-2.0
-- The last commit of every connection to a database server (src/store/postgresql/database.cpp): written by the transaction itself, so that
-- after a connection was lost during COMMIT the next one can see whether it was done. A file needs no such row.
CREATE TABLE store_commit (
  connection TEXT NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
