// The running kernel's own types, as its BTF tells of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/kernel_layout.h"
#include "net/result.h"

struct btf;

namespace sockbox::net {

// Documentation/bpf/btf.rst: what the kernel was built from, so that its memory can be read without
// knowing its version.
class KernelTypes {
  public:
    // Reads /sys/kernel/btf/vmlinux, in some 10 ms. Fails where the kernel was built without it.
    static Result<KernelTypes> load();

    // The bytes of a structure; none where there is no such.
    std::optional<std::size_t> size_of(const std::string& structure_name);

    // Where a member is: "sock.sk_mark"; "inet_connection_sock.icsk_ack.pingpong" is one of a
    // structure within. None where there is no such.
    std::optional<MemoryPart> member(std::string_view path);

    // The number of a function's type; none where there is no such.
    std::optional<std::uint32_t> function(const std::string& name) const;

  private:
    struct Free {
        void operator()(btf* types) const noexcept;
    };

    explicit KernelTypes(btf* types) noexcept : types_(types) {}
    std::optional<std::uint32_t> find(const std::string& name, std::uint32_t kind) const;
    std::optional<std::uint32_t> structure(const std::string& name);
    std::optional<MemoryPart> member_of(std::uint32_t structure, std::string_view path,
                                        std::size_t bits_before) const;

    std::unique_ptr<btf, Free> types_;
    std::map<std::string, std::optional<std::uint32_t>> structures_;  // that were asked for
};

}  // namespace sockbox::net
