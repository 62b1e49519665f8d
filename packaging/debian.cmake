# Run by cpack between installing and packing: turns the installed files into those of a Debian package.
set(usr "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr")

# Debian's zsh searches the completions of packages there.
file(MAKE_DIRECTORY "${usr}/share/zsh/vendor-completions")
file(RENAME "${usr}/share/zsh/site-functions/_sockbox"
    "${usr}/share/zsh/vendor-completions/_sockbox")
file(REMOVE_RECURSE "${usr}/share/zsh/site-functions")

# Policy, sections 12.1 and 12.7: pages and changelogs are compressed.
set(doc "${usr}/share/doc/sockbox")
file(RENAME "${doc}/CHANGELOG.md" "${doc}/NEWS.md")
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${doc}/changelog" "\
sockbox (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Changes are listed in NEWS.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
file(GLOB pages "${usr}/share/man/man1/*.1" "${usr}/share/man/man7/*.7")
execute_process(COMMAND gzip -9n ${pages} "${doc}/changelog" COMMAND_ERROR_IS_FATAL ANY)
