// Hints: what users can do about a failure, in one table.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace sockbox::net {

// The failures that commands print a hint about.
enum class Hint : unsigned char {
    none,  // for rows that only explain a failure
    // names
    try_again_later,
    servers_cannot_answer,
    no_address_of_this_kind,
    numeric_family,
    family_requested,
    numeric_only,
    encode_name,
    locale_for_names,
    unknown_service,
    unknown_protocol,
    // addresses and ports
    no_zone,
    port_in_use,
    source_port_in_use,
    covered_address,
    privileged_port,
    not_an_own_address,
    broadcast_address,
    other_address,
    other_family,
    longest_datagram,
    beyond_path_mtu,
    load_needs_tcp,
    // permissions and limits
    only_root,
    raw_socket,
    privileged_option,
    foreign_process,
    restricted_by_yama,
    open_key_file,
    raise_limit,
    allowed_algorithms,
    descriptors,
    tasks,
    no_lookup_made,
    no_io_uring,
    io_uring_disabled,
    locked_memory,
    old_kernel,
};

// A failure as users see it, and the advice about it.
struct HintRow {
    Hint hint;
    std::string_view failure;  // what failed, and the symbol or the words of the message
    std::string_view text;     // with "..." in place of what is known only when it happens
    std::string_view more{};   // what the commands do not print
};

// Failures of one kind.
struct HintGroup {
    std::string_view title;
    std::span<const HintRow> rows;
};

// All failures that are explained, in the order in which `sockbox help diagnostics` prints them.
std::span<const HintGroup> hint_groups() noexcept;

// The text of a hint, with the values in place of each "...", in their order. Empty for Hint::none.
//
//     error.hint = hint(Hint::no_zone, {endpoint.address()});
std::string hint(Hint which, std::initializer_list<std::string_view> values = {});

}  // namespace sockbox::net
