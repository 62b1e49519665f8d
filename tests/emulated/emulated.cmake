# What differs if an emulator runs the programs of a cross build for Linux. Sets:
#   programs_dir  the folder of the programs under test
#   for_guest     how a variable's name begins in the environment if only the programs shall see it
#   not_emulated  the patterns of the tests that cannot run, as GoogleTest separates them
#   emulator      the command that runs a program
#   for_debian, for_processor  what the tests of packages need to know about the architecture
set(for_guest QEMU_SET_ENV=)
set(emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
set(for_debian "${CPACK_DEBIAN_PACKAGE_ARCHITECTURE}" ${emulator})
set(for_processor "${CMAKE_SYSTEM_PROCESSOR}" ${emulator})

# The kernel of this machine cannot start the programs, and nobody but root could teach it to
# (binfmt_misc). So tests start scripts of the same names.
set(programs_dir "${PROJECT_BINARY_DIR}/emulated")
file(MAKE_DIRECTORY "${programs_dir}")
string(REPLACE "'" [['\'']] sh_programs "${PROJECT_BINARY_DIR}/bin")
list(JOIN emulator "' '" sh_emulator)
foreach(program sockbox showip sockopt echod echo tcpecho udpecho)
    set(script "${programs_dir}/${program}")
    file(WRITE "${script}"
        "#!/bin/sh\nexec '${sh_emulator}' -0 \"$0\" '${sh_programs}/${program}' \"$@\"\n")
    file(CHMOD "${script}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()

set(list "${CMAKE_CURRENT_LIST_DIR}/excluded")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
file(STRINGS "${list}" patterns REGEX "^ ")
list(TRANSFORM patterns STRIP)
list(JOIN patterns ":" not_emulated)

# Prints them as skipped, with the reasons.
add_test(NAME not_emulated
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/report" "${list}" $<TARGET_FILE:sockbox_tests> ${emulator})
set_tests_properties(not_emulated PROPERTIES TIMEOUT 300)
