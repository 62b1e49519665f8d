// Reading all options of sockets, one socket after another.
#pragma once

#include <functional>
#include <map>
#include <tuple>
#include <vector>

#include "inspect/socket_facts.h"
#include "tools/sockopt/outcome.h"

namespace sockbox::tools {

// What is done with an option on the way.
struct WorkOptions {
    bool all = false;      // a dump keeps what cannot be read, with the reason
    bool force = false;    // buffers beyond their limits
    bool diff = false;     // a dump keeps only what is not a new socket's default
    bool story = false;    // tells more about buffers
    bool compare = false;  // a dump looks at the defaults, for Outcome::usual
};

// Learns once for each kind of socket which options it has and what a new one has for values, so
// that thousands of sockets cost little more than the reading of their options.
class Dump {
  public:
    explicit Dump(const WorkOptions& options) : options_(options) {}

    // Hands over every option that the socket has, in the order of the table. What clears on read
    // is not read.
    void read(const net::Socket& socket, const net::SocketFacts& facts,
              const std::function<void(const Outcome&)>& use);

  private:
    // What an option had for a value on some socket, and how that was told.
    struct Known {
        Outcome outcome;
        net::Bytes bytes = {};  // which the value was made of
        bool unusual = false;   // another value than a new socket has
        std::string told = {};  // see Outcome
    };

    // An option of a kind of sockets, with the latest few of its values: most sockets are like one
    // of those before them, the two ends of connections by turns.
    struct Entry {
        net::Option option;
        std::optional<net::OptionValue> usual = {};  // of a new socket; none of what nobody sets
        std::int64_t lock_bit = 0;                   // of a buffer's size, in SO_BUF_LOCK
        bool absent = false;   // the system said so: no socket of the kind has it
        bool settled = false;  // the latest goes for all sockets of the kind
        std::size_t latest = 0;
        std::vector<Known> known = {};
    };
    struct Plan {
        std::vector<Entry> entries;
        bool provisional = false;  // there was no descriptor for a new socket
    };
    using Key = std::tuple<int, int, int, bool, std::uint64_t>;
    static constexpr std::size_t most_known = 4;

    class Reading;
    Plan& plan_for(const net::Socket& socket, const net::SocketFacts& facts);
    Plan make_plan(const net::Socket& socket, const net::SocketFacts& facts) const;
    void learn_from(const net::Socket& fresh, Plan& plan) const;

    const WorkOptions options_;
    std::map<Key, Plan> plans_;
};

}  // namespace sockbox::tools
