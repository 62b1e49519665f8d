// What shells complete command lines with. The scripts in completions/ run
//
//     COMMAND --complete=WORD [WORD-BEFORE]...
//
// where WORD is the word to complete as far as it is typed, and may be empty. The first line of the
// output is the kind of completion; then come the candidates, one per line: the text that replaces
// WORD, and after a tab its description, which may be missing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/candidate.h"
#include "tools/front/command.h"

namespace sockbox::tools {

struct Completion {
    enum class Kind : std::uint8_t {
        words,  // `words`
        parts,  // `words`, after which the word may continue, so no space follows; also if one
                // of `words` ends with '=' or ','
        files,  // this and the following are completed by the shell
        hosts,
        users,
        services,
        command,  // the words after "--", which are another command line
    };
    Kind kind = Kind::words;
    net::Candidates words = {};
};

// Returns the completion of a value of which `typed` is there already. Its words need not begin
// with that: those that do not are left out later.
using Complete = std::function<Completion(std::string_view typed)>;

// The same words, or the same kind, whatever is typed.
Complete complete_with(std::vector<std::string> words);
Complete complete_with(Completion::Kind kind);
// What `candidates` returns for what is typed.
Complete complete_by(net::Candidates (*candidates)(std::string_view typed));
// A list of these words, separated by commas.
Complete complete_list_of(std::vector<std::string> words);

// The completion that is usual for a value with this name in --help, such as "FILE" or "DURATION";
// none for a name that does not determine the values.
Complete usual_completion(std::string_view value_name);

// Whether the words are a request for completion, and its WORD.
bool asks_completion(Args args) noexcept;
std::string_view word_to_complete(Args args) noexcept;

// The output for a request: the words that begin with `typed`, in any case and also without their
// prefix up to the first '_' ("rcvbuf" for SO_RCVBUF), each after `before`.
std::string to_text(const Completion& completion, std::string_view before, std::string_view typed);

}  // namespace sockbox::tools
