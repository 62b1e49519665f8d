// One lookup: what was asked of the resolver, what it said, how long that took, and what a reader
// of the answer should know about it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/resolver.h"
#include "net/result.h"

namespace sockbox::probe {

// An empty host asks for the addresses that a server would bind (AI_PASSIVE), else for loopback.
struct Question {
    std::string host;
    std::string service;  // empty: none, and the ports of the answer are 0
    net::ResolveHints hints;
};

struct Lookup {
    Question question;
    std::chrono::nanoseconds elapsed{};
    net::Result<net::Resolution> answer;
};

// Blocks for as long as the system's resolver does. A failure carries a hint where there is one.
Lookup look_up(Question question);

// Sentences on what is odd in a name or its answer: "'127.1' is read as 127.0.0.1"; mapped
// addresses, link-local ones without a zone, duplicates. Safe for a terminal.
std::vector<std::string> remarks_on(const Lookup& lookup);

}  // namespace sockbox::probe
