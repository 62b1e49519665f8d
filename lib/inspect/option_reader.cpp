// Dumps: makes a plan for each kind of socket and reads sockets by it.
#include "inspect/option_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "inspect/process.h"
#include "inspect/socket_search.h"
#include "option/codec.h"

namespace sockbox::net {
namespace {

std::error_code not_told() {
    return std::make_error_code(std::errc::not_supported);
}

Error no_such_option() {
    return {std::make_error_code(std::errc::no_protocol_option), {}, {}, {}, {}};
}

// The containing option, by index in OptionAnswers::kept_.
const Option& option_of(std::size_t whole) {
    static const std::array<Option, 3> options{Option::find("SO_MEMINFO").value(),
                                               Option::find("SO_BINDTOIFINDEX").value(),
                                               Option::find("SO_BUF_LOCK").value()};
    return options[whole];
}

// The option's bytes within the containing value; nullopt if the option must be read itself.
std::optional<std::span<const std::byte>> part_of(std::span<const std::byte> answer,
                                                  const OptionRow& row) {
    const std::size_t end = row.part + row.width;
    if (row.type == ValueType::text)  // interface index 0: not bound, so SO_BINDTODEVICE is empty
        return from_bytes<int>(answer) == 0 ? std::optional(answer.first(0)) : std::nullopt;
    if (row.part == entire_answer)
        return answer;
    return end <= answer.size() ? std::optional(answer.subspan(row.part, row.width)) : std::nullopt;
}

// Why a dump does not read the option; empty if it does.
std::string left_out(const OptionRow& row) {
    if (native_number(row) == absent)
        return fmt::format("not supported on this platform ({} only)", platforms(row));
    if (row.access == Access::write_only)
        return "write-only";
    if (row.access == Access::none)
        return "neither read nor set";
    return row.access == Access::clears_on_read ? "not read: reading clears it" : "";
}

// Whether the option is a setting, as opposed to a state, a counter or a clock, which have no
// default to differ from.
bool is_setting(const OptionRow& row) {
    return row.access == Access::read_write && row.varies != Varies::always;
}

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// The kernel resizes buffers itself; SO_BUF_LOCK has a bit for each size that was set explicitly.
std::int64_t lock_bit_of(const OptionRow& row) {
    return row.name == "SO_SNDBUF" ? 1 : row.name == "SO_RCVBUF" ? 2 : 0;
}

Outcome outcome_of(const Option& option, Error error, const SocketFacts& facts) {
    Outcome outcome{option, fail(std::move(error)), {}, {}};
    outcome.of_other_namespace = facts.other_namespace != 0;
    return outcome;
}

// A new socket of the same kind in the same network namespace, which has the default settings.
Result<Socket> new_socket_beside(const Socket& socket, const SocketFacts& facts) {
    const SocketKind& kind = facts.kind;
    const auto open = [&] { return Socket::open(kind.family, kind.type, kind.protocol); };
    if (facts.other_namespace == 0)
        return open();
    const auto space = NetworkNamespace::of_socket(socket);
    if (!space)
        return fail(space.error());
    Result<Socket> fresh = fail_text("");
    const auto done = space->run([&] { fresh = open(); });
    return done ? std::move(fresh) : fail(done.error());
}

}  // namespace

OptionAnswers::Answer OptionAnswers::read(const Option& option) {
    const auto reported = diag_.of(option.row());
    return reported ? Answer(*reported) : read_bytes(socket_, option, buffer_);
}

OptionAnswers::Answer OptionAnswers::shared(SharedAnswer which) {
    if (which == SharedAnswer::tcp_info) {
        if (facts_.tcp_info.empty())
            return tl::unexpected(not_told());
        return std::span<const std::byte>(facts_.tcp_info);
    }
    const auto number = static_cast<std::size_t>(which);
    Kept& kept = kept_[number];
    if (!std::exchange(kept.asked, true)) {
        const Option& option = option_of(number);
        const Answer answer = option.on_this_platform() ? read(option) : tl::unexpected(not_told());
        kept.error = answer ? std::error_code() : answer.error();
        if (answer) {
            kept.size = std::min(answer->size(), kept.bytes.size());
            std::copy_n(answer->begin(), kept.size, kept.bytes.begin());
        }
    }
    if (kept.error)
        return tl::unexpected(kept.error);
    return std::span<const std::byte>(kept.bytes).first(kept.size);
}

OptionAnswers::Answer OptionAnswers::of(const Option& option) {
    const OptionRow& row = option.row();
    if (row.part_of == SharedAnswer::none)
        return read(option);
    const Answer answer = shared(row.part_of);
    const auto part = answer ? part_of(*answer, row) : std::nullopt;
    return part ? Answer(*part) : read_bytes(socket_, option, buffer_);
}

std::optional<std::int64_t> OptionAnswers::buffer_locks() {
    const Answer answer = shared(SharedAnswer::buffer_locks);
    if (!answer || answer->size() != sizeof(std::uint32_t))
        return std::nullopt;
    return from_bytes<std::uint32_t>(*answer);
}

OptionReader::Plan OptionReader::make_plan(const Socket& socket, const SocketFacts& facts) const {
    Plan plan;
    for (const OptionRow& row : all_options()) {
        const bool foreign = native_number(row) != absent && !has_level(row.level, facts.kind);
        const std::string why = foreign ? std::string() : left_out(row);
        const bool asked = why.empty() && !foreign;
        if (!options_.all && !asked)
            continue;
        Entry& entry = plan.entries.emplace_back(Entry{Option(row)});
        entry.no_effect = !applies(row, facts.kind);
        entry.lock_bit = lock_bit_of(row);
        entry.settled = !asked;
        if (!why.empty())
            entry.known.push_back({outcome_of(entry.option, {{}, {}, {}, why, {}}, facts)});
        else if (!asked)
            entry.known.push_back({outcome_of(
                entry.option, explain_refusal(no_such_option(), entry.option, facts.kind), facts)});
    }
    if (!options_.diff && !options_.compare)
        return plan;
    if (const auto fresh = new_socket_beside(socket, facts))
        learn_from(*fresh, plan);
    else
        plan.provisional = no_resources_left(fresh.error().code);
    return plan;
}

void OptionReader::learn_from(const Socket& fresh, Plan& plan) const {
    for (Entry& entry : plan.entries)
        if (!entry.settled && is_setting(entry.option.row()))
            if (auto value = try_read(fresh, entry.option))
                entry.usual = std::move(*value);
}

OptionReader::Plan& OptionReader::plan_for(const Socket& socket, const SocketFacts& facts) {
    const SocketKind& kind = facts.kind;
    const Key key{kind.family, kind.type, kind.protocol, kind.listening, facts.other_namespace};
    const auto found = plans_.find(key);
    const bool planned = found != plans_.end() && !found->second.provisional;
    return planned ? found->second : plans_[key] = make_plan(socket, facts);
}

// Reads one socket by the plan.
class OptionReader::Reading {
  public:
    Reading(const WorkOptions& options, const Socket& socket, const SocketFacts& facts,
            SocketDiag& diag)
        : options_(options), socket_(socket), facts_(facts), answers_(socket, facts, diag) {}

