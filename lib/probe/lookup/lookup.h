// One name lookup: the question, the answer, the time it took, and remarks on the answer.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/resolver.h"
#include "net/route.h"
#include "net/selection/destination_order.h"
#include "probe/lookup/connect_all.h"
#include "system/result.h"

namespace sockbox::probe {

// With an empty host: the addresses that a server would bind with AI_PASSIVE, else loopback.
struct Question {
    std::string host;
    std::string service;  // empty: none; ports in the answer are 0
    net::ResolveHints hints;
    // Use only this source of names (nsswitch.conf(5)) instead of all of them; only one such lookup
    // may run at a time. Empty: all sources.
    std::string source = {};
};

// The name of an address, and whether a lookup of that name returns the address again.
struct ReverseName {
    std::string name;  // from the network: escape it before printing
    bool confirmed = false;
};

// What an examination found out about one address; fields that were not requested are empty.
struct Detail {
    std::optional<net::Result<ReverseName>> reverse;
    std::optional<net::Result<net::Route>> route;
    std::optional<ConnectTrial> connect;
    std::optional<net::Result<net::Placement>> why;
};

struct Lookup {
    Question question;
    std::chrono::nanoseconds elapsed{};
    net::Result<net::Resolution> answer;
    std::vector<Detail> details;  // one per address, or empty
    // Index of the address that Happy Eyeballs would have chosen, if connections were tried.
    std::optional<std::size_t> preferred;
    // The name that was finally looked up, if it is known. From the network: escape it.
    std::string resolved_as = {};
    // A host beyond ASCII as it is asked for in DNS, "xn--…"; otherwise empty, and if it cannot be
    // encoded.
    std::string encoded_name = {};
    std::chrono::system_clock::time_point began = std::chrono::system_clock::now();
};

// What to find out about each address of an answer.
struct Examination {
    bool reverse = false;
    bool route = false;
    bool connect = false;
    bool why = false;                                                    // its place in the answer
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);  // for each address
    bool anything() const noexcept { return reverse || route || connect || why; }
};

// Called before each step that takes time; `bounded` is true if the step limits its own time.
// Returning false ends the examination.
using ExamineStep = std::function<bool(bool bounded)>;

// Looks up the addresses of a host and service. Blocks as long as getaddrinfo(3) does. An error
// carries a hint if there is general advice.
Lookup look_up(Question question);

// Whether remarks need `resolved_as` but the answer does not contain it, because the resolver may
// have completed or replaced the host. That takes a lookup of its own: AI_CANONNAME would change
// the answers to some questions.
bool needs_resolved_as(const Lookup& lookup);

// Looks up `resolved_as`; lookup.answer must hold an answer. Blocks as long as getaddrinfo(3) does.
void find_resolved_as(Lookup& lookup);

// Fills in lookup.details; lookup.answer must hold an answer. Blocks as long as getnameinfo(3) and
// getaddrinfo(3) do, plus connect_timeout.
void examine(Lookup& lookup, const Examination& examination, const ExamineStep& step);

// Whether a lookup succeeded: it has an answer and, if connections were tried, one of them worked.
bool satisfies(const Lookup& lookup, const Examination& examination);

// Fails the details that an examination did not reach, with `reason`.
void give_up_details(Lookup& lookup, const Examination& examination, const net::Error& reason);

// The host, or the service if there is no host; safe to print on a terminal.
std::string subject_of(const Question& question);

// Sentences about anything unusual in the name or its answer, such as "'127.1' is read as
// 127.0.0.1": mapped addresses, link-local addresses without a zone, duplicates. Safe to print on a
// terminal.
std::vector<std::string> remarks_on(const Lookup& lookup);

}  // namespace sockbox::probe
