# Run by cpack between installing and packing: turns the installed files into those of Debian packages.
set(usr "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/sockbox/usr")
set(library_usr "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/libsockbox-dev/usr")

# Debian's zsh searches the completions of packages there.
file(MAKE_DIRECTORY "${usr}/share/zsh/vendor-completions")
file(RENAME "${usr}/share/zsh/site-functions/_sockbox"
    "${usr}/share/zsh/vendor-completions/_sockbox")
file(REMOVE_RECURSE "${usr}/share/zsh/site-functions")

# Policy, sections 12.1 and 12.7: pages and changelogs are compressed.
set(doc "${usr}/share/doc/sockbox")
file(RENAME "${doc}/CHANGELOG.md" "${doc}/NEWS.md")
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
function(write_changelog file changes)
    file(WRITE "${file}" "\
sockbox (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * ${changes}

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
endfunction()
write_changelog("${doc}/changelog" "Changes are listed in NEWS.md.")
file(GLOB pages "${usr}/share/man/man1/*.1" "${usr}/share/man/man7/*.7")

# Policy, sections 12.3 and 12.5: documents are below the package's own name.
set(library_doc "${library_usr}/share/doc/libsockbox-dev")
file(COPY "${doc}/copyright" DESTINATION "${library_doc}")
file(RENAME "${library_usr}/share/doc/sockbox/examples" "${library_doc}/examples")
file(REMOVE_RECURSE "${library_usr}/share/doc/sockbox")
write_changelog("${library_doc}/changelog" "Changes are listed in NEWS.md of sockbox.")

execute_process(COMMAND gzip -9n ${pages} "${doc}/changelog" "${library_doc}/changelog"
    COMMAND_ERROR_IS_FATAL ANY)

# Policy, section 10.2: static libraries without debug symbols.
file(GLOB archives "${library_usr}/lib/*.a" "${library_usr}/lib/*/*.a")
execute_process(COMMAND "${CPACK_SOCKBOX_STRIP}" --strip-debug --remove-section=.comment
    --remove-section=.note --enable-deterministic-archives ${archives} COMMAND_ERROR_IS_FATAL ANY)
