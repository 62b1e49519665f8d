// A dump: the plan for a kind of socket, and following it.
#include "tools/sockopt/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "inspect/option_answers.h"
#include "inspect/process.h"
#include "option/codec.h"
#include "tools/sockopt/search.h"

namespace sockbox::tools {
namespace {

using net::Access;
using net::Option;
using net::OptionRow;
using net::OptionValue;
using net::SocketFacts;
using net::SocketKind;

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

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// The kernel sizes buffers as well; SO_BUF_LOCK has a bit for each that somebody did.
std::int64_t lock_bit_of(const OptionRow& row) {
    return row.name == "SO_SNDBUF" ? 1 : row.name == "SO_RCVBUF" ? 2 : 0;
}

Outcome outcome_of(const Option& option, net::Error error, const SocketFacts& facts) {
    Outcome outcome{option, net::fail(std::move(error)), {}, {}};
    outcome.of_other_namespace = facts.other_namespace != 0;
    return outcome;
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
        Entry& entry = plan.entries.emplace_back(Entry{Option(row)});
        entry.lock_bit = lock_bit_of(row);
        entry.settled = !why.empty();
        if (entry.settled)
            entry.known.push_back({outcome_of(entry.option, {{}, {}, {}, why, {}}, facts)});
    }
    if (!options_.diff && !options_.compare)
        return plan;
    if (const auto fresh = new_socket_beside(socket, facts))
        learn_from(*fresh, plan);
    else
        plan.provisional = is_exhaustion(fresh.error());
    return plan;
}

// What the settings of a new socket are.
void Dump::learn_from(const net::Socket& fresh, Plan& plan) const {
    for (Entry& entry : plan.entries)
        if (!entry.settled && is_setting(entry.option.row()))
            if (auto value = try_read(fresh, entry.option))
                entry.usual = std::move(*value);
}

Dump::Plan& Dump::plan_for(const net::Socket& socket, const SocketFacts& facts) {
    const SocketKind& kind = facts.kind;
    const Key key{kind.family, kind.type, kind.protocol, kind.listening, facts.other_namespace};
    const auto found = plans_.find(key);
    const bool planned = found != plans_.end() && !found->second.provisional;
    return planned ? found->second : plans_[key] = make_plan(socket, facts);
}

// One socket on its way through the plan.
class Dump::Reading {
  public:
    Reading(const WorkOptions& options, const net::Socket& socket, const SocketFacts& facts)
        : options_(options), socket_(socket), facts_(facts) {}

    // The option's value; none where it is not to be told.
    Known* look(Entry& entry) {
        const OptionRow& row = entry.option.row();
        if (entry.settled)
            return &entry.known[entry.latest];
        if (entry.absent || (row.in_repair && !in_repair_ && !options_.all))
            return nullptr;
        Known& known = find_out(entry);
        const bool there = known.outcome.value.has_value();
        entry.settled = there && row.varies == net::Varies::by_kind;
        if (there && row.name == "TCP_REPAIR")
            in_repair_ = *known.outcome.value != OptionValue(std::int64_t{0});
        return there || options_.all ? &known : nullptr;
    }

    // Holds the value against that of a new socket.
    void compare(const Entry& entry, Known& known) {
        Outcome& outcome = known.outcome;
        const bool settled = entry.option.row().varies != net::Varies::when_connected;
        const bool compared = outcome.value && entry.usual && (settled || facts_.peer.empty());
        const bool differs = compared && known.unusual && set_by_somebody(entry);
        const OptionValue* usual = differs ? &*entry.usual : nullptr;
        if (compared != outcome.compared || usual != outcome.usual)
            known.told.clear();
        outcome.compared = compared;
        outcome.usual = usual;
    }

  private:
    Known& find_out(Entry& entry) {
        return entry.option.row().type == net::ValueType::filter ? ask_filter(entry) : ask(entry);
    }

    Known& ask(Entry& entry) {
        const auto bytes = answers_.of(entry.option);
        if (!bytes)
            return keep(entry, tl::unexpected(bytes.error()));
        for (std::size_t i = 0; i < entry.known.size(); ++i)
            if (entry.known[i].outcome.value && same_bytes(entry.known[i].bytes, *bytes))
                return entry.known[entry.latest = i];
        Known& known = keep(entry, decode(entry.option.row(), *bytes));
        known.bytes.assign(bytes->begin(), bytes->end());
        return known;
    }

    Known& ask_filter(Entry& entry) {
        auto value = try_read(socket_, entry.option);
        for (Known& known : entry.known)
            if (value && known.outcome.value && *known.outcome.value == *value)
                return known;
        return keep(entry, std::move(value));
    }

    // In the place of another one, but for the latest.
    Known& keep(Entry& entry, tl::expected<OptionValue, std::error_code> value) {
        entry.absent = !value && !options_.all && value.error() == std::errc::no_protocol_option;
        if (entry.known.size() < most_known)
            entry.known.push_back({outcome_of(entry.option, {}, facts_)});
        entry.latest = (entry.latest + 1) % entry.known.size();
        Known& known = entry.known[entry.latest];
        known.told.clear();
        known.unusual = value && entry.usual && *value != *entry.usual;
        if (value)
            known.outcome.value = std::move(*value);
        else
            known.outcome.value = net::fail(why_not(value.error(), entry.option));
        return known;
    }

    net::Error why_not(std::error_code code, const Option& option) const {
        return options_.all ? explain_refusal({code, {}, {}, {}, {}}, option, facts_.kind)
                            : net::Error();
    }

    // Where the system does not tell, any other size of a buffer counts as set.
    bool set_by_somebody(const Entry& entry) {
        return entry.lock_bit == 0 || (answers_.buffer_locks().value_or(-1) & entry.lock_bit) != 0;
    }

    const WorkOptions& options_;
    const net::Socket& socket_;
    const SocketFacts& facts_;
    net::OptionAnswers answers_{socket_, facts_};
    bool in_repair_ = false;
};

void Dump::read(const net::Socket& socket, const SocketFacts& facts,
                const std::function<void(const Outcome&)>& use) {
    Plan& plan = plan_for(socket, facts);
    Reading reading(options_, socket, facts);
    for (Entry& entry : plan.entries) {
        Known* known = reading.look(entry);
        if (known == nullptr)
            continue;
        reading.compare(entry, *known);
        Outcome& outcome = known->outcome;
        if (options_.diff && outcome.usual == nullptr)
            continue;
        outcome.told = &known->told;
        if (options_.story && outcome.value)
            outcome.story = buffer_story(socket, facts.kind, outcome.option, *outcome.value);
        use(outcome);
    }
}

}  // namespace sockbox::tools
