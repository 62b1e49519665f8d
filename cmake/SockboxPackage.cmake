# The package for Windows: `cpack` in the build folder makes one zip that is unpacked anywhere.
if(NOT WIN32)
    return()
endif()

install(FILES README.md CHANGELOG.md LICENSE DESTINATION .)

set(CPACK_GENERATOR ZIP)
set(CPACK_PACKAGE_NAME sockbox)
set(CPACK_PACKAGE_FILE_NAME "sockbox-${PROJECT_VERSION}-windows-x86_64")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
