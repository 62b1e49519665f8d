# Every flag of the compiler and the linker, on the target sockbox_flags that all others link.
add_library(sockbox_flags INTERFACE)
target_compile_features(sockbox_flags INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_SKIP_RPATH ON)

set(SOCKBOX_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

target_compile_options(sockbox_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
    -Wold-style-cast -Wcast-qual -Woverloaded-virtual -Werror)

# g++ 12 sees copies that overlap in the optimized operator+ of std::string, where none do (GCC's
# bug 105329).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(sockbox_flags INTERFACE -Wno-restrict)
endif()

if(SOCKBOX_SANITIZE)
    # For GoogleTest too: what a sanitizer has not seen written, it takes for a fault when read.
    add_compile_options(
        -fsanitize=${SOCKBOX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SOCKBOX_SANITIZE})
    # What g++ inserts for a sanitizer makes it warn about its own <regex>.
    target_compile_options(sockbox_flags INTERFACE
        $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
else()
    # Hardening; _FORTIFY_SOURCE needs an optimizing build and gets in a sanitizer's way.
    target_compile_options(sockbox_flags INTERFACE -fstack-protector-strong
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    # No libstdc++ to load: a command that runs for a millisecond spends half of it there.
    target_link_options(sockbox_flags INTERFACE -static-libstdc++ -static-libgcc)
endif()

if(SOCKBOX_FUZZ)
    target_compile_options(sockbox_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(sockbox_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For the tests beside sockbox_flags, whatever the build type: they run for milliseconds, but take
# the compiler twice as long when it optimizes them.
add_library(sockbox_test_flags INTERFACE)
if(NOT SOCKBOX_SANITIZE)
    target_compile_options(sockbox_test_flags INTERFACE -O0 -U_FORTIFY_SOURCE)
endif()

if(WIN32)
    target_compile_definitions(sockbox_flags INTERFACE
        _WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX NOGDI)
    # One file to copy, no DLL beside it. libssp, with what the hardening flags call, comes with
    # the flag of the compiler.
    target_link_options(sockbox_flags INTERFACE -static -fstack-protector-strong)
else()
    find_package(Threads REQUIRED)
    target_link_libraries(sockbox_flags INTERFACE Threads::Threads)
    target_link_options(sockbox_flags INTERFACE -Wl,--as-needed
        $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro -Wl,-z,now
        -Wl,-z,noexecstack)
endif()
