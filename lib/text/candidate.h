// What a shell may offer to complete a word of a command line.
#pragma once

#include <string>
#include <vector>

namespace sockbox::net {

struct Candidate {
    std::string text;
    std::string summary = {};  // one line; empty if the text needs no explanation
};

using Candidates = std::vector<Candidate>;

}  // namespace sockbox::net
