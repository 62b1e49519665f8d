// Parses and disassembles classic BPF programs.
#include "option/packet_filter.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "option/codec.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using Instruction = FilterInstruction;

// Linux extension: loads from this address on return metadata of the packet (SKF_AD_OFF).
constexpr std::uint32_t facts_begin = 0xfffff000;
constexpr std::array<std::string_view, 16> packet_facts{
    "proto",  "type", "ifidx",    "nla",        "nlan",       "mark", "queue",     "hatype",
    "rxhash", "cpu",  "vlan_tci", "vlan_avail", "pay_offset", "rand", "vlan_tpid", "alu_xor"};

std::string load_source(const Instruction& instruction) {
    const std::uint32_t k = instruction.operand;
    switch (instruction.code & 0xe0) {
        case 0x00: return fmt::format("#0x{:x}", k);
        case 0x20:
            if (k >= facts_begin && (k - facts_begin) % 4 == 0 &&
                (k - facts_begin) / 4 < packet_facts.size())
                return fmt::format("#{}", packet_facts[(k - facts_begin) / 4]);
            return fmt::format("[{}]", k);
        case 0x40: return fmt::format("[x + {}]", k);
        case 0x60: return fmt::format("M[{}]", k);
        case 0x80: return "#pktlen";
        case 0xa0: return fmt::format("4*([{}]&0xf)", k);
        default: return {};
    }
}

std::string load(const Instruction& instruction, std::string_view into) {
    constexpr std::array<std::string_view, 4> sizes{"", "h", "b", {}};
    const std::size_t size = instruction.code >> 3 & 3;
    const std::string source = load_source(instruction);
    if (size == 3 || source.empty())
        return {};
    // Only loads from the packet have a size suffix.
    const bool from_packet = (instruction.code & 0xe0) == 0x20 || (instruction.code & 0xe0) == 0x40;
    const bool header_length = (instruction.code & 0xe0) == 0xa0;
    return fmt::format("{}{} {}", into, from_packet || header_length ? sizes[size] : "", source);
}

std::string second_operand(const Instruction& instruction) {
    return (instruction.code & 8) != 0 ? "x" : fmt::format("#0x{:x}", instruction.operand);
}

std::string arithmetic(const Instruction& instruction) {
    constexpr std::array<std::string_view, 11> names{"add", "sub", "mul", "div", "or", "and",
                                                     "lsh", "rsh", "neg", "mod", "xor"};
    const std::size_t index = instruction.code >> 4 & 0xf;
    if (index >= names.size())
        return {};
    if (names[index] == "neg")
        return "neg";
    return fmt::format("{} {}", names[index], second_operand(instruction));
}

std::string jump(const Instruction& instruction, std::size_t at) {
    constexpr std::array<std::string_view, 5> names{"ja", "jeq", "jgt", "jge", "jset"};
    const std::size_t index = instruction.code >> 4 & 0xf;
    if (index >= names.size())
        return {};
    if (index == 0)
        return fmt::format("ja {}", at + 1 + instruction.operand);
    return fmt::format("{} {} jt {} jf {}", names[index], second_operand(instruction),
                       at + 1 + instruction.jump_true, at + 1 + instruction.jump_false);
}

std::string result(const Instruction& instruction) {
    switch (instruction.code & 0x18) {
        case 0x00: return fmt::format("ret #{}", instruction.operand);
        case 0x08: return "ret x";
        case 0x10: return "ret a";
        default: return {};
    }
}

std::string to_text(const Instruction& instruction, std::size_t at) {
    switch (instruction.code & 7) {
        case 0: return load(instruction, "ld");
        case 1: return load(instruction, "ldx");
        case 2: return fmt::format("st M[{}]", instruction.operand);
        case 3: return fmt::format("stx M[{}]", instruction.operand);
        case 4: return arithmetic(instruction);
        case 5: return jump(instruction, at);
        case 6: return result(instruction);
        default: return (instruction.code & 0xf8) == 0x80 ? "txa" : "tax";
    }
}

tl::unexpected<Error> no_program(std::string_view text) {
    return fail_text(
        fmt::format("'{}' is not a packet filter: expected none, the output of 'tcpdump -ddd' with "
                    "commas for line ends, or its bytes as 0x…",
                    escape(text.substr(0, 64))));
}

// "48 0 0 0".
std::optional<Instruction> parse_instruction(std::string_view text) {
    const auto words = split(text, " ");
    if (words.size() != 4)
        return std::nullopt;
    const auto code = parse_integer(words[0], 0, UINT16_MAX);
    const auto jump_true = parse_integer(words[1], 0, UINT8_MAX);
    const auto jump_false = parse_integer(words[2], 0, UINT8_MAX);
    const auto operand = parse_integer(words[3], 0, UINT32_MAX);
    if (!code || !jump_true || !jump_false || !operand)
        return std::nullopt;
    return Instruction{static_cast<std::uint16_t>(*code), static_cast<std::uint8_t>(*jump_true),
                       static_cast<std::uint8_t>(*jump_false),
                       static_cast<std::uint32_t>(*operand)};
}

}  // namespace

std::vector<std::string> disassemble(std::span<const std::byte> program) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; (at + 1) * sizeof(Instruction) <= program.size(); ++at) {
        const auto instruction =
            from_bytes<Instruction>(program.subspan(at * sizeof(Instruction), sizeof(Instruction)));
        std::string words = to_text(instruction, at);
        if (words.empty())
            words = fmt::format(".word 0x{:x} {} {} 0x{:x}", instruction.code,
                                instruction.jump_true, instruction.jump_false, instruction.operand);
        lines.push_back(std::move(words));
    }
    return lines;
}

Result<Bytes> parse_filter(std::string_view text) {
    if (equal_ignoring_case(text, "none"))
        return Bytes();
    if (text.starts_with("0x") || text.starts_with("0X")) {
        auto bytes = parse_hex(text);
        const bool whole = bytes && !bytes->empty() && bytes->size() % sizeof(Instruction) == 0 &&
                           bytes->size() / sizeof(Instruction) <= longest_filter;
        return whole ? std::move(bytes) : no_program(text);
    }
    const std::string_view listed = text.ends_with(',') ? text.substr(0, text.size() - 1) : text;
    const auto parts = split(listed, ",");
    const auto count = parse_integer(parts.empty() ? text : parts[0], 1, longest_filter);
    if (!count || parts.size() != static_cast<std::size_t>(*count) + 1)
        return no_program(text);
    Bytes program;
    for (const std::string_view part : std::span(parts).subspan(1)) {
        const auto instruction = parse_instruction(part);
        if (!instruction)
            return no_program(text);
        const Bytes bytes = to_bytes(*instruction);
        program.insert(program.end(), bytes.begin(), bytes.end());
    }
    return program;
}

}  // namespace sockbox::net
