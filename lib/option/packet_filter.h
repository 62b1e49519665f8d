// Classic BPF programs: the packet filters that SO_ATTACH_FILTER attaches to a socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "option/value.h"
#include "system/result.h"

namespace sockbox::net {

// One instruction, with the layout of struct sock_filter, in host byte order
// (Documentation/networking/filter.rst in the kernel).
struct FilterInstruction {
    std::uint16_t code;       // the operation
    std::uint8_t jump_true;   // instructions to skip if the comparison holds
    std::uint8_t jump_false;  // instructions to skip otherwise
    std::uint32_t operand;    // the constant that it uses, "k"
};
static_assert(sizeof(FilterInstruction) == 8);

// The maximum number of instructions that Linux accepts (BPF_MAXINSNS).
inline constexpr std::size_t longest_filter = 4096;

// Disassembles a program, one string for each instruction, as `tcpdump -d` prints them: "ldh [12]",
// "jeq #0x800 jt 2 jf 5". An invalid instruction becomes ".word" with its numbers.
std::vector<std::string> disassemble(std::span<const std::byte> program);

// Parses a program: the output of `tcpdump -ddd` with commas in place of line ends, such as
// "2,48 0 0 0,6 0 0 0", the bytes in hexadecimal after 0x, or "none" for an empty program. Fails on
// anything else, and if there are more than longest_filter instructions.
Result<Bytes> parse_filter(std::string_view text);

}  // namespace sockbox::net
