// Compares each reading of a socket with the previous one.
#include "inspect/socket_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "option/codec.h"
#include "text/text.h"

namespace sockbox::net {
namespace {

using Changes = std::vector<ValueChange>;

// What changes without anything happening, or has no meaning but to whoever knows its format.
Trend trend_of(const OptionRow& row) {
    const bool opaque = row.type == ValueType::bytes && row.access == Access::read_only;
    return row.varies == Varies::always || opaque ? Trend::age : Trend::gauge;
}

std::optional<OptionValue> value_of(const Field& field) {
    if (const auto* number = std::get_if<std::int64_t>(&field.value))
        return OptionValue(*number);
    if (const auto* text = std::get_if<std::string>(&field.value))
        return OptionValue(*text);
    return std::nullopt;
}

// Collects the changes of one socket.
class Comparison {
  public:
    Comparison(std::chrono::nanoseconds between, bool with_ages)
        : seconds_(std::chrono::duration<double>(between).count()), with_ages_(with_ages) {}

    void fact(std::string_view name, const std::string& before, const std::string& now) {
        const auto known = [](const std::string& text) {
            return text.empty() ? std::nullopt : std::optional(OptionValue(text));
        };
        compare({std::string(name), nullptr, {}, Trend::gauge, known(before), known(now), {}});
    }

    // Either may be null.
    void option(const Option& option, const OptionValue* before, const OptionValue* now) {
        const auto* old_fields = before != nullptr ? std::get_if<Fields>(before) : nullptr;
        const auto* new_fields = now != nullptr ? std::get_if<Fields>(now) : nullptr;
        if (old_fields != nullptr && new_fields != nullptr)
            return fields(option.name(), *old_fields, *new_fields);
        const auto known = [](const OptionValue* value) {
            return value != nullptr ? std::optional(*value) : std::nullopt;
        };
        if (before == nullptr || now == nullptr || *before != *now)
            compare({option.name(),
                     &option.row(),
                     option.row().unit,
                     trend_of(option.row()),
                     known(before),
                     known(now),
                     {}});
    }

    // The members of a structure, of which the kernel returns the same every time.
    void fields(std::string_view structure, const Fields& before, const Fields& now) {
        for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i)
            if (before[i].value != now[i].value)
                compare({fmt::format("{}.{}", structure, now[i].name),
                         nullptr,
                         now[i].unit,
                         now[i].trend,
                         value_of(before[i]),
                         value_of(now[i]),
                         {}});
    }

    Changes take() { return std::move(changes_); }

  private:
    void compare(ValueChange&& change) {
        const bool counts = change.trend == Trend::gauge || change.trend == Trend::counter ||
                            (change.trend == Trend::age && with_ages_);
        if (!counts || change.before == change.value)
            return;
        if (change.trend == Trend::counter)
            change.per_second = rate(change);
        changes_.push_back(std::move(change));
    }

    // nullopt if it was reset, as TCP_REPAIR does, or has started again at zero.
    std::optional<double> rate(const ValueChange& change) const {
        const auto number = [](const std::optional<OptionValue>& value) {
            return value ? std::get_if<std::int64_t>(&*value) : nullptr;
        };
        const auto* before = number(change.before);
        const auto* now = number(change.value);
        if (before == nullptr || now == nullptr || *now < *before || seconds_ <= 0)
            return std::nullopt;
        return static_cast<double>(*now - *before) / seconds_;
    }

    const double seconds_;
    const bool with_ages_;
    Changes changes_;
};

const Option& tcp_info() {
    static const Option option = Option::find("TCP_INFO").value();
    return option;
}

void compare_tcp_info(const SocketReading& before, const SocketReading& now,
                      Comparison& comparison) {
    const Bytes& was = before.target.facts.tcp_info;
    const Bytes& is = now.target.facts.tcp_info;
    if (!before.has_tcp_info || !now.has_tcp_info || was == is)
        return;
    const OptionValue old_value = decode(tcp_info().row(), was);
    const OptionValue new_value = decode(tcp_info().row(), is);
    comparison.option(tcp_info(), &old_value, &new_value);
}

}  // namespace

void SocketReading::add(const Outcome& outcome) {
    if (!outcome.value)
        return;
    if (outcome.option.row().type == ValueType::tcp_info)
        has_tcp_info = true;
    else
        values.push_back({outcome.option, *outcome.value});
}

std::string holder_of(const FoundSocket& target) {
    std::string text;
    if (target.process)
        text = fmt::format("{}[{}]", escape(target.process->name()), target.process->pid());
    if (target.descriptor)
        text += fmt::format("{}fd {}", text.empty() ? "" : " ", *target.descriptor);
    return text;
}

