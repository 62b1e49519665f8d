// What parses and stores the values of options.
#include "tools/front/take.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/resolver.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

using net::escape;

template <class Target>
net::Status store(auto&& parsed, Target& target) {
    if (!parsed)
        return net::fail(parsed.error());
    target = *parsed;
    return {};
}

template <class Target>
Take take_port_into(Target& target, net::Transport transport) {
    return [&target, transport](std::string_view text) -> net::Status {
        const auto port = net::resolve_port(text, transport);
        if (!port)
            return net::fail(port.error());
        target = *port;
        return {};
    };
}

}  // namespace

Take take_port(std::uint16_t& target, net::Transport transport) {
    return take_port_into(target, transport);
}

Take take_port(std::optional<std::uint16_t>& target, net::Transport transport) {
    return take_port_into(target, transport);
}

Take take_port_of_either(std::optional<std::uint16_t>& target) {
    return [&target](std::string_view text) -> net::Status {
        auto port = net::resolve_port(text, net::Transport::tcp);
        if (!port)
            if (auto other = net::resolve_port(text, net::Transport::udp))
                port = other;
        if (!port)
            return net::fail(port.error());
        target = *port;
        return {};
    };
}

Take take_text(std::string& target) {
    return [&target](std::string_view text) -> net::Status {
        // Usually an unset variable in a script; the option would have no effect.
        if (text.empty())
            return net::fail_text("it is empty");
        target = text;
        return {};
    };
}

Take take_duration(std::chrono::nanoseconds& target) {
    return [&target](std::string_view text) { return store(net::parse_duration(text), target); };
}

Take take_duration(std::optional<std::chrono::nanoseconds>& target) {
    return [&target](std::string_view text) { return store(net::parse_duration(text), target); };
}

Take take_size(std::uint64_t& target, std::uint64_t low, std::uint64_t high) {
    return [&target, low, high](std::string_view text) -> net::Status {
        const auto size = net::parse_size(text);
        if (size && (*size < low || *size > high))
            return net::fail_text(fmt::format("'{}' is out of range: expected {} to {} bytes",
                                              escape(text), low, high));
        return store(size, target);
    };
}

Take take_integer(std::int64_t& target, std::int64_t low, std::int64_t high) {
    return [&target, low, high](std::string_view text) {
        return store(net::parse_integer(text, low, high), target);
    };
}

Take take_integer(std::optional<std::int64_t>& target, std::int64_t low, std::int64_t high) {
    return [&target, low, high](std::string_view text) {
        return store(net::parse_integer(text, low, high), target);
    };
}

Take take_choice(std::size_t& index, std::vector<std::string> choices) {
    return take_choice(std::move(choices), [&index](std::size_t chosen) { index = chosen; });
}

Take take_choice(std::vector<std::string> choices, std::function<void(std::size_t)> chosen) {
    Take take = [choices, chosen = std::move(chosen)](std::string_view text) -> net::Status {
        const auto found = std::find(choices.begin(), choices.end(), text);
        if (found == choices.end())
            return net::fail_text(
                fmt::format("'{}' is not one of {}", escape(text), fmt::join(choices, ", ")));
        chosen(static_cast<std::size_t>(found - choices.begin()));
        return {};
    };
    take.choices = std::move(choices);
    return take;
}

}  // namespace sockbox::tools
