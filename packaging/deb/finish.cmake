# SPDX-License-Identifier: Apache-2.0
# Run by CPack when the files of all packages are in place and none is packed yet.
foreach(component plugin pvs_host_api tool)
  string(TOUPPER "${component}" upper)
  execute_process(
    COMMAND python3 "${CMAKE_CURRENT_LIST_DIR}/finish.py" "${CPACK_TEMPORARY_DIRECTORY}/${component}"
            "${CPACK_DEBIAN_${upper}_PACKAGE_NAME}" "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}"
            "${CPACK_PACKAGE_CONTACT}"
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
