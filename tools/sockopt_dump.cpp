// A dump: the plan for a kind of socket, and following it.
#include "tools/sockopt_dump.h"

#include <fmt/format.h>

#include <utility>

#include "net/network_namespace.h"

namespace sockbox::tools {
namespace {

using net::Access;
using net::Option;
using net::OptionRow;
using net::OptionValue;
using net::SocketFacts;
using net::SocketKind;

tl::unexpected<net::Error> not_read(std::string why) {
    return net::fail({{}, {}, {}, std::move(why), {}});
}

// What a dump says of an option without asking the system; empty where it is to be asked.
std::string left_out(const OptionRow& row) {
    if (native_number(row) == net::absent)
        return fmt::format("not on this platform ({} only)", platforms(row));
    if (row.access == Access::write_only)
        return "write-only";
    return row.access == Access::clears_on_read ? "not read: reading clears it" : "";
}

// What nobody set cannot differ from a default: states, counters and clocks.
bool is_setting(const OptionRow& row) {
    return row.access == Access::read_write && row.varies != net::Varies::always;
}

// A new socket of the same kind in the same network namespace, whose settings hold its defaults.
net::Result<net::Socket> new_socket_beside(const net::Socket& socket, const SocketFacts& facts) {
    const SocketKind& kind = facts.kind;
    const auto open = [&] { return net::Socket::open(kind.family, kind.type, kind.protocol); };
    if (facts.other_namespace == 0)
        return open();
    const auto space = net::NetworkNamespace::of_socket(socket);
    if (!space)
        return net::fail(space.error());
    net::Result<net::Socket> fresh = net::fail_text("");
    const auto done = space->run([&] { fresh = open(); });
    return done ? std::move(fresh) : net::fail(done.error());
}

}  // namespace

Dump::Plan Dump::make_plan(const net::Socket& socket, const SocketFacts& facts) const {
    Plan plan;
    for (const OptionRow& row : net::all_options()) {
        const std::string why = left_out(row);
        // --all asks for what has no effect on such a socket, too: the system may have it.
        if (options_.all || (why.empty() && applies(row, facts.kind)))
            plan.push_back({Option(row), why, row.type == net::ValueType::tcp_info});
    }
    const auto fresh =
        options_.diff || options_.compare ? new_socket_beside(socket, facts) : net::fail_text("");
    for (Entry& entry : plan) {
        if (!fresh || !is_setting(entry.option.row()) || !entry.left_out.empty())
            continue;
        if (auto value = try_read(*fresh, entry.option))
            entry.usual = std::move(*value);
    }
    return plan;
}

Dump::Plan& Dump::plan_for(const net::Socket& socket, const SocketFacts& facts) {
    const SocketKind& kind = facts.kind;
    const Key key{kind.family, kind.type, kind.protocol, kind.listening, facts.other_namespace};
    const auto found = plans_.find(key);
    return found != plans_.end() ? found->second : plans_[key] = make_plan(socket, facts);
}

// One socket on its way through the plan.
class Dump::Reading {
  public:
    Reading(const WorkOptions& options, const net::Socket& socket, const SocketFacts& facts)
        : options_(options), socket_(socket), facts_(facts) {}

    // The value, or why there is none; false where that is not to be told.
    bool look(Entry& entry, net::Result<OptionValue>& value) {
        if (!entry.left_out.empty())
            value = not_read(entry.left_out);
        else if (entry.known && facts_.tcp_info)
            value = *facts_.tcp_info;
        else if (entry.shared)
            value = *entry.shared;
        else if (entry.absent || (entry.option.row().in_repair && !in_repair_ && !options_.all))
            return false;
        else
            return ask(entry, value);
        return true;
    }

    // What a new socket has instead; null where nobody made the difference.
    const OptionValue* usual(const Entry& entry, const OptionValue& value) {
        const bool differs = *entry.usual != value;
        return differs && set_by_somebody(entry.option.row()) ? &*entry.usual : nullptr;
    }

    bool comparable(const Entry& entry) const {
        const bool settled = entry.option.row().varies != net::Varies::when_connected;
        return entry.usual && (settled || facts_.peer.empty());
    }

  private:
    bool ask(Entry& entry, net::Result<OptionValue>& value) {
        auto found = try_read(socket_, entry.option);
        const OptionRow& row = entry.option.row();
        if (!found) {
            entry.absent = !options_.all && found.error() == std::errc::no_protocol_option;
            value = net::fail(options_.all ? explain_refusal({found.error(), {}, {}, {}, {}},
                                                             entry.option, facts_.kind)
                                           : net::Error());
            return options_.all;
        }
        if (row.varies == net::Varies::by_kind)
            entry.shared = *found;
        if (row.name == "TCP_REPAIR")
            in_repair_ = *found != OptionValue(std::int64_t{0});
        value = std::move(*found);
        return true;
    }

    // The kernel sizes buffers as well. SO_BUF_LOCK has a bit for each that somebody did; where
    // the system does not tell, any other size counts as set.
    bool set_by_somebody(const OptionRow& row) {
        static const Option option = Option::find("SO_BUF_LOCK").value();
        const std::int64_t bit = row.name == "SO_SNDBUF" ? 1 : row.name == "SO_RCVBUF" ? 2 : 0;
        if (bit == 0)
            return true;
        const auto locks = try_read(socket_, option);
        const auto* bits = locks ? std::get_if<std::int64_t>(&*locks) : nullptr;
        return bits == nullptr || (*bits & bit) != 0;
    }

    const WorkOptions& options_;
    const net::Socket& socket_;
    const SocketFacts& facts_;
    bool in_repair_ = false;
};

void Dump::read(const net::Socket& socket, const SocketFacts& facts,
                const std::function<void(const Outcome&)>& use) {
    Reading reading(options_, socket, facts);
    for (Entry& entry : plan_for(socket, facts)) {
        Outcome outcome{entry.option, OptionValue(), {}, {}};
        if (!reading.look(entry, outcome.value))
            continue;
        outcome.compared = outcome.value && reading.comparable(entry);
        if (outcome.compared)
            outcome.usual = reading.usual(entry, *outcome.value);
        if (options_.diff && outcome.usual == nullptr)
            continue;
        outcome.of_other_namespace = facts.other_namespace != 0;
        if (options_.story && outcome.value)
            outcome.story = buffer_story(socket, facts.kind, entry.option, *outcome.value);
        use(outcome);
    }
}

}  // namespace sockbox::tools
