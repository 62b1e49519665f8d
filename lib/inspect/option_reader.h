// Reading all options of sockets, one socket after another.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "inspect/outcome.h"
#include "inspect/socket_facts.h"
#include "option/option.h"

namespace sockbox::net {

// Some options are part of the answer to another: OptionRow::part_of names it. Each such answer is
// asked for once for a socket and kept, so that what came of it is of one moment. Where the system
// has no such answer, the option is asked for itself.
class OptionAnswers {
  public:
    using Answer = tl::expected<std::span<const std::byte>, std::error_code>;

    // Both have to stay.
    OptionAnswers(const Socket& socket, const SocketFacts& facts) noexcept
        : socket_(socket), facts_(facts) {}

    // As read_bytes() has it; the bytes are there until the next call. Not for filters.
    Answer of(const Option& option);

    // The bits of SO_BUF_LOCK; none where the system does not tell.
    std::optional<std::int64_t> buffer_locks();

  private:
    struct Kept {
        bool asked = false;
        std::error_code error;
        std::size_t size = 0;
        std::array<std::byte, 64> bytes;
    };

    Answer whole(Whole whole);

    const Socket& socket_;
    const SocketFacts& facts_;
    std::array<Kept, 3> kept_;  // by Whole, but for what the facts have
    OptionBuffer buffer_;
};

// Learns once for each kind of socket which options it has and what a new one has for values, so
// that thousands of sockets cost little more than the reading of their options.
class Dump {
  public:
    explicit Dump(const WorkOptions& options) : options_(options) {}

    // Hands over every option that the socket has, in the order of the table. What clears on read
    // is not read.
    void read(const Socket& socket, const SocketFacts& facts,
              const std::function<void(const Outcome&)>& use);

  private:
    // What an option had for a value on some socket, and how that was told.
    struct Known {
        Outcome outcome;
        Bytes bytes = {};       // which the value was made of
        bool unusual = false;   // another value than a new socket has
        std::string told = {};  // see Outcome
    };

    // An option of a kind of sockets, with the latest few of its values: most sockets are like one
    // of those before them, the two ends of connections by turns.
    struct Entry {
        Option option;
        std::optional<OptionValue> usual = {};  // of a new socket; none of what nobody sets
        std::int64_t lock_bit = 0;              // of a buffer's size, in SO_BUF_LOCK
        bool absent = false;                    // the system said so: no socket of the kind has it
        bool settled = false;                   // the latest goes for all sockets of the kind
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
    Plan& plan_for(const Socket& socket, const SocketFacts& facts);
    Plan make_plan(const Socket& socket, const SocketFacts& facts) const;
    void learn_from(const Socket& fresh, Plan& plan) const;

    const WorkOptions options_;
    std::map<Key, Plan> plans_;
};

}  // namespace sockbox::net
