// Classic BPF: the packet filters that SO_ATTACH_FILTER puts on a socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "option/value.h"
#include "system/result.h"

namespace sockbox::net {

// One instruction as struct sock_filter has it, in host order
// (Documentation/networking/filter.rst).
struct FilterInstruction {
    std::uint16_t code;
    std::uint8_t jump_true;
    std::uint8_t jump_false;
    std::uint32_t operand;
};
static_assert(sizeof(FilterInstruction) == 8);

// The longest program that Linux takes (BPF_MAXINSNS).
inline constexpr std::size_t longest_filter = 4096;

// The instructions, each as `tcpdump -d` writes it: "ldh [12]", "jeq #0x800 jt 2 jf 5". What is no
// instruction stands as ".word" with its numbers.
std::vector<std::string> disassemble(std::span<const std::byte> program);

// A program as `tcpdump -ddd` prints it with commas for line ends ("2,48 0 0 0,6 0 0 0"), or its
// bytes as 0x…; "none" is no program. Fails where it is neither, or too long.
Result<Bytes> parse_filter(std::string_view text);

}  // namespace sockbox::net
