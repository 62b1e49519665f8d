# The packages that `cpack` creates in the build directory.
# For Windows, a zip file that can be unpacked anywhere; for Debian, two packages of the files that
# `cmake --install` installs below /usr: one of the commands, one of the library; for any Linux, an
# archive whose program needs no library.
set(CPACK_PACKAGE_NAME sockbox)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# The target package_source; scripts/source writes the same name with exactly what git tracks.
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME "sockbox-${PROJECT_VERSION}")
set(CPACK_SOURCE_IGNORE_FILES "/build/;/\\.git/;/\\.git$")

if(WIN32)
    install(FILES README.md CHANGELOG.md LICENSE DESTINATION .)
    set(CPACK_GENERATOR ZIP)
    set(CPACK_PACKAGE_FILE_NAME "sockbox-${PROJECT_VERSION}-windows-x86_64")
else()
    install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME copyright)
    install(FILES README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
    set(CPACK_GENERATOR DEB TGZ)
    set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/packaging/generators.cmake")
    set(CPACK_SOCKBOX_SOURCE "${PROJECT_SOURCE_DIR}")
    set(CPACK_SOCKBOX_BUILD "${PROJECT_BINARY_DIR}")
    set(CPACK_SOCKBOX_STRIP "${CMAKE_STRIP}")
    set(CPACK_SOCKBOX_ARCHIVE "sockbox-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
    set(SOCKBOX_MAINTAINER "The sockbox authors <sockbox@example.org>" CACHE STRING
        "The maintainer that the Debian package names")
    set(CPACK_PACKAGE_CONTACT "${SOCKBOX_MAINTAINER}")
    set(CPACK_DEB_COMPONENT_INSTALL ON)
    set(CPACK_COMPONENTS_GROUPING IGNORE)
    set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

    set(CPACK_DEBIAN_SOCKBOX_PACKAGE_NAME sockbox)
    set(CPACK_DEBIAN_SOCKBOX_PACKAGE_SECTION net)
    set(CPACK_DEBIAN_SOCKBOX_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_SOCKBOX_DESCRIPTION "small, focused network-diagnostics commands
showip shows what getaddrinfo returns for a name, sockopt the socket options
of new sockets and of running processes. echod is an echo server with every
classic concurrency model; tcpecho and udpecho are its clients and measure
loss, round trips and jitter.")

    set(CPACK_DEBIAN_LIBSOCKBOX-DEV_PACKAGE_NAME libsockbox-dev)
    set(CPACK_DEBIAN_LIBSOCKBOX-DEV_PACKAGE_SECTION libdevel)
    set(CPACK_DEBIAN_LIBSOCKBOX-DEV_PACKAGE_DEPENDS "libexpected-dev, nettle-dev")
    set(CPACK_DEBIAN_LIBSOCKBOX-DEV_DESCRIPTION "C++ library of the sockbox commands
Sockets, addresses, name resolution, socket options and sockets of other
processes, STAMP packets, and statistics of measurements, as static libraries
with headers, a CMake package and a pkg-config file. Any minor version may
change the interface.")
    set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
endif()
include(CPack)
