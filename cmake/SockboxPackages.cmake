# Finds the libraries that sockbox uses, all from Debian packages.
# Header-only libraries are included from a directory of links: in a cross build, -I/usr/include
# would add the headers of the host's C library.
set(SOCKBOX_HEADERS "${PROJECT_BINARY_DIR}/headers")
file(MAKE_DIRECTORY "${SOCKBOX_HEADERS}")
foreach(name CLI fmt tl nlohmann)
    find_path(SOCKBOX_${name}_ROOT ${name} PATHS /usr/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH
        REQUIRED)
    file(CREATE_LINK "${SOCKBOX_${name}_ROOT}/${name}" "${SOCKBOX_HEADERS}/${name}" SYMBOLIC)
endforeach()

add_library(sockbox_headers INTERFACE)
target_include_directories(sockbox_headers SYSTEM INTERFACE "${SOCKBOX_HEADERS}")

# Static libraries: loading a shared one would delay even commands that never use it.
if(NOT WIN32)
    find_library(SOCKBOX_URING NAMES liburing.a REQUIRED)
    find_library(SOCKBOX_SECCOMP NAMES libseccomp.a REQUIRED)
    find_library(SOCKBOX_NETTLE NAMES libnettle.a REQUIRED)
endif()

# GoogleTest is built from Debian's sources with the flags of this build, because sanitizers must
# instrument it and there is no package of it for Windows.
if(SOCKBOX_TESTS)
    set(INSTALL_GTEST OFF CACHE INTERNAL "")
    set(BUILD_GMOCK ON CACHE INTERNAL "")
    add_subdirectory(/usr/src/googletest "${PROJECT_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL SYSTEM)
endif()
