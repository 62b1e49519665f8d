// BTF, over libbpf.
#include "net/kernel_types_linux.h"

#include <bpf/btf.h>

#include <bit>
#include <span>

namespace sockbox::net {
namespace {

// A bit field within a byte has the others of it masked; the bits of a larger one are not told
// apart from their neighbours.
MemoryPart part_at(std::size_t first_bit, std::size_t bits) {
    const std::size_t first = first_bit / 8;
    const std::size_t size = (first_bit + bits + 7) / 8 - first;
    MemoryPart part{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(size), 0xff};
    if (size == 1 && std::endian::native == std::endian::little)
        part.mask = static_cast<std::uint8_t>(((1U << bits) - 1) << first_bit % 8);
    return part;
}

}  // namespace

void KernelTypes::Free::operator()(btf* types) const noexcept {
    ::btf__free(types);
}

Result<KernelTypes> KernelTypes::load() {
    btf* types = ::btf__load_vmlinux_btf();
    if (types == nullptr)
        return fail_last("read", "the kernel's types");
    return KernelTypes(types);
}

std::optional<std::uint32_t> KernelTypes::find(const std::string& name, std::uint32_t kind) const {
    const int found = ::btf__find_by_name_kind(types_.get(), name.c_str(), kind);
    return found > 0 ? std::optional(static_cast<std::uint32_t>(found)) : std::nullopt;
}

// There are a hundred thousand types, and a few structures that everybody asks for.
std::optional<std::uint32_t> KernelTypes::structure(const std::string& name) {
    const auto known = structures_.find(name);
    if (known != structures_.end())
        return known->second;
    return structures_[name] = find(name, BTF_KIND_STRUCT);
}

std::optional<std::size_t> KernelTypes::size_of(const std::string& structure_name) {
    const auto found = structure(structure_name);
    return found ? std::optional<std::size_t>(::btf__type_by_id(types_.get(), *found)->size)
                 : std::nullopt;
}

std::optional<std::uint32_t> KernelTypes::function(const std::string& name) const {
    return find(name, BTF_KIND_FUNC);
}

std::optional<MemoryPart> KernelTypes::member(std::string_view path) {
    const std::size_t dot = path.find('.');
    const auto outermost = structure(std::string(path.substr(0, dot)));
    return outermost && dot != path.npos ? member_of(*outermost, path.substr(dot + 1), 0)
                                         : std::nullopt;
}

std::optional<MemoryPart> KernelTypes::member_of(std::uint32_t structure, std::string_view path,
                                                 std::size_t bits_before) const {
    const btf_type* type = ::btf__type_by_id(types_.get(), structure);
    const std::string_view name = path.substr(0, path.find('.'));
    const std::span members(::btf_members(type), ::btf_vlen(type));
    for (std::size_t i = 0; i < members.size(); ++i) {
        const std::string_view here = ::btf__name_by_offset(types_.get(), members[i].name_off);
        const std::size_t first =
            bits_before + ::btf_member_bit_offset(type, static_cast<std::uint32_t>(i));
        if (here.empty() && ::btf_is_composite(::btf__type_by_id(types_.get(), members[i].type))) {
            if (const auto within = member_of(members[i].type, path, first))
                return within;
        }
        if (here != name)
            continue;
        if (name.size() < path.size())
            return member_of(members[i].type, path.substr(name.size() + 1), first);
        const std::uint32_t field = ::btf_member_bitfield_size(type, static_cast<std::uint32_t>(i));
        const auto bytes = ::btf__resolve_size(types_.get(), members[i].type);
        if (bytes <= 0)
            return std::nullopt;
        return part_at(first, field != 0 ? field : static_cast<std::size_t>(bytes) * 8);
    }
    return std::nullopt;
}

}  // namespace sockbox::net
