# The libraries that sockbox stands on, all from Debian's packages. A cross build takes the
# header-only ones from a folder of links: -I/usr/include would bring in the host's C library.
set(SOCKBOX_HEADERS "${PROJECT_BINARY_DIR}/headers")
file(MAKE_DIRECTORY "${SOCKBOX_HEADERS}")
foreach(name CLI fmt tl nlohmann)
    find_path(SOCKBOX_${name}_ROOT ${name} PATHS /usr/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH
        REQUIRED)
    file(CREATE_LINK "${SOCKBOX_${name}_ROOT}/${name}" "${SOCKBOX_HEADERS}/${name}" SYMBOLIC)
endforeach()

add_library(sockbox_headers INTERFACE)
target_include_directories(sockbox_headers SYSTEM INTERFACE "${SOCKBOX_HEADERS}")

# The archives: a shared library would cost the start of commands that never use it.
if(NOT WIN32)
    find_library(SOCKBOX_URING NAMES liburing.a REQUIRED)
    find_library(SOCKBOX_SECCOMP NAMES libseccomp.a REQUIRED)
endif()

# GoogleTest is built from Debian's sources, with the flags of this build: a sanitizer has to
# see it too, and there is no package of it for Windows.
if(SOCKBOX_TESTS)
    set(INSTALL_GTEST OFF CACHE INTERNAL "")
    set(BUILD_GMOCK ON CACHE INTERNAL "")
    add_subdirectory(/usr/src/googletest "${PROJECT_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL SYSTEM)
endif()
