// The facts of a story that sysctls, ioctls and counters have on Linux.
#include "inspect/story_facts.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include "inspect/process.h"
#include "net/linux/netlink_dump.h"
#include "net/object_bytes.h"
#include "option/codec.h"
#include "option/option.h"
#include "option/tcp_info.h"
#include "system/host.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::optional<std::int64_t> sysctl(std::string_view name) {
    const auto text = read_sysctl(name);
    const auto number = text ? parse_integer(*text, INT64_MIN, INT64_MAX) : fail_text("");
    return number ? std::optional(*number) : std::nullopt;
}

int number(std::string_view name, int otherwise) {
    return static_cast<int>(sysctl(name).value_or(otherwise));
}

// The resolution of the coarse clocks, which each tick advances (clock_getres(2)).
nanoseconds timer_tick() {
    timespec resolution{};
    if (::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) != 0 || resolution.tv_nsec <= 0)
        return milliseconds(1);
    return nanoseconds(resolution.tv_nsec);
}

// A counter in the group TcpExt of /proc/net/netstat, which has a line of names and one of values.
std::optional<std::int64_t> tcp_counter(std::string_view name) {
    std::ifstream file("/proc/thread-self/net/netstat");
    std::string names;
    std::string values;
    while (std::getline(file, names) && std::getline(file, values)) {
        const auto columns = split(names, " ");
        const auto numbers = split(values, " ");
        for (std::size_t i = 1; i < std::min(columns.size(), numbers.size()); ++i)
            if (columns.front() == "TcpExt:" && columns[i] == name)
                if (const auto count = parse_integer(numbers[i], 0, INT64_MAX))
                    return *count;
    }
    return std::nullopt;
}

// The queue of a UNIX listener, which only sock_diag(7) reports: connections that wait in `rqueue`
// and their limit in `wqueue` (sk_diag_show_rqlen()).
Result<unix_diag_rqlen> unix_queue(const Socket& listener) {
    struct {
        nlmsghdr header;
        unix_diag_req body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.sdiag_family = AF_UNIX;
    request.body.udiag_states = ~0U;
    request.body.udiag_ino = static_cast<std::uint32_t>(inode_of(listener));
    request.body.udiag_show = UDIAG_SHOW_RQLEN;
    std::ranges::fill(request.body.udiag_cookie, ~0U);  // INET_DIAG_NOCOOKIE
    auto netlink = Socket::open(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    if (!netlink)
        return fail(netlink.error());
    std::array<std::byte, 1024> reply;
    const Transfer sent = netlink->send(std::as_bytes(std::span(&request, 1)));
    const Transfer got = sent.done() ? netlink->receive(reply) : sent;  // before send(2) returns
    if (!got.done())
        return fail({got.error, "list", "sockets", {}, {}});
    Result<unix_diag_rqlen> queue = fail_text("not reported");
    const auto parsed = DumpReply("sockets").take(
        std::span(reply).first(got.bytes), [&](std::span<const std::byte> body) {
            if (body.size() < sizeof(unix_diag_msg))
                return;
            const auto found =
                find_attribute(body.subspan(NLMSG_ALIGN(sizeof(unix_diag_msg))), UNIX_DIAG_RQLEN);
            if (found.size() >= sizeof(unix_diag_rqlen))
                queue = from_bytes<unix_diag_rqlen>(found);
        });
    return parsed ? queue : fail(parsed.error());
}

}  // namespace

std::int64_t unread_bytes(const Socket& socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket.native(), SIOCINQ, &bytes) == 0 ? bytes : 0;
}

Result<TcpLimits> tcp_limits(const Socket& socket) {
    const auto retries = sysctl("net.ipv4.tcp_retries2");
    if (!retries)
        return fail_text("net.ipv4.tcp_retries2 cannot be read");
    TcpLimits limits;
    limits.tick = timer_tick();
    limits.min_timeout =
        std::chrono::microseconds(read_named<std::int64_t>(socket, "TCP_RTO_MIN_US")
                                      .value_or(number("net.ipv4.tcp_rto_min_us", 200'000)));
    limits.max_timeout = milliseconds(read_named<std::int64_t>(socket, "TCP_RTO_MAX_MS")
                                          .value_or(number("net.ipv4.tcp_rto_max_ms", 120'000)));
    if (const auto us = read_named<std::int64_t>(socket, "TCP_DELACK_MAX_US"))
        limits.max_ack_delay = std::chrono::microseconds(*us);
    limits.retries = static_cast<int>(*retries);
    limits.orphan_retries = number("net.ipv4.tcp_orphan_retries", 0);
    limits.syn_retries =
        static_cast<int>(read_named<std::int64_t>(socket, "TCP_SYNCNT").value_or(6));
    limits.syn_linear_timeouts = number("net.ipv4.tcp_syn_linear_timeouts", 0);  // Linux 6.5
    const int early = number("net.ipv4.tcp_early_retrans", 3);
    limits.loss_probes = early == 3 || early == 4;
    limits.may_retry_linearly =
        read_named<bool>(socket, "TCP_THIN_LINEAR_TIMEOUTS").value_or(false) ||
        number("net.ipv4.tcp_thin_linear_timeouts", 0) != 0;
    const std::int64_t fin_wait = read_named<std::int64_t>(socket, "TCP_LINGER2")
                                      .value_or(number("net.ipv4.tcp_fin_timeout", 60));
    if (fin_wait >= 0)
        limits.fin_wait = std::chrono::seconds(fin_wait);
    return limits;
}

Result<ListenerFacts> listener_facts(const Socket& listener, const SocketKind& kind) {
    ListenerFacts facts;
    if (kind.family == AF_UNIX) {
        const auto queue = unix_queue(listener);
        if (!queue)
            return fail(queue.error());
        facts.accept_queue = queue->udiag_rqueue;
        facts.max_accept_queue = queue->udiag_wqueue;
    } else {
        const auto timers = tcp_timers(listener);
        if (!timers)
            return fail(timers.error());
        facts.accept_queue = timers->accept_queue;
        facts.max_accept_queue = timers->max_accept_queue;
    }
    facts.max_backlog = sysctl("net.core.somaxconn");
    facts.reset_on_overflow = number("net.ipv4.tcp_abort_on_overflow", 0) != 0;
    facts.syn_cookies = number("net.ipv4.tcp_syncookies", 0) != 0;
    facts.max_syn_backlog = number("net.ipv4.tcp_max_syn_backlog", 0);
    facts.overflows = tcp_counter("ListenOverflows");
    facts.drops = tcp_counter("ListenDrops");
    return facts;
}

}  // namespace sockbox::net
