# sockbox_install_link(TARGET LINK) installs the symbolic link LINK, relative to the prefix, and adds it
# to install_manifest.txt.
function(sockbox_install_link target link)
    get_filename_component(folder "${link}" DIRECTORY)
    install(CODE "
        set(prefix \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
        file(MAKE_DIRECTORY \"\${prefix}/${folder}\")
        file(CREATE_LINK \"${target}\" \"\${prefix}/${link}\" SYMBOLIC)
        list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${CMAKE_INSTALL_PREFIX}/${link}\")")
endfunction()
