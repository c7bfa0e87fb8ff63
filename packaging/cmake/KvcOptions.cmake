# SPDX-License-Identifier: Apache-2.0
# Switches of the build, and the compiler flags they mean. A user's build has none of the developer's strictness,
# so that a newer compiler with a new warning never stops somebody who only wants the plugin.

option(KVC_DEVELOPER_MODE "Tests, the test server, and warnings as errors" OFF)
option(KVC_CORE_ONLY "Only src/ and its unit tests: what the sanitizer runs build" OFF)
set(KVC_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(KVC_COVERAGE "Instrument for coverage" OFF)
option(KVC_BENCH "Build the benches with their peers (tests/bench)" OFF)
option(KVC_FUZZ "Build the fuzz targets (clang)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

find_program(KVC_CCACHE ccache)
if(KVC_CCACHE)
  # Paths below the tree are made relative and the build folder's name does not count, so that clones share one cache.
  set(_launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${KVC_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${_launcher}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${_launcher}")
endif()

add_library(kvc_flags INTERFACE)
target_compile_options(kvc_flags INTERFACE
  -fstack-protector-strong
  $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>
  -ffunction-sections -fdata-sections)
if(NOT KVC_DEVELOPER_MODE)
  # What is shipped names no directory of the machine it was built on, so that two machines make the same bytes.
  add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" "-ffile-prefix-map=${PROJECT_BINARY_DIR}/=")
endif()
if(KVC_DEVELOPER_MODE)
  target_compile_options(kvc_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough -Werror)
  # C has no other cast than the old one; the C parts of the tree drop the C++-only warnings.
  get_target_property(_opts kvc_flags INTERFACE_COMPILE_OPTIONS)
  list(TRANSFORM _opts REPLACE "^(-Wold-style-cast|-Wnon-virtual-dtor|-Woverloaded-virtual)$"
       "$<$<COMPILE_LANGUAGE:CXX>:\\1>")
  set_target_properties(kvc_flags PROPERTIES INTERFACE_COMPILE_OPTIONS "${_opts}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc 12 reports these for correct standard-library code once inlined.
    target_compile_options(kvc_flags INTERFACE -Wno-null-dereference)
  endif()
endif()
if(KVC_SANITIZE)
  target_compile_options(kvc_flags INTERFACE -fsanitize=${KVC_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(kvc_flags INTERFACE -fsanitize=${KVC_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT KVC_CORE_ONLY AND KVC_SANITIZE MATCHES "address")
    # With the optimiser and UBSan's checks together gcc 12 reports std::variant and std::vector as unset.
    target_compile_options(kvc_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
  endif()
endif()
if(KVC_COVERAGE)
  target_compile_options(kvc_flags INTERFACE --coverage -O0)
  target_link_options(kvc_flags INTERFACE --coverage)
endif()
if(KVC_FUZZ)
  target_compile_options(kvc_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
