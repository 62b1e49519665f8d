# Run by cpack after packing: corrects the field Installed-Size, for which cpack counts the program
# again for each link to it.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
    set(root "${package}.unpacked")
    execute_process(COMMAND dpkg-deb --raw-extract "${package}" "${root}"
        COMMAND_ERROR_IS_FATAL ANY)
    # As dpkg-gencontrol(1) does: files in KiB, and one for anything else.
    file(GLOB_RECURSE entries LIST_DIRECTORIES true "${root}/usr/*")
    set(size 0)
    foreach(entry IN LISTS entries)
        set(kib 1)
        if(NOT IS_SYMLINK "${entry}" AND NOT IS_DIRECTORY "${entry}")
            file(SIZE "${entry}" bytes)
            math(EXPR kib "(${bytes} + 1023) / 1024")
        endif()
        math(EXPR size "${size} + ${kib}")
    endforeach()
    file(READ "${root}/DEBIAN/control" control)
    string(REGEX REPLACE "Installed-Size: [0-9]+" "Installed-Size: ${size}" control "${control}")
    file(WRITE "${root}/DEBIAN/control" "${control}")
    execute_process(COMMAND dpkg-deb --root-owner-group -Zxz --build "${root}" "${package}"
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE_RECURSE "${root}")
endforeach()
