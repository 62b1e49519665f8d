# Run by cpack between installing and packing: makes the installed files those of an archive that can
# be unpacked anywhere, with a program that needs no library.
execute_process(
    COMMAND "${CMAKE_COMMAND}" --build "${CPACK_SOCKBOX_BUILD}" --target sockbox_static
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/sockbox/${CPACK_PACKAGE_FILE_NAME}")
file(COPY_FILE "${CPACK_SOCKBOX_BUILD}/static/sockbox" "${root}/bin/sockbox")
execute_process(COMMAND "${CPACK_SOCKBOX_STRIP}" "${root}/bin/sockbox" COMMAND_ERROR_IS_FATAL ANY)

# Units name programs by their whole paths: those in the place for what no package manager installs.
file(GLOB units "${root}/lib/systemd/system/*.service")
foreach(unit IN LISTS units)
    file(READ "${unit}" text)
    string(REPLACE "${root}" /usr/local text "${text}")
    file(WRITE "${unit}" "${text}")
endforeach()
