// Options of both servers (access, user, sandbox, faults), and datagram counters as JSON.
#include "tools/server/server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <climits>
#include <cstdlib>
#include <random>

#include "net/resolver.h"
#include "net/signals.h"
#include "text/text.h"
#include "text/units.h"
#include "tools/front/command.h"
#include "tools/front/interrupts.h"
#include "tools/server/line_writer.h"

namespace sockbox::tools {
namespace {

constexpr std::int64_t max_replies = 1'000'000'000;

Take take_network(serve::AccessList& list, void (serve::AccessList::*add)(const serve::Network&)) {
    return [&list, add](std::string_view text) -> net::Status {
        const auto network = serve::Network::parse(text);
        if (!network)
            return net::fail(network.error());
        (list.*add)(*network);
        return {};
    };
}

}  // namespace

void declare_access(Cli& cli, serve::DatagramOptions& options) {
    cli.repeated("--allow", "CIDR", "serve this network and refuse others; repeatable",
                 take_network(options.access, &serve::AccessList::allow))
        .repeated("--deny", "CIDR", "refuse this network; the longest prefix wins",
                  take_network(options.access, &serve::AccessList::deny))
        .rest()
        .option("--udp-rate", "N",
                "UDP replies per second to one address (default 10000; 0: no limit)",
                [&options](std::string_view text) -> net::Status {
                    const auto rate = net::parse_integer(text, 0, max_replies);
                    if (!rate)
                        return net::fail(rate.error());
                    options.replies_per_second = static_cast<std::uint64_t>(*rate);
                    return {};
                })
        .flag("--answer-privileged", "also answer UDP from ports below 1024",
              options.answer_privileged)
        .flag("--answer-own-port", "also answer UDP from the server's own port of other hosts",
              options.answer_own_port);
}

void print_failure(Io io, std::string_view tool, const net::Error& error, bool json) {
    print_error(io, tool, error);
    if (json)
        io.out.print("{}\n", report::event(tool, "result", std::chrono::system_clock::now())
                                 .set("error", to_json(error))
                                 .to_string());
}

net::Result<std::vector<net::Endpoint>> resolve_to_bind(const FailureOutput& failures,
                                                        const std::string& host, net::Family family,
                                                        net::Transport transport) {
    const Io io = failures.io;
    if (!failures.json || net::Endpoint::parse(host))
        return net::resolve_endpoints(host, 0, family, transport);
    auto stop = net::StopSignal::create();
    if (!stop)
        return net::fail(stop.error());
    // The lookup cannot be interrupted.
    const auto end = [&] {
        Output out;
        Output err;
        const std::error_code canceled = net::platform::error_of(std::errc::operation_canceled);
        print_failure({-1, out, err}, failures.tool,
                      {canceled, "resolve", net::escape(host), {}, {}}, true);
        LineWriter lines(io.out, {});
        LineWriter notes(io.err, {});
        lines.write(out.take());
        notes.write(err.take());
        lines.finish(CaughtInterrupts::brief);
        notes.finish(CaughtInterrupts::brief);
        std::_Exit(status_of_interrupt());
    };
    auto found = [&] {
        const CaughtInterrupts interrupts(io, *stop, CaughtInterrupts::brief, end);
        return net::resolve_endpoints(host, 0, family, transport);
    }();
    if (stop->raised())
        end();
    return found;
}

void Confinement::declare(Cli& cli) {
    declare_user(cli);
    cli.rest().flag("--no-sandbox", "keep access to files and all system calls", no_sandbox_);
}

void Confinement::declare_user(Cli& cli) {
    cli.option("--user", "NAME", "switch to this user once the sockets are open",
               take_text(user_name_))
        .completed_by(complete_with(Completion::Kind::users));
}

net::Status Confinement::look_up() {
    if (user_name_.empty())
        return {};
    auto found = serve::find_user(user_name_);
    if (!found)
        return net::fail(found.error());
    user_ = std::move(*found);
    return {};
}

net::Status Confinement::become_user(const std::string& own_file) {
    if (user_ && !own_file.empty())
        if (auto given = serve::change_owner(own_file, *user_); !given)
            return given;
    auto dropped = serve::drop_privileges(user_ ? &*user_ : nullptr);
    if (!dropped && user_)
        return dropped;
    if (user_)
        report_.entered.push_back("user " + user_->name);
    if (dropped)
        report_.entered.emplace_back("no capabilities");
    else
        report_.left_out.push_back(dropped.error().message());
    return {};
}

net::Status Confinement::drop_rights(const std::string& own_file,
                                     const std::function<void()>& before_sandbox) {
    if (user_ || !no_sandbox_)
        if (auto became = become_user(own_file); !became)
            return became;
    before_sandbox();
    if (no_sandbox_)
        report_.not_wanted.emplace_back("--no-sandbox");
    else
        serve::deny_file_access(report_);
    return {};
}

void Confinement::deny_system_calls(std::string_view engine, bool verbose,
                                    const std::function<void(std::string_view)>& print_line) {
    if (!no_sandbox_)
        serve::deny_system_calls(engine, report_);
    if (verbose && !report_.entered.empty())
        print_line(fmt::format("sandbox: {}", fmt::join(report_.entered, ", ")));
    for (const std::string& reason : report_.left_out)
        print_line("sandbox: skipped: " + reason);
    if (verbose)
        for (const std::string& reason : report_.not_wanted)
            print_line("sandbox: skipped: " + reason);
}

void FaultOptions::declare(Cli& cli) {
    cli.repeated("--fault", "SPEC", "cause a fault, such as delay=20ms; repeatable",
                 [this](std::string_view text) { return faults_.add(text); })
        .completed_by(complete_by(serve::Faults::candidates))
        .rest()
        .option("--seed", "N", "repeat the same faults (default: a random seed)",
                take_integer(seed_, 0, INT64_MAX));
}

std::string FaultOptions::mistake(bool tcp, bool udp) const {
    for (const serve::Faults::Spec& spec : faults_.specs)
        if (!(spec.streams && tcp) && !(spec.datagrams && udp))
            return fmt::format("--fault {} applies to {}, which is not served", spec.text,
                               spec.streams ? "TCP" : "UDP");
    return {};
}

std::shared_ptr<const serve::Faults> FaultOptions::plan() const {
    if (faults_.specs.empty())
        return nullptr;
    auto plan = std::make_shared<serve::Faults>(faults_);
    plan->seed = seed_ ? static_cast<std::uint64_t>(*seed_) : std::random_device()();
    plan->began = net::Clock::now();
    return plan;
}

std::string faults_to_text(const serve::Faults* plan, net::Transport transport) {
    if (plan == nullptr || !plan->concern(transport))
        return {};
    return fmt::format(", fault {}, seed {}", plan->to_text(transport), plan->seed);
}

void set_faults(report::Json& line, const serve::Faults* plan, net::Transport transport) {
    if (plan == nullptr || !plan->concern(transport))
        return;
    report::Json faults = report::Json::array();
    for (const serve::Faults::Spec& spec : plan->specs)
        if (transport == net::Transport::tcp ? spec.streams : spec.datagrams)
            faults.push(spec.text);
    line.set("faults", std::move(faults)).set("seed", plan->seed);
}

report::Json set_counts(report::Json into, const serve::DatagramCounters& counters) {
    into.set("received", counters.received.value())
        .set("received_bytes", counters.received_bytes.value())
        .set("answered", counters.answered.value())
        .set("dropped_port", counters.dropped_port.value())
        .set("dropped_own", counters.dropped_own.value())
        .set("dropped_source", counters.dropped_source.value())
        .set("dropped_destination", counters.dropped_destination.value())
        .set("dropped_truncated", counters.dropped_truncated.value())
        .set("dropped_denied", counters.dropped_denied.value())
        .set("dropped_rate", counters.dropped_rate.value())
        .set("dropped_form", counters.dropped_form.value())
        .set("dropped_integrity", counters.dropped_integrity.value())
        .set("dropped_fault", counters.dropped_fault.value())
        .set("unsent", counters.unsent.value())
        .set("overflowed", counters.overflowed.value());
    return into;
}

}  // namespace sockbox::tools
