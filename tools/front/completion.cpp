// Completions by kind of value, and their output.
#include "tools/front/completion.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "net/interfaces.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view request = "--complete=";

bool begins_with(std::string_view text, std::string_view beginning) {
    return text.size() >= beginning.size() &&
           net::equal_ignoring_case(text.substr(0, beginning.size()), beginning);
}

Completion complete_address(std::string_view /*typed*/) {
    Completion completion;
    completion.words = {{"0.0.0.0", "every IPv4 address"},
                        {"::", "every IPv6 address"},
                        {"127.0.0.1", "IPv4 loopback"},
                        {"::1", "IPv6 loopback"}};
    for (const net::Endpoint& own : net::local_addresses())
        if (!own.is_loopback())
            completion.words.push_back({own.address(), "address of this host"});
    return completion;
}

}  // namespace

Complete complete_with(std::vector<std::string> words) {
    return [words = std::move(words)](std::string_view) {
        Completion completion;
        for (const std::string& word : words)
            completion.words.push_back({word});
        return completion;
    };
}

Complete complete_with(Completion::Kind kind) {
    return [kind](std::string_view) { return Completion{kind}; };
}

Complete complete_by(net::Candidates (*candidates)(std::string_view typed)) {
    return [candidates](std::string_view typed) {
        return Completion{Completion::Kind::words, candidates(typed)};
    };
}

Complete complete_list_of(std::vector<std::string> words) {
    return [words = std::move(words)](std::string_view typed) {
        const std::string_view before = typed.substr(0, typed.rfind(',') + 1);
        Completion completion;
        for (const std::string& word : words)
            completion.words.push_back({fmt::format("{}{}", before, word)});
        return completion;
    };
}

Complete usual_completion(std::string_view value_name) {
    if (value_name == "FILE")
        return complete_with(Completion::Kind::files);
    if (value_name.find("PORT") != value_name.npos && !value_name.starts_with("HOST"))
        return complete_with(Completion::Kind::services);
    if (value_name == "ADDRESS")
        return complete_address;
    if (value_name == "DURATION")
        return complete_by(net::duration_candidates);
    if (value_name == "BYTES")
        return complete_by(net::size_candidates);
    return complete_with(Completion::Kind::words);
}

bool asks_completion(Args args) noexcept {
    return !args.empty() && args.front().starts_with(request);
}

std::string_view word_to_complete(Args args) noexcept {
    return std::string_view(args.front()).substr(request.size());
}

std::string to_text(const Completion& completion, std::string_view before, std::string_view typed) {
    static constexpr std::array<std::string_view, 7> kinds{"words", "parts",    "files",  "hosts",
                                                           "users", "services", "command"};
    Completion::Kind kind = completion.kind;
    std::string text;
    for (const net::Candidate& word : completion.words) {
        const std::string_view rest = std::string_view(word.text).substr(word.text.find('_') + 1);
        if (!begins_with(word.text, typed) && !begins_with(rest, typed))
            continue;
        text += fmt::format("{}{}{}{}\n", before, net::printable(word.text),
                            word.summary.empty() ? "" : "\t", net::printable(word.summary));
        if (word.text.ends_with('=') || word.text.ends_with(','))
            kind = Completion::Kind::parts;
    }
    return fmt::format("{}\n{}", kinds[static_cast<std::size_t>(kind)], text);
}

}  // namespace sockbox::tools
