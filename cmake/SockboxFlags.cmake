# All compiler and linker flags, set on sockbox_flags, which every other target links.
add_library(sockbox_flags INTERFACE)
target_compile_features(sockbox_flags INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_SKIP_RPATH ON)

set(SOCKBOX_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

target_compile_options(sockbox_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
    -Wold-style-cast -Wcast-qual -Woverloaded-virtual -Werror)

# g++ 12 falsely reports overlapping copies in the optimized operator+ of std::string (GCC bug
# 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(sockbox_flags INTERFACE -Wno-restrict)
endif()

if(SOCKBOX_SANITIZE)
    # For all targets, including GoogleTest: a sanitizer reports false errors if it does not see
    # every write to memory.
    add_compile_options(
        -fsanitize=${SOCKBOX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SOCKBOX_SANITIZE})
    # With a sanitizer, g++ warns about its own <regex>.
    target_compile_options(sockbox_flags INTERFACE
        $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
else()
    # Hardening. _FORTIFY_SOURCE requires an optimized build and conflicts with sanitizers.
    target_compile_options(sockbox_flags INTERFACE -fstack-protector-strong
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    # Loading a shared libstdc++ would take half the time of a command that runs for a millisecond.
    # A target with the property SOCKBOX_STATIC loads no library at all.
    set(is_static $<BOOL:$<TARGET_PROPERTY:SOCKBOX_STATIC>>)
    target_link_options(sockbox_flags INTERFACE
        $<IF:${is_static},-static-pie,-static-libstdc++$<SEMICOLON>-static-libgcc>)
endif()

# Whether files compiled with -flto are optimized as one when a target with the property
# SOCKBOX_OPTIMIZE_AS_ONE is linked; other targets link them as usual.
set(SOCKBOX_HAS_LTO OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT WIN32
        AND NOT SOCKBOX_SANITIZE)
    set(SOCKBOX_HAS_LTO ON)
    target_link_options(sockbox_flags INTERFACE
        $<IF:$<BOOL:$<TARGET_PROPERTY:SOCKBOX_OPTIMIZE_AS_ONE>>,-flto=auto,-fno-lto>)
endif()

if(SOCKBOX_FUZZ)
    target_compile_options(sockbox_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(sockbox_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Flags for the tests in addition to sockbox_flags. Tests are never optimized: they run for
# milliseconds, but optimizing them doubles the time to compile them.
add_library(sockbox_test_flags INTERFACE)
target_compile_options(sockbox_test_flags INTERFACE -O0 -U_FORTIFY_SOURCE)

if(WIN32)
    target_compile_definitions(sockbox_flags INTERFACE
        _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX NOGDI)
    # Static linking, so that a program is a single file without DLLs. The compiler flag adds
    # libssp, which the hardening flags require.
    target_link_options(sockbox_flags INTERFACE -static -fstack-protector-strong)
else()
    find_package(Threads REQUIRED)
    target_link_libraries(sockbox_flags INTERFACE Threads::Threads)
    set(is_executable $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
    set(is_static $<BOOL:$<TARGET_PROPERTY:SOCKBOX_STATIC>>)
    target_link_options(sockbox_flags INTERFACE -Wl,--as-needed
        $<$<AND:${is_executable},$<NOT:${is_static}>>:-pie> -Wl,-z,relro -Wl,-z,now
        -Wl,-z,noexecstack)
    if(NOT SOCKBOX_SANITIZE AND NOT SOCKBOX_FUZZ)
        # --gc-sections leaves out what nothing refers to: of libstdc++, more than half a MiB.
        # Packed relocations take a tenth of the memory of others, and glibc 2.36.
        # A linker that does not have them for this processor only warns.
        include(CheckLinkerFlag)
        check_linker_flag(CXX -Wl,--fatal-warnings,-z,pack-relative-relocs
            SOCKBOX_HAS_PACKED_RELOCATIONS)
        target_link_options(sockbox_flags INTERFACE -Wl,--gc-sections
            $<$<BOOL:${SOCKBOX_HAS_PACKED_RELOCATIONS}>:-Wl,-z,pack-relative-relocs>)
    endif()
endif()
