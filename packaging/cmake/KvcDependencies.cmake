# SPDX-License-Identifier: Apache-2.0
# Every library the project builds with; the README names each with its reason and licence.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Protobuf 3.21 MODULE REQUIRED)
find_package(Poco 1.11 REQUIRED COMPONENTS Foundation Net NetSSL Crypto XML JSON Zip Data DataSQLite)
find_path(KVC_VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)
if(KVC_DEVELOPER_MODE)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
