# SPDX-License-Identifier: Apache-2.0
# Where the product goes: lib/kvconnect holds what a host loads (library, its core, PostgreSQL module, manifest and settings schema side by side), bin the tool.
include(GNUInstallDirs)
install(TARGETS kvconnect_plugin kvc_core_module kvc_postgresql LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/kvconnect" COMPONENT plugin)
install(FILES "${PROJECT_SOURCE_DIR}/manifest.json" "${PROJECT_SOURCE_DIR}/src/settings/settings.schema.json"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/kvconnect" COMPONENT plugin)
install(FILES "${PROJECT_SOURCE_DIR}/plugin/README.md" "${PROJECT_SOURCE_DIR}/plugin/INTEGRATION.md"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/kvconnect-plugin" COMPONENT plugin)
install(TARGETS kvc_tool RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tool)
