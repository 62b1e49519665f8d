// Reading all options of sockets, one socket after another.
#pragma once

#include <functional>
#include <map>
#include <tuple>
#include <vector>

#include "net/socket_facts.h"
#include "tools/sockopt_outcome.h"

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
    // An option of a kind of sockets, with what it was on the latest of them: most are the same on
    // the next.
    struct Entry {
        Outcome outcome;
        std::optional<net::OptionValue> usual = {};  // of a new socket; none of what nobody sets
        bool asked = true;                           // else the outcome says why not
        bool absent = false;    // the system said so: no socket of the kind has it
        bool settled = false;   // read once for all sockets of the kind
        net::Bytes bytes = {};  // which the value was made of
        std::string told = {};  // see Outcome
    };
    using Plan = std::vector<Entry>;
    using Key = std::tuple<int, int, int, bool, std::uint64_t>;

    class Reading;
    Plan& plan_for(const net::Socket& socket, const net::SocketFacts& facts);
    Plan make_plan(const net::Socket& socket, const net::SocketFacts& facts) const;

    const WorkOptions options_;
    std::map<Key, Plan> plans_;
};

}  // namespace sockbox::tools
