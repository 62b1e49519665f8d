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

# sockbox_install_headers(COMPONENT HEADER…) installs headers of lib/ below sockbox/ in the folder of
# headers, and has them include each other from there: "net/route.h" becomes "sockbox/net/route.h",
# which cannot be mistaken for a header of the system.
function(sockbox_install_headers component)
    install(CODE "
        foreach(header IN ITEMS ${ARGN})
            file(READ \"${CMAKE_CURRENT_SOURCE_DIR}/\${header}\" text)
            string(REPLACE \"#include \\\"\" \"#include \\\"sockbox/\" text \"\${text}\")
            set(installed
                \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}/sockbox/\${header}\")
            file(WRITE \"\$ENV{DESTDIR}\${installed}\" \"\${text}\")
            file(CHMOD \"\$ENV{DESTDIR}\${installed}\"
                PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
            list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${installed}\")
        endforeach()" COMPONENT ${component})
endfunction()
