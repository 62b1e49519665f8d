// How the running kernel lays out its sockets in memory: what BPF programs of ours need to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "net/option_row.h"

namespace sockbox::net {

// Some bytes of a structure; of each the bits of the mask.
struct MemoryPart {
    std::uint16_t offset = 0;
    std::uint16_t size = 0;
    std::uint8_t mask = 0xff;
};
// Where the value of an option comes from, in an image as SocketImages takes it.
using OptionPlace = std::vector<MemoryPart>;

// As many sockets take as long by system calls as it takes to find out the layout.
inline constexpr std::size_t worth_a_layout = 512;

class KernelLayout {
  public:
    // The first call takes some 15 ms. Null where this process may not run such programs (CAP_BPF
    // and CAP_PERFMON), where the kernel does not tell (CONFIG_DEBUG_INFO_BTF) or has other
    // structures than those that are known, where memory lacks, and elsewhere than on Linux. From
    // any thread.
    static const KernelLayout* of_this_kernel();

    // Null where the option has to be asked for.
    const OptionPlace* place_of(const OptionRow& row) const noexcept;

    // Offsets and sizes are in bytes.
    struct Structures {
        std::uint32_t iterator = 0;  // the number of bpf_iter_task_file among the kernel's types
        std::size_t file_inode = 0;
        std::size_t inode_number = 0;
        std::size_t socket_sock = 0;
        std::size_t sock_family = 0;
        std::size_t sock_type = 0;
        std::size_t sock_protocol = 0;
        std::size_t sock_ipv6 = 0;
        std::size_t tcp_size = 0;   // an image begins with struct tcp_sock
        std::size_t ipv6_size = 0;  // and goes on with struct ipv6_pinfo, of an IPv6 socket
    };
    const Structures& structures() const noexcept { return structures_; }
    std::size_t image_size() const noexcept { return structures_.tcp_size + structures_.ipv6_size; }

  private:
    static std::optional<KernelLayout> find_out();

    Structures structures_;
    std::map<const OptionRow*, OptionPlace> places_;
};

}  // namespace sockbox::net
