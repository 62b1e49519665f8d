// Reads lists of servers, in two forms.
#include "tools/client/targets_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/input.h"
#include "report/json.h"
#include "system/platform.h"
#include "text/text.h"

namespace sockbox::tools {
namespace {

using report::Json;

constexpr std::chrono::milliseconds between_looks{500};
constexpr std::size_t max_bytes = std::size_t{64} << 20;
constexpr std::size_t max_targets = 1'000'000;
constexpr std::size_t max_target = 300;  // bytes: a host name has at most 253

constexpr std::array<std::string_view, 17> taken_labels{"target",
                                                        "port",
                                                        "address",
                                                        "version",
                                                        "direction",
                                                        "where",
                                                        "percentile",
                                                        "le",
                                                        "phase",
                                                        "symbol",
                                                        "message",
                                                        "expression",
                                                        "responder",
                                                        "seen_from",
                                                        "clock",
                                                        "arrival_timestamps",
                                                        "departure_timestamps"};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Of text that may be of any length, safe to print.
std::string shortened(std::string_view text) {
    constexpr std::size_t most = 60;
    return net::escape(text.substr(0, most)) + (text.size() > most ? "…" : "");
}

net::Status check_label(std::string_view name) {
    const bool is_name =
        !name.empty() && is_letter(name.front()) &&
        std::ranges::all_of(name, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
    if (!is_name)
        return net::fail_text(fmt::format("'{}' is not a valid label name", shortened(name)));
    if (std::ranges::find(taken_labels, name) != taken_labels.end())
        return net::fail_text(fmt::format("the label '{}' has a meaning of its own", name));
    return {};
}

net::Status add_label(std::string_view name, std::string_view value, TargetLabels& labels) {
    if (name.starts_with("__"))
        return {};
    if (auto sound = check_label(name); !sound)
        return sound;
    if (std::ranges::find(labels, name, &TargetLabels::value_type::first) != labels.end())
        return net::fail_text(fmt::format("the label '{}' is given twice", name));
    if (Json(value).text() != value)  // which replaces what is none
        return net::fail_text(fmt::format("the value of the label '{}' is not valid UTF-8", name));
    labels.emplace_back(name, value);
    return {};
}

class Targets {
  public:
    net::Status add(std::string_view text, const TargetLabels& labels, std::size_t line = 0) {
        if (text.size() > max_target || text.find('\0') != text.npos)
            return net::fail_text(fmt::format("'{}' is not HOST:PORT", shortened(text)));
        auto parts = net::split_host_port(text);
        if (!parts)
            return net::fail(parts.error());
        if (const auto host = net::check_host(parts->host); !host)
            return net::fail(host.error());
        if (found_.size() == max_targets)
            return net::fail_text(fmt::format("more than {} targets", max_targets));
        found_.push_back({std::move(*parts), labels, line});
        return {};
    }
    std::vector<ListedTarget> take() { return std::move(found_); }

  private:
    std::vector<ListedTarget> found_;
};

net::Status add_group(const Json& group, Targets& targets) {
    const auto listed = group.find("targets");
    if (!listed || !listed->is_array())
        return net::fail_text("a group without a list \"targets\"");
    TargetLabels labels;
    for (const auto& [name, value] : group.find("labels").value_or(Json::object()).members()) {
        const auto text = value.text();
        if (!text)
            return net::fail_text(
                fmt::format("the value of the label '{}' is not a string", shortened(name)));
        if (auto added = add_label(name, *text, labels); !added)
            return added;
    }
    for (const Json& target : listed->elements()) {
        const auto text = target.text();
        if (!text)
            return net::fail_text("a target that is not a string");
        if (auto added = targets.add(*text, labels); !added)
            return added;
    }
    return {};
}

net::Result<std::vector<ListedTarget>> parse_json(std::string_view text) {
    const auto json = Json::parse(text);
    if (!json)
        return net::fail(json.error());
    if (!json->is_array())
        return net::fail_text("the JSON text is not a list");
    Targets targets;
    for (const Json& group : json->elements())
        if (auto added = add_group(group, targets); !added)
            return net::fail(added.error());
    return targets.take();
}

net::Status add_line(std::string_view line, std::size_t number, Targets& targets) {
    constexpr std::string_view blanks = " \t\r";
    line = line.substr(0, line.find('#'));
    const std::string_view target = net::take_word(line, blanks);
    if (target.empty())
        return {};
    TargetLabels labels;
    for (auto word = net::take_word(line, blanks); !word.empty();
         word = net::take_word(line, blanks)) {
        const std::size_t equals = word.find('=');
        if (equals == word.npos)
            return net::fail_text(fmt::format("'{}' is not LABEL=VALUE", shortened(word)));
        if (auto added = add_label(word.substr(0, equals), word.substr(equals + 1), labels); !added)
            return added;
    }
    return targets.add(target, labels, number);
}

net::Result<std::vector<ListedTarget>> parse_lines(std::string_view text) {
    Targets targets;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (auto added = add_line(line, number, targets); !added)
            return net::fail_text(in_line(number) + added.error().message());
    }
    return targets.take();
}

// An address in brackets starts like a JSON list, which continues with an object or ends.
bool is_json(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t list = text.find_first_not_of(blanks);
    if (list == text.npos || text[list] != '[')
        return list != text.npos && text[list] == '{';
    const std::size_t inside = text.find_first_not_of(blanks, list + 1);
    return inside == text.npos || text[inside] == '{' || text[inside] == ']' || text[inside] == '[';
}

}  // namespace

std::string in_line(std::size_t number) {
    return number == 0 ? std::string() : fmt::format("line {}: ", number);
}

net::Result<std::vector<ListedTarget>> parse_targets(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    if (text.empty())
        return net::fail_text("the file is empty; a list without servers is []");
    return is_json(text) ? parse_json(text) : parse_lines(text);
}

TargetsFile::Identity TargetsFile::look() const {
    Identity identity;
    std::error_code ignored;
    const std::filesystem::path path(std::u8string(path_.begin(), path_.end()));
    identity.file = std::filesystem::weakly_canonical(path, ignored);
    identity.is_regular = std::filesystem::is_regular_file(path, ignored);
    if (!identity.is_regular)
        return identity;
    identity.size = std::filesystem::file_size(path, ignored);
    identity.written = std::filesystem::last_write_time(path, ignored);
    return identity;
}

net::Result<std::vector<ListedTarget>> TargetsFile::read() {
    read_ = look();
    changed_.reset();
    if (is_reread_ && !read_.is_regular && std::filesystem::exists(read_.file))
        return net::fail({{}, "read", net::escape(path_), "not a regular file", {}});
    is_reread_ = is_reread_ || read_.is_regular;
    const int file = net::platform::open_file(path_);
    if (file < 0)
        return net::fail({net::platform::last_file_error(), "open", net::escape(path_), {}, {}});
    std::string text;
    net::Transfer got{net::Transfer::State::done, 0, {}};
    std::vector<std::byte> buffer(65536);
    while (got.done() && text.size() <= max_bytes) {
        got = net::read_input(file, buffer);
        text.append(static_cast<const char*>(static_cast<const void*>(buffer.data())), got.bytes);
    }
    net::platform::close_file(file);
    if (got.failed())
        return net::fail({got.error, "read", net::escape(path_), {}, {}});
    if (text.size() > max_bytes)
        return net::fail({{}, "read", net::escape(path_), "more than 64 MiB", {}});
    auto targets = parse_targets(text);
    if (!targets)
        return net::fail({{}, "read", net::escape(path_), targets.error().message(), {}});
    return targets;
}

bool TargetsFile::has_changed(net::Clock::time_point now) {
    if (now < next_look_)
        return false;
    next_look_ = now + between_looks;
    const Identity seen = look();
    if (seen == read_ || !is_reread_) {
        changed_.reset();
        return false;
    }
    const bool has_settled = changed_ == seen;
    changed_ = seen;
    return has_settled;
}

}  // namespace sockbox::tools