std::vector<ValueChange> changes_between(const SocketReading& before, const SocketReading& now,
                                         bool with_ages) {
    Comparison comparison(now.when - before.when, with_ages);
    const SocketFacts& was = before.target.facts;
    const SocketFacts& is = now.target.facts;
    comparison.fact("state", was.state, is.state);
    comparison.fact("local", was.local, is.local);
    comparison.fact("peer", was.peer, is.peer);
    comparison.fact("holder", holder_of(before.target), holder_of(now.target));
    // Both lists are in the same order, but some options cannot be read in every state.
    const auto same = [](const Option& option) {
        return [&option](const SocketReading::Value& other) {
            return other.option.level() == option.level() &&
                   other.option.number() == option.number();
        };
    };
    if (!before.was_open || !now.was_open)
        return comparison.take();
    auto old = before.values.begin();
    for (const auto& [option, value] : now.values) {
        const auto found = std::find_if(old, before.values.end(), same(option));
        if (found == before.values.end()) {
            comparison.option(option, nullptr, &value);
            continue;
        }
        for (; old != found; ++old)
            comparison.option(old->option, &old->value, nullptr);
        comparison.option(option, &old->value, &value);
        ++old;
    }
    for (; old != before.values.end(); ++old)
        comparison.option(old->option, &old->value, nullptr);
    compare_tcp_info(before, now, comparison);
    return comparison.take();
}

std::uint64_t SocketWatch::identity(const FoundSocket& target) {
    constexpr std::uint64_t is_inode = std::uint64_t{1} << 63;
    return target.cookie != 0 ? target.cookie : target.inode | is_inode;
}

bool SocketWatch::has(std::uint64_t identity) const {
    const auto found = sockets_.find(identity);
    return found != sockets_.end() && found->second.reading == reading_;
}

// A socket that was open and is only listed now is being closed, or on its way to another process:
// what is known of it is kept.
void SocketWatch::add(SocketReading&& socket) {
    const auto [place, is_new] = sockets_.try_emplace(identity(socket.target));
    Entry& entry = place->second;
    if (is_new) {
        entry.socket = std::move(socket);
        events_.appeared(entry.socket);
    } else if (entry.reading != reading_ && (socket.was_open || !entry.socket.was_open)) {
        const Changes changes = changes_between(entry.socket, socket, rules_.with_ages);
        entry.socket = std::move(socket);
        if (!changes.empty())
            events_.changed(entry.socket, changes);
    }
    entry.reading = reading_;
    entry.missing = false;
}

void SocketWatch::end() {
    listening_.clear();
    for (auto at = sockets_.begin(); at != sockets_.end();) {
        Entry& entry = at->second;
        const SocketFacts& facts = entry.socket.target.facts;
        if (entry.reading == reading_ && facts.kind.listening)
            listening_.insert(local_port(facts).value_or(0));
        if (entry.reading == reading_ ||
            (!std::exchange(entry.missing, true) && end_is_expected(entry.socket))) {
            ++at;
            continue;
        }
        if (end_is_expected(entry.socket))
            remember_reported(at->first);
        events_.gone(entry.socket, true);
        at = sockets_.erase(at);
    }
}

bool SocketWatch::end_is_expected(const SocketReading& socket) const {
    const SocketFacts& facts = socket.target.facts;
    return rules_.ends_are_reported && facts.other_namespace == 0 && is_inet(facts.kind) &&
           facts.kind.type != SOCK_RAW && socket.target.cookie != 0;
}

void SocketWatch::remember_reported(std::uint64_t identity) {
    if (!reported_.insert(identity).second)
        return;
    reported_order_.push_back(identity);
    if (reported_order_.size() > max_reported) {
        reported_.erase(reported_order_.front());
        reported_order_.pop_front();
    }
}

// A process is not named at the end of a socket. What it accepted has the port of its listener.
bool SocketWatch::is_of_interest(const SocketFacts& destroyed) const {
    const bool of_process = rules_.filter.pid || !rules_.filter.process.empty();
    return may_have_matched(rules_.filter, destroyed) &&
           (!of_process || listening_.contains(local_port(destroyed).value_or(0)));
}

void SocketWatch::destroyed(const DestroyedSocket& destroyed, Clock::time_point when) {
    const auto found = sockets_.find(destroyed.cookie);
    if (found != sockets_.end()) {
        SocketReading last = std::move(found->second.socket);
        sockets_.erase(found);
        last.target.facts.state = destroyed.facts.state;
        last.target.facts.tcp_info = destroyed.facts.tcp_info;
        last.when = when;
        events_.gone(last, true);
    } else if (reported_.erase(destroyed.cookie) == 0 && is_of_interest(destroyed.facts)) {
        SocketReading last;
        last.target.facts = destroyed.facts;
        last.target.cookie = destroyed.cookie;
        last.when = when;
        events_.gone(last, false);
    }
}

}  // namespace sockbox::net
