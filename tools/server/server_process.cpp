// The addresses of a server, and the steps between opening its sockets and serving.
#include "tools/server/server_process.h"

#include <algorithm>

#include "net/interfaces.h"
#include "net/resolver.h"
#include "option/grant.h"
#include "text/text.h"

namespace sockbox::tools {

std::string mistake_in_bind(std::vector<std::string>& hosts) {
    for (std::string& host : hosts) {
        const auto checked = net::check_host(host);
        if (!checked)
            return "--bind: " + checked.error().message();
        host = *checked;
        const auto numeric = net::Endpoint::parse(host);
        if (numeric && !net::zone_hint(*numeric).empty())
            return fmt::format("--bind: '{}': {}", net::escape(host), net::zone_hint(*numeric));
    }
    return {};
}

net::Result<std::vector<std::vector<net::Endpoint>>> resolve_hosts(
    const FailureOutput& failures, const std::vector<std::string>& hosts, net::Family family,
    net::Transport transport) {
    std::vector<std::vector<net::Endpoint>> resolved;
    for (const std::string& host : hosts) {
        auto found = resolve_to_bind(failures, host, family, transport);
        if (!found)
            return net::fail(found.error());
        for (net::Endpoint& address : *found)
            address = address.unmapped();
        std::erase_if(*found, [&resolved](const net::Endpoint& address) {
            return std::ranges::any_of(resolved, [&address](const auto& others) {
                return std::ranges::find(others, address) != others.end();
            });
        });
        if (!found->empty())
            resolved.push_back(std::move(*found));
    }
    return resolved;
}

net::Result<serve::Listeners> take_or_open_listeners(const serve::ListenPlan& plan,
                                                     std::string_view ignored, const Note& note) {
    auto passed = serve::take_passed_sockets(plan.options.prepare);
    if (!passed)
        return net::fail(passed.error());
    if (!*passed)
        return serve::open_listeners(plan);
    if (!ignored.empty())
        note(fmt::format("the sockets come from LISTEN_FDS: ignoring {}", ignored));
    return std::move(**passed);
}

bool concerns(const net::Setting& setting, net::Socket& socket) {
    const auto type = socket.option(SOL_SOCKET, SO_TYPE);
    if (!type)
        return true;
    const int other = *type == SOCK_STREAM ? IPPROTO_UDP : IPPROTO_TCP;
    return setting.option.level() != other;
}

std::string unserved_setting(const std::vector<net::Setting>& settings, bool tcp, bool udp) {
    for (const net::Setting& setting : settings) {
        const int level = setting.option.level();
        if ((level == IPPROTO_TCP && !tcp) || (level == IPPROTO_UDP && !udp))
            return fmt::format("--set {} applies to {}, which is not served", setting.option.name(),
                               level == IPPROTO_TCP ? "TCP" : "UDP");
    }
    return {};
}

void note_listeners(const std::vector<net::Setting>& settings, serve::Listeners& listeners,
                    const Note& note) {
    for (const net::Error& missing : listeners.left_out)
        note(missing.message() + "; listening on the other addresses of this host");
    for (const net::Setting& setting : settings) {
        std::optional<net::Grant> limited;
        for (auto* sockets : {&listeners.tcp, &listeners.udp})
            if (!limited && !sockets->empty() && concerns(setting, sockets->front()))
                limited = net::limited_grant(sockets->front(), setting);
        if (!limited)
            continue;
        note(limited->reason);
        if (!limited->hint.empty())
            note("hint: " + limited->hint);
    }
}

void ServerProcess::prepare(const std::string& port_file, std::uint16_t port) {
    if (auto notice = serve::StateNotice::open())
        notice_ = std::move(*notice);
    else if (verbose_)
        note_(notice.error().message() + "; no state is reported");
    if (!port_file.empty())
        prepared_ = port_file_.prepare(port_file, port);
}

net::Status ServerProcess::publish(Output& standard) {
    return prepared_ ? port_file_.publish(standard) : prepared_;
}

// The process itself will have no right to.
serve::EndTask ServerProcess::remove_at_end() {
    if (port_file_.removable().empty())
        return {};
    auto task = serve::EndTask::start([this]() -> std::string {
        const auto removed = port_file_.remove();
        return removed ? "" : removed.error().message() + "; " + removed.error().hint;
    });
    if (task)
        return std::move(*task);
    note_(task.error().message() + ": the port file will not be removed");
    return {};
}

net::Status ServerProcess::drop_rights() {
    net::remember_interfaces();
    return confinement_.drop_rights(port_file_.removable(), [this] { removal_ = remove_at_end(); });
}

void ServerProcess::deny_system_calls(std::string_view engine) {
    confinement_.deny_system_calls(engine, verbose_, note_);
}

void ServerProcess::finish() {
    if (const std::string trouble = removal_.finish(); !trouble.empty())
        note_(trouble);
}

}  // namespace sockbox::tools
