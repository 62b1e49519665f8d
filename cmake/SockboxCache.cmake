# ccache, if it is installed.
find_program(SOCKBOX_CCACHE ccache)
if(SOCKBOX_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    # The presets set its variables, so that one cache serves every clone.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${SOCKBOX_CCACHE}")
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>) # ccache(1), PRECOMPILED HEADERS
endif()
