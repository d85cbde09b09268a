# What `cmake --install` puts where: headers, both libraries, a CMake package and a pkg-config file.
# All of them find each other by relative paths, so that the prefix can be moved.
# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ TYPE INCLUDE
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(TARGETS eagre_shared eagre_static EXPORT eagre)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/eagre)
install(EXPORT eagre NAMESPACE eagre:: FILE eagre-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/eagre-config.cmake.in
  ${PROJECT_BINARY_DIR}/eagre-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eagre-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/eagre-config.cmake
  ${PROJECT_BINARY_DIR}/eagre-config-version.cmake DESTINATION ${package_dir})

# From lib/pkgconfig, or deeper, up to the prefix.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${up}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/eagre.pc.in ${PROJECT_BINARY_DIR}/eagre.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/eagre.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
