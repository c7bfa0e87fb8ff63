// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_errors.h"

#include <Poco/Data/SQLite/SQLiteException.h>

#include <array>
#include <new>
#include <string>
#include <string_view>
#include <typeinfo>

namespace kvc::store {
namespace {

namespace sqlite = Poco::Data::SQLite;

Status busy() {
  return Status(error::storage_busy, "the database is locked by another program").retry_in(std::chrono::seconds(5));
}
Status full() {
  return {error::storage_full, "no room left for the database"};
}
Status corrupt() {
  return {error::storage_corrupt, "the database file is damaged or no database"};
}
Status read_only() {
  return {error::storage_failed, "the database cannot be written"};
}
Status unreadable() {
  return {error::storage_failed, "the database file cannot be opened"};
}
Status io_failed() {
  return {error::storage_failed, "reading or writing the database failed"};
}

/// Extended result codes reach us as a general exception; SQLite's own constant text tells which it was.
Status by_text(const std::string& text) {
  struct Row {
    std::string_view part;
    Status (*status)();
  };
  static constexpr std::array kRows = {
      Row{"database is locked", busy},
      Row{"database table is locked", busy},
      Row{"database schema is locked", busy},
      Row{"database or disk is full", full},
      Row{"database disk image is malformed", corrupt},
      Row{"file is not a database", corrupt},
      Row{"attempt to write a readonly database", read_only},
      Row{"unable to open database file", unreadable},
      Row{"disk I/O error", io_failed},
  };
  for (const auto& row : kRows) {
    if (text.find(row.part) != std::string::npos) {
      return row.status();
    }
  }
  if (text.find("UNIQUE constraint") != std::string::npos) {
    return {error::already_exists, "an entry with this key exists"};
  }
  return {error::storage_failed, "the database refused a statement"};
}

}  // namespace

Status with_sqlite_errors(const std::function<Status()>& work) {
  try {
    return work();
  } catch (const sqlite::DBLockedException&) {
    return busy();
  } catch (const sqlite::TableLockedException&) {
    return busy();
  } catch (const sqlite::DatabaseFullException&) {
    return full();
  } catch (const sqlite::CorruptImageException&) {
    return corrupt();
  } catch (const sqlite::ReadOnlyException&) {
    return read_only();
  } catch (const sqlite::CantOpenDBFileException&) {
    return unreadable();
  } catch (const sqlite::NoMemoryException&) {
    return {error::out_of_memory, "not enough memory for the database"};
  } catch (const Poco::Exception& e) {
    return by_text(e.displayText());
  } catch (const std::bad_alloc&) {
    return {error::out_of_memory, "not enough memory"};
  } catch (const std::exception& e) {
    return {error::internal, std::string("unexpected exception of type ") + typeid(e).name()};
  }
}

}  // namespace kvc::store
