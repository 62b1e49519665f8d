// What a shell may offer to complete a word of a command line.
#pragma once

#include <string>
#include <vector>

namespace sockbox::net {

// One word that is offered.
struct Candidate {
    std::string text;          // that replaces the word
    std::string summary = {};  // one line; empty if the text needs no explanation
};

// In the order in which they are offered.
using Candidates = std::vector<Candidate>;

}  // namespace sockbox::net
