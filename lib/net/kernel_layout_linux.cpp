// The layout, from the kernel's BTF.
#include "net/kernel_layout.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>

#include "net/kernel_types_linux.h"
#include "net/option_members_linux.h"
#include "net/option_table.h"
#include "net/socket.h"
#include "net/text.h"
#include "net/units.h"

namespace sockbox::net {
namespace {

// What libbpf would tell on standard error.
int no_words(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/) {
    return 0;
}

// Of a program that lacks all it needs the right to load it is looked at first.
bool may_run_programs() {
    const bpf_insn none{};
    bpf_prog_load_opts options{};
    options.sz = sizeof options;
    const Socket program(
        ::bpf_prog_load(BPF_PROG_TYPE_TRACING, "sockbox_may", "GPL", &none, 1, &options));
    return program.valid() || errno == EINVAL;
}

// Of several names, the first that this kernel has: "old|new".
std::optional<MemoryPart> first_of(KernelTypes& types, std::string_view names,
                                   std::size_t tcp_size) {
    for (const std::string_view name : split(names, "|"))
        if (auto part = types.member(name)) {
            if (name.starts_with("ipv6_pinfo."))
                part->offset = static_cast<std::uint16_t>(part->offset + tcp_size);
            return part;
        }
    return std::nullopt;
}

// As option_members has them.
std::string_view members_of(const OptionRow& row) {
    const auto* const found =
        std::find_if(option_members.begin(), option_members.end(),
                     [&](const OptionMembers& members) { return members.option == row.name; });
    return found != option_members.end() ? found->members : std::string_view();
}

// To some bits, counted from the first that is the member's. Where the first is that of the highest
// value, they stay all.
void narrow(MemoryPart& part, std::int64_t bits) {
    if (part.size == 1 && std::endian::native == std::endian::little)
        part.mask &= static_cast<std::uint8_t>(bits << std::countr_zero(part.mask));
}

// Empty where the kernel lacks one of the members.
OptionPlace place_in(KernelTypes& types, std::string_view members, std::size_t tcp_size) {
    OptionPlace place;
    for (const std::string_view member : split(members, " ")) {
        const std::size_t end = member.find('&');
        auto part = first_of(types, member.substr(0, end), tcp_size);
        if (!part)
            return {};
        if (end != member.npos)
            narrow(*part, parse_integer(member.substr(end + 1), 1, UINT8_MAX).value());
        place.push_back(*part);
    }
    return place;
}

std::optional<KernelLayout::Structures> structures_in(KernelTypes& types) {
    const auto iterator = types.function("bpf_iter_task_file");
    const auto inode = types.member("file.f_inode");
    const auto number = types.member("inode.i_ino");
    const auto sock = types.member("socket.sk");
    const auto family = types.member("sock_common.skc_family");
    const auto type = types.member("sock.sk_type");
    const auto protocol = types.member("sock.sk_protocol");
    const auto ipv6 = types.member("inet_sock.pinet6");
    const auto tcp_size = types.size_of("tcp_sock");
    const auto ipv6_size = types.size_of("ipv6_pinfo");
    if (!iterator || !inode || !number || !sock || !family || !type || !protocol || !ipv6 ||
        !tcp_size || !ipv6_size)
        return std::nullopt;
    // What the programs load.
    if (number->size != 8 || family->size != 2 || type->size != 2 || protocol->size != 2)
        return std::nullopt;
    return KernelLayout::Structures{*iterator,      inode->offset, number->offset,   sock->offset,
                                    family->offset, type->offset,  protocol->offset, ipv6->offset,
                                    *tcp_size,      *ipv6_size};
}

}  // namespace

const KernelLayout* KernelLayout::of_this_kernel() {
    static const std::optional<KernelLayout> layout = [] {
        try {
            return find_out();
        } catch (const std::bad_alloc&) {
            return std::optional<KernelLayout>();
        }
    }();
    return layout ? &*layout : nullptr;
}

std::optional<KernelLayout> KernelLayout::find_out() {
    ::libbpf_set_print(no_words);
    if (!may_run_programs())
        return std::nullopt;
    auto types = KernelTypes::load();
    const auto structures = types ? structures_in(*types) : std::nullopt;
    if (!structures)
        return std::nullopt;
    KernelLayout layout;
    layout.structures_ = *structures;
    for (const OptionRow& row : all_options())
        if (auto place = place_in(*types, members_of(row), structures->tcp_size); !place.empty())
            layout.places_.emplace(&row, std::move(place));
    return layout;
}

const OptionPlace* KernelLayout::place_of(const OptionRow& row) const noexcept {
    const auto found = places_.find(&row);
    return found != places_.end() ? &found->second : nullptr;
}

}  // namespace sockbox::net
