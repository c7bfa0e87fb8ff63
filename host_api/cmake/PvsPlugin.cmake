# SPDX-License-Identifier: Apache-2.0
# pvs_add_plugin(TARGET [OUTPUT name] [MANIFEST file] SOURCES a.cpp ... [DEPS lib ...])
#
# Builds <name>.so (no "lib" prefix) as a host expects it: one symbol, pvs_plugin_entry_v1; nothing of the libraries
# inside is visible; every symbol resolved at load; resident after dlclose, because a library in it may keep threads or
# exit handlers. With MANIFEST, that file is put beside the library as manifest.json.
# Needs the target pvs_plugin_sdk (from this tree or from find_package(pvs_host_api)).

function(pvs_add_plugin target)
  cmake_parse_arguments(ARG "" "OUTPUT;MANIFEST" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_OUTPUT)
    set(ARG_OUTPUT ${target})
  endif()
  add_library(${target} MODULE ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME "${ARG_OUTPUT}"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    LINK_DEPENDS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map")
  set(_sdk pvs_plugin_sdk)
  if(NOT TARGET pvs_plugin_sdk)
    set(_sdk pvs::plugin_sdk)
  endif()
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} ${_sdk})
  target_link_options(${target} PRIVATE
    "LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map"
    "LINKER:--exclude-libs,ALL"
    "LINKER:-z,nodelete" "LINKER:-z,now" "LINKER:-z,relro"
    "LINKER:--gc-sections")
  # A sanitizer's runtime is in the program, not in the library: then symbols stay open.
  if(NOT KVC_SANITIZE)
    target_link_options(${target} PRIVATE "LINKER:-z,defs")
  endif()
  if(ARG_MANIFEST)
    get_filename_component(_manifest "${ARG_MANIFEST}" ABSOLUTE)
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${_manifest}" "$<TARGET_FILE_DIR:${target}>/manifest.json"
      VERBATIM)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${_manifest}")
  endif()
endfunction()
