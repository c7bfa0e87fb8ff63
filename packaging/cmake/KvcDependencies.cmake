# SPDX-License-Identifier: Apache-2.0
# Every library the project builds with; the README names each with its reason and licence.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Protobuf 3.21 MODULE REQUIRED)
# PostgreSQL's client under the name Poco's connector asks for; FindPostgreSQL would want the server's headers too.
find_path(KVC_LIBPQ_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_library(KVC_LIBPQ pq REQUIRED)
add_library(PostgreSQL::client INTERFACE IMPORTED)
target_include_directories(PostgreSQL::client SYSTEM INTERFACE "${KVC_LIBPQ_INCLUDE}")
target_link_libraries(PostgreSQL::client INTERFACE "${KVC_LIBPQ}")
find_package(Poco 1.11 REQUIRED COMPONENTS Foundation Net NetSSL Crypto XML JSON Zip Data DataSQLite DataPostgreSQL)
find_path(KVC_VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)
if(KVC_DEVELOPER_MODE)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
