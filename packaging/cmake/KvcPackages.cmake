# SPDX-License-Identifier: Apache-2.0
# Debian packages, one a component of `cmake --install`: what a practice loads, what a host maker builds with, the support tool.
# `packaging/package.sh` builds them; packaging/deb/finish.py adds what Debian asks for and CMake does not know.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kvconnect)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR "KV-Connect plugin project")
set(CPACK_PACKAGE_CONTACT "KV-Connect plugin project <maintainers@kvconnect-plugin.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL plugin pvs_host_api tool)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/packaging/deb/finish.cmake")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_PLUGIN_PACKAGE_NAME kvconnect-plugin)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_PLUGIN_PACKAGE_SUGGESTS kvconnect-tool)
set(CPACK_COMPONENT_PLUGIN_DESCRIPTION "KV-Connect for practice management systems (plugin)
Secure medical messaging from inside a practice management system: accounts,
certificates, signed and encrypted messages, doctors' letters, billing, and
archived mail with a verdict on who sent it. The practice management system
loads it through the host interface pvs/plugin.h.")

set(CPACK_DEBIAN_PVS_HOST_API_PACKAGE_NAME pvs-host-api-dev)
set(CPACK_DEBIAN_PVS_HOST_API_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PVS_HOST_API_PACKAGE_DEPENDS "libprotobuf-dev, libpoco-dev")
set(CPACK_DEBIAN_PVS_HOST_API_PACKAGE_SUGGESTS "kvconnect-plugin, protobuf-compiler")
set(CPACK_COMPONENT_PVS_HOST_API_DESCRIPTION "interface between practice management systems and plugins
The C header that is the specification, the messages, C++ libraries for hosts
and for plugins, the manifest's schema, examples, and pvs-host, a small
practice system that runs a plugin by a script.")

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME kvconnect-tool)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOL_PACKAGE_SUGGESTS kvconnect-plugin)
set(CPACK_COMPONENT_TOOL_DESCRIPTION "opens, seals and examines KV-Connect messages and set-ups
For integrators and archives: opens archived mail with old keys and says who
signed it, seals messages, and examines the set-up of the KV-Connect plugin
stage by stage.")
include(CPack)