    // The option's value; null if it is not to be reported.
    Known* look(Entry& entry) {
        const OptionRow& row = entry.option.row();
        if (entry.settled)
            return &entry.known[entry.latest];
        if (entry.absent || (!has_state(row.needs) && !options_.all))
            return nullptr;
        Known& known = find_out(entry);
        const bool there = known.outcome.value.has_value();
        entry.settled = there && row.varies == Varies::by_kind;
        if (there && row.name == "TCP_REPAIR")
            in_repair_ = *known.outcome.value != OptionValue(std::int64_t{0});
        if (there && row.name == "TCP_ULP")
            in_tls_ = *known.outcome.value == OptionValue(std::string("tls"));
        return there || options_.all ? &known : nullptr;
    }

    // Compares the value with that of a new socket.
    void compare(const Entry& entry, Known& known) {
        Outcome& outcome = known.outcome;
        const bool settled = entry.option.row().varies != Varies::when_connected;
        const bool compared = outcome.value && entry.usual && (settled || facts_.peer.empty());
        const bool differs = compared && known.unusual && set_by_somebody(entry);
        const OptionValue* usual = differs ? &*entry.usual : nullptr;
        if (compared != outcome.compared || usual != outcome.usual)
            known.rendered.clear();
        outcome.compared = compared;
        outcome.usual = usual;
    }

  private:
    // Known by options that precede in the table those that need it.
    bool has_state(Needs needs) const {
        return needs == Needs::nothing || (needs == Needs::repair ? in_repair_ : in_tls_);
    }

    Known& find_out(Entry& entry) {
        return entry.option.row().type == ValueType::filter ? query_filter(entry) : query(entry);
    }

    Known& query(Entry& entry) {
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

    Known& query_filter(Entry& entry) {
        auto value = try_read(socket_, entry.option);
        for (Known& known : entry.known)
            if (value && known.outcome.value && *known.outcome.value == *value)
                return known;
        return keep(entry, std::move(value));
    }

    // Stores a value, replacing the oldest one if there are max_known.
    Known& keep(Entry& entry, tl::expected<OptionValue, std::error_code> value) {
        const bool never = !value && (entry.no_effect ||  // systems refuse these with various codes
                                      value.error() == std::errc::no_protocol_option);
        entry.absent = never && !options_.all;
        if (entry.known.size() < max_known)
            entry.known.push_back({outcome_of(entry.option, {}, facts_)});
        entry.latest = (entry.latest + 1) % entry.known.size();
        Known& known = entry.known[entry.latest];
        known.rendered.clear();
        known.outcome.no_effect = value && entry.no_effect;
        known.unusual = value && entry.usual && *value != *entry.usual;
        if (value)
            known.outcome.value = std::move(*value);
        else
            known.outcome.value = fail(why_not(value.error(), entry.option));
        return known;
    }

    Error why_not(std::error_code code, const Option& option) const {
        return options_.all ? explain_refusal({code, {}, {}, {}, {}}, option, facts_.kind)
                            : Error();
    }

    // If the system does not report SO_BUF_LOCK, any unusual buffer size counts as set.
    bool set_by_somebody(const Entry& entry) {
        return entry.lock_bit == 0 || (answers_.buffer_locks().value_or(-1) & entry.lock_bit) != 0;
    }

    const WorkOptions& options_;
    const Socket& socket_;
    const SocketFacts& facts_;
    OptionAnswers answers_;
    bool in_repair_ = false;
    bool in_tls_ = false;
};

void OptionReader::read(const Socket& socket, const SocketFacts& facts,
                        const std::function<void(const Outcome&)>& use) {
    Plan& plan = plan_for(socket, facts);
    Reading reading(options_, socket, facts, diag_);
    for (Entry& entry : plan.entries) {
        Known* known = reading.look(entry);
        if (known == nullptr)
            continue;
        reading.compare(entry, *known);
        Outcome& outcome = known->outcome;
        if (options_.diff && outcome.usual == nullptr)
            continue;
        outcome.rendered = &known->rendered;
        if (options_.buffer_story && outcome.value)
            outcome.buffer_story = buffer_story(socket, facts.kind, outcome.option, *outcome.value);
        use(outcome);
    }
}

}  // namespace sockbox::net
