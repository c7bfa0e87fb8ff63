# SPDX-License-Identifier: Apache-2.0
# Where the product goes: lib/kvconnect holds what a host loads (library and manifest side by side), bin the tool.
include(GNUInstallDirs)
if(TARGET kvconnect_plugin)
  install(TARGETS kvconnect_plugin LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/kvconnect" COMPONENT plugin)
  install(FILES "${PROJECT_SOURCE_DIR}/manifest.json" DESTINATION "${CMAKE_INSTALL_LIBDIR}/kvconnect" COMPONENT plugin)
endif()
if(TARGET kvc_tool)
  install(TARGETS kvc_tool RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tool)
endif()
