// A dump: the plan for a kind of socket, and following it.
#include "tools/sockopt_dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/network_namespace.h"
#include "net/option_codec.h"

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
        if (!options_.all && (!why.empty() || !applies(row, facts.kind)))
            continue;
        Entry& entry = plan.emplace_back(Entry{{Option(row), not_read(why), {}, {}}});
        entry.outcome.of_other_namespace = facts.other_namespace != 0;
        entry.asked = why.empty();
    }
    const auto fresh =
        options_.diff || options_.compare ? new_socket_beside(socket, facts) : net::fail_text("");
    for (Entry& entry : plan) {
        if (!fresh || !is_setting(entry.outcome.option.row()) || !entry.asked)
            continue;
        if (auto value = try_read(*fresh, entry.outcome.option))
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

    // Brings the outcome up to date; false where it is not to be told.
    bool look(Entry& entry) {
        const OptionRow& row = entry.outcome.option.row();
        if (!entry.asked || entry.settled)
            return true;
        if (entry.absent || (row.in_repair && !in_repair_ && !options_.all))
            return false;
        const bool there = ask(entry, row);
        entry.settled = there && row.varies == net::Varies::by_kind;
        if (there && row.name == "TCP_REPAIR")
            in_repair_ = *entry.outcome.value != OptionValue(std::int64_t{0});
        return there || options_.all;
    }

    // Holds the value against that of a new socket.
    void compare(Entry& entry) {
        Outcome& outcome = entry.outcome;
        const OptionRow& row = outcome.option.row();
        const bool settled = row.varies != net::Varies::when_connected;
        const bool compared = outcome.value && entry.usual && (settled || facts_.peer.empty());
        const bool differs = compared && *entry.usual != *outcome.value && set_by_somebody(row);
        const OptionValue* usual = differs ? &*entry.usual : nullptr;
        if (compared != outcome.compared || usual != outcome.usual)
            entry.told.clear();
        outcome.compared = compared;
        outcome.usual = usual;
    }

  private:
    // Reads the option; false where the system has no value.
    bool ask(Entry& entry, const OptionRow& row) {
        if (row.type == net::ValueType::filter)
            return keep(entry, try_read(socket_, entry.outcome.option));
        if (row.type == net::ValueType::tcp_info && !facts_.tcp_info.empty())
            return keep(entry, row, facts_.tcp_info);
        const auto bytes = read_bytes(socket_, entry.outcome.option, buffer_);
        return bytes ? keep(entry, row, *bytes) : keep(entry, tl::unexpected(bytes.error()));
    }

    bool keep(Entry& entry, const OptionRow& row, std::span<const std::byte> bytes) {
        const bool same = entry.outcome.value && std::equal(bytes.begin(), bytes.end(),
                                                            entry.bytes.begin(), entry.bytes.end());
        if (same)
            return true;
        entry.bytes.assign(bytes.begin(), bytes.end());
        return keep(entry, decode(row, bytes));
    }

    bool keep(Entry& entry, tl::expected<OptionValue, std::error_code> value) {
        Outcome& outcome = entry.outcome;
        entry.told.clear();
        if (value) {
            outcome.value = std::move(*value);
            return true;
        }
        entry.absent = !options_.all && value.error() == std::errc::no_protocol_option;
        outcome.value = net::fail(options_.all ? explain_refusal({value.error(), {}, {}, {}, {}},
                                                                 outcome.option, facts_.kind)
                                               : net::Error());
        return false;
    }

    // The kernel sizes buffers as well. SO_BUF_LOCK has a bit for each that somebody did; where
    // the system does not tell, any other size counts as set.
    bool set_by_somebody(const OptionRow& row) {
        const std::int64_t bit = row.name == "SO_SNDBUF" ? 1 : row.name == "SO_RCVBUF" ? 2 : 0;
        return bit == 0 || (locks() & bit) != 0;
    }

    std::int64_t locks() {
        static const Option option = Option::find("SO_BUF_LOCK").value();
        if (!locks_) {
            const auto value = try_read(socket_, option);
            const auto* bits = value ? std::get_if<std::int64_t>(&*value) : nullptr;
            locks_ = bits != nullptr ? *bits : -1;
        }
        return *locks_;
    }

    const WorkOptions& options_;
    const net::Socket& socket_;
    const SocketFacts& facts_;
    bool in_repair_ = false;
    std::optional<std::int64_t> locks_;
    net::OptionBuffer buffer_;
};

void Dump::read(const net::Socket& socket, const SocketFacts& facts,
                const std::function<void(const Outcome&)>& use) {
    Reading reading(options_, socket, facts);
    for (Entry& entry : plan_for(socket, facts)) {
        Outcome& outcome = entry.outcome;
        if (!reading.look(entry))
            continue;
        reading.compare(entry);
        if (options_.diff && outcome.usual == nullptr)
            continue;
        outcome.told = &entry.told;
        if (options_.story && outcome.value)
            outcome.story = buffer_story(socket, facts.kind, outcome.option, *outcome.value);
        use(outcome);
    }
}

}  // namespace sockbox::tools
