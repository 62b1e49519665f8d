// One lookup: what was asked of the resolver, what it said, how long that took, and what a reader
// of the answer should know about it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/resolver.h"
#include "net/route.h"
#include "probe/lookup/connect_all.h"
#include "system/result.h"

namespace sockbox::probe {

// An empty host asks for the addresses that a server would bind (AI_PASSIVE), else for loopback.
struct Question {
    std::string host;
    std::string service;  // empty: none, and the ports of the answer are 0
    net::ResolveHints hints;
    // Of the system's sources of names this one alone, for which there must be one lookup at a
    // time; empty: all of them.
    std::string source = {};
};

// The name of an address, and whether a lookup of that name leads back to the address.
struct ReverseName {
    std::string name;  // from the network, so escape it
    bool confirmed = false;
};

// What was found out about one address of an answer, as far as it was asked for.
struct Detail {
    std::optional<net::Result<ReverseName>> reverse;
    std::optional<net::Result<net::Route>> route;
    std::optional<ConnectTrial> connect;
};

struct Lookup {
    Question question;
    std::chrono::nanoseconds elapsed{};
    net::Result<net::Resolution> answer;
    std::vector<Detail> details;  // one an address, or none at all
    // The address that Happy Eyeballs would have connected to, where that was tried.
    std::optional<std::size_t> preferred;
    // The name that the answer is for in the end, where the resolver told; from the network.
    std::string answered_as = {};
};

// What to find out about each address.
struct Examination {
    bool reverse = false;
    bool route = false;
    bool connect = false;
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);  // for each address
    bool anything() const noexcept { return reverse || route || connect; }
};

// Called before each thing that takes time: `bounded` where that bounds itself. False ends it all.
using ExamineStep = std::function<bool(bool bounded)>;

// Blocks for as long as the system's resolver does. A failure carries a hint where there is one.
Lookup look_up(Question question);

// Fills in the details of an answer. Blocks as the resolver does.
void examine(Lookup& lookup, const Examination& examination, const ExamineStep& step);

// Whether a lookup came to what was wanted: an answer, and a connection where one was tried.
bool satisfies(const Lookup& lookup, const Examination& examination);

// Fails what an examination has not come to.
void give_up_details(Lookup& lookup, const Examination& examination, const net::Error& reason);

// The host, or else the service, safe for a terminal.
std::string subject_of(const Question& question);

// Sentences on what is odd in a name or its answer: "'127.1' is read as 127.0.0.1"; mapped
// addresses, link-local ones without a zone, duplicates. Safe for a terminal.
std::vector<std::string> remarks_on(const Lookup& lookup);

}  // namespace sockbox::probe
