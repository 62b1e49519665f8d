// Stubs for what Windows does not have: an error queue, kernel timestamps, a choice of name
// sources, glibc's order of addresses, some datagram options, and a library for HMACs.
#include "net/datagram_notices.h"
#include "net/datagram_options.h"
#include "net/hmac.h"
#include "net/host_encoding.h"
#include "net/name_sources.h"
#include "net/selection/destination_order.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> not_here(std::string_view action) {
    return fail({platform::error_of(std::errc::not_supported),
                 std::string(action),
                 {},
                 "not supported on this platform",
                 {}});
}

}  // namespace

Status enable_icmp_errors(Socket&, Family) {
    return {};
}

bool reports_icmp_senders() noexcept {
    return false;
}

std::optional<Notice> take_notice(Socket&) {
    return std::nullopt;
}

Status enable_timestamps(Socket&, Stamps) {
    return fail(
        {platform::error_of(std::errc::not_supported), "ask for kernel timestamps", {}, {}, {}});
}

void await_timestamps() {}

Status check_name_sources() {
    return {};
}

Result<std::vector<std::string>> name_sources() {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 {},
                 "querying one source of names: not supported on this platform",
                 "Windows has no order of sources to choose from"});
}

Status use_name_source(const std::string& /*source*/) {
    return fail(name_sources().error());
}

void use_all_name_sources() {}

std::vector<std::string> search_domains() {
    return {};
}

Result<OrderContext> order_context() {
    return not_here("explain the order of addresses");
}

Result<std::string> encode_host(const std::string& /*host*/) {
    return not_here("encode a host name");
}

Status set_traffic_class(Socket&, Family, int, int) {
    return not_here("set the DSCP");
}

Status forbid_fragments(Socket&, Family) {
    return not_here("forbid fragments");
}

Result<std::size_t> local_mtu(const Socket&, Family) {
    return not_here("ask for the MTU");
}

std::optional<std::uint32_t> dropped_on_arrival(const Socket&) noexcept {
    return std::nullopt;
}

struct HmacKey::State {};

Result<HmacKey> HmacKey::create(std::span<const std::byte>) {
    return not_here("use a key");
}

Result<HmacKey> HmacKey::read(const std::string&) {
    return not_here("use a key file");
}

Digest HmacKey::digest(std::span<const std::byte>, std::span<const std::byte>) const noexcept {
    return {};
}

}  // namespace sockbox::net
