// The BPF programs that look at the sockets among descriptors, and running them.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "net/kernel_layout.h"
#include "net/result.h"
#include "net/socket.h"

namespace sockbox::net {

using DescriptorProgram = std::vector<bpf_insn>;

// What the first program writes for each socket of a process, ascending.
struct ListedDescriptor {
    std::uint64_t descriptor;
    std::uint64_t inode;
};
// Passes over all descriptors up to `last`.
DescriptorProgram list_sockets_behind(int last, const KernelLayout& layout);

// What the second writes for each TCP socket, before its image.
struct ImageHead {
    std::uint64_t descriptor;
};
// `room` is a map of one value that holds all of that.
DescriptorProgram copy_tcp_sockets(int room, const KernelLayout& layout);

// The program ready to be run over a thread's descriptors any number of times; it holds what it
// needs. A process's number is that of its first thread. Fails before Linux 6.1, which brought the
// choice of a thread.
Result<Socket> attach(const DescriptorProgram& program, const KernelLayout& layout, int thread);

// One run of it.
class DescriptorRun {
  public:
    static Result<DescriptorRun> start(const Socket& attached);

    // What it writes next: none at the end.
    Result<std::size_t> read(std::span<std::byte> buffer) const;

    // What the kernel hands over at once, at most.
    static constexpr std::size_t most_at_once = 32 * 1024;

  private:
    explicit DescriptorRun(Socket handle) noexcept : handle_(std::move(handle)) {}
    Socket handle_;
};

}  // namespace sockbox::net
