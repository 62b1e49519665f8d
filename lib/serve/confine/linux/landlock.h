// landlock(7) by its system calls, because Debian's headers are older than the kernels it runs on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "system/result.h"

namespace sockbox::serve {

// Access rights to files, one bit each, as in landlock(7).
enum class FileRight : std::uint8_t {
    execute = 0,
    write_file = 1,
    remove_dir = 4,
    remove_file = 5,
    make_char = 6,
    make_dir = 7,
    make_reg = 8,
    make_sock = 9,
    make_fifo = 10,
    make_block = 11,
    make_sym = 12,
    refer = 13,     // since ABI version 2
    truncate = 14,  // since ABI version 3
};
std::uint64_t rights(std::initializer_list<FileRight> some) noexcept;

// What to deny from now on, to the calling thread and what it starts later.
struct LandlockRules {
    std::uint64_t denied_files = 0;  // rights; those that the kernel does not know are left out
    std::uint64_t denied_network = 0;
    std::uint64_t scoped = 0;

    // Rights to a file, or to everything below a directory, that are granted nevertheless. A path
    // that cannot be opened grants nothing.
    struct Exception {
        std::filesystem::path path;
        std::uint64_t granted;
    };
    std::vector<Exception> exceptions{};
};

inline constexpr std::uint64_t all_files = ~std::uint64_t{0};
inline constexpr std::uint64_t bind_and_connect_tcp = 0b11;          // since ABI version 4
inline constexpr std::uint64_t abstract_sockets_and_signals = 0b11;  // since ABI version 6

// Applies as much of it as this kernel supports. Fails if it does not support Landlock at all.
net::Status enter_landlock(const LandlockRules& rules);

}  // namespace sockbox::serve
