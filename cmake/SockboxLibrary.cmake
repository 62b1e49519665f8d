# Installs what other programs may use of lib/, as the component libsockbox-dev: static libraries,
# headers, a CMake package and a pkg-config file.
set(public_rooms text net option stats inspect)

# Every header of these rooms is public but those of one system and the rows of the option table. The
# room system is what they are built on: public is what they include of it.
list(TRANSFORM public_rooms APPEND "/*.h" OUTPUT_VARIABLE patterns)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" ${patterns})
list(FILTER headers EXCLUDE REGEX "/(linux|windows|rows)/")
list(APPEND headers system/clock.h system/memory.h system/platform.h system/resolver_error.h
    system/result.h)
sockbox_install_headers(libsockbox-dev ${headers})

set(library_dir "${CMAKE_INSTALL_LIBDIR}")
foreach(room system ${public_rooms})
    set_target_properties(sockbox_${room} PROPERTIES EXPORT_NAME ${room})
    install(TARGETS sockbox_${room} EXPORT sockbox COMPONENT libsockbox-dev
        ARCHIVE DESTINATION "${library_dir}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    list(PREPEND libraries -lsockbox_${room}) # a static library before those that it needs
endforeach()
target_link_libraries(sockbox_system PUBLIC
    $<INSTALL_INTERFACE:tl::expected> $<INSTALL_INTERFACE:Threads::Threads>)

include(CMakePackageConfigHelpers)
set(version_file "${CMAKE_CURRENT_BINARY_DIR}/sockbox-config-version.cmake")
write_basic_package_version_file("${version_file}" COMPATIBILITY SameMinorVersion)
install(EXPORT sockbox NAMESPACE sockbox:: FILE sockbox-targets.cmake
    DESTINATION "${library_dir}/cmake/sockbox" COMPONENT libsockbox-dev)
install(FILES sockbox-config.cmake "${version_file}"
    DESTINATION "${library_dir}/cmake/sockbox" COMPONENT libsockbox-dev)

list(JOIN libraries " " libraries)
file(RELATIVE_PATH to_headers
    "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file(sockbox.pc.in sockbox.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sockbox.pc"
    DESTINATION "${library_dir}/pkgconfig" COMPONENT libsockbox-dev)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples/library"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}/examples" COMPONENT libsockbox-dev)

# cmake --build … --target reference: the API reference of the same headers, in reference/html. Fails if
# a public name has no comment.
list(TRANSFORM headers PREPEND "\"${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE reference_input)
list(TRANSFORM reference_input APPEND "\"")
list(APPEND reference_input "\"${CMAKE_CURRENT_SOURCE_DIR}/reference.dox\"")
list(JOIN reference_input " " reference_input)
configure_file(Doxyfile.in Doxyfile @ONLY)
add_custom_target(reference COMMAND doxygen "${CMAKE_CURRENT_BINARY_DIR}/Doxyfile" VERBATIM)
