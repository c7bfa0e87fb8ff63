# SPDX-License-Identifier: Apache-2.0
# How a folder becomes a library, a test or a resource: the only three shapes the tree knows.

# kvc_library(NAME SOURCES a.cpp ... DEPS lib ...): one folder, one static library with hidden symbols.
# Headers are included from the top of the layer: "crypto/key.h" for src/crypto/key.h.
function(kvc_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE $<BUILD_INTERFACE:kvc_flags>)
endfunction()

# kvc_quick_to_build(TARGET): for code that runs a few seconds in its life. Templates of the test framework take the
# optimiser three times as long as they ever save.
function(kvc_quick_to_build name)
  target_compile_options(${name} PRIVATE "$<$<CONFIG:RelWithDebInfo>:-O1;-g1>")
endfunction()

# kvc_test(NAME SOURCES a_test.cpp ... DEPS lib ... [LABELS unit|contract|e2e] [TIMEOUT s] [SHARDS n] [DEFINES X=Y ...]):
# one GoogleTest program; every TEST in it is a ctest of its own. With SHARDS the program runs as n ctests instead, each with
# every n-th TEST: for programs whose tests share something dear, such as a CA, that each process would make anew.
# POSTGRESQL: the tests use the PostgreSQL server of tests/postgresql. BOTH_STORES (with SHARDS): they run once on SQLite and once
# more on that server, as NAME.postgresql.n; not under a sanitizer, which learns nothing from the second time.
function(kvc_test name)
  cmake_parse_arguments(ARG "POSTGRESQL;BOTH_STORES" "LABELS;TIMEOUT;SHARDS" "SOURCES;DEPS;DEFINES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(KVC_SANITIZE AND NOT KVC_CORE_ONLY)
    # Whole processes under a sanitizer, which multiply their own limits by KVC_TEST_TIME_FACTOR.
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 6")
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  kvc_quick_to_build(${name})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} kvc_test_paths kvc_flags GTest::gtest GTest::gmock GTest::gtest_main
                        Threads::Threads)
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINES})
  # A suite named ...Child runs only inside another test, as a process of its own.
  set(filter "-*Child.*")
  set(server "")
  if(ARG_POSTGRESQL)
    set(server FIXTURES_REQUIRED postgresql ENVIRONMENT "KVC_TEST_POSTGRESQL=${KVC_TEST_POSTGRESQL}")
  endif()
  if(NOT ARG_SHARDS)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_FILTER "${filter}"
      PROPERTIES LABELS ${ARG_LABELS} TIMEOUT ${ARG_TIMEOUT} ${server})
    return()
  endif()
  math(EXPR last "${ARG_SHARDS} - 1")
  foreach(index RANGE ${last})
    add_test(NAME ${name}.${index} COMMAND ${name} --gtest_filter=${filter})
    set_tests_properties(${name}.${index} PROPERTIES LABELS ${ARG_LABELS} TIMEOUT ${ARG_TIMEOUT}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${ARG_SHARDS};GTEST_SHARD_INDEX=${index}")
    if(ARG_BOTH_STORES AND NOT KVC_CORE_ONLY)
      add_test(NAME ${name}.postgresql.${index} COMMAND ${name} --gtest_filter=${filter})
      set_tests_properties(${name}.postgresql.${index} PROPERTIES LABELS ${ARG_LABELS} TIMEOUT ${ARG_TIMEOUT}
        FIXTURES_REQUIRED postgresql ENVIRONMENT
        "GTEST_TOTAL_SHARDS=${ARG_SHARDS};GTEST_SHARD_INDEX=${index};KVC_TEST_STORE=postgresql;KVC_TEST_POSTGRESQL=${KVC_TEST_POSTGRESQL}")
    endif()
  endforeach()
endfunction()

# kvc_embed(TARGET SYMBOL FILE): the bytes of FILE as `std::string_view kvc::resource::SYMBOL()`,
# declared in the generated header "resource/SYMBOL.h".
function(kvc_embed target symbol file)
  get_filename_component(path "${file}" ABSOLUTE)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/resource/${symbol}.cpp")
  set(header "${CMAKE_CURRENT_BINARY_DIR}/resource/${symbol}.h")
  add_custom_command(OUTPUT "${out}" "${header}"
    COMMAND "${CMAKE_COMMAND}" -DSYMBOL=${symbol} -DINPUT=${path} -DOUTPUT=${out} -DHEADER=${header}
            -P "${PROJECT_SOURCE_DIR}/packaging/cmake/EmbedFile.cmake"
    DEPENDS "${path}" "${PROJECT_SOURCE_DIR}/packaging/cmake/EmbedFile.cmake" VERBATIM)
  target_sources(${target} PRIVATE "${out}")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
