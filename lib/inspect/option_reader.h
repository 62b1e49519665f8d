// Reading all options of many sockets, one socket after another (a dump).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "inspect/outcome.h"
#include "inspect/socket_diag.h"
#include "inspect/socket_facts.h"
#include "option/option.h"

namespace sockbox::net {

// Reads the options of one socket. An option whose value is contained in that of another
// (OptionRow::part_of) is taken from there: the containing option is read once per socket, so that
// the values taken from it are consistent. If the system does not have it, the option is read
// itself. What sock_diag(7) reports is not read again. Not synchronized.
class OptionAnswers {
  public:
    // The bytes of an option, or why there are none.
    using Answer = tl::expected<std::span<const std::byte>, std::error_code>;

    // All three must outlive this object, and `diag` must not be used for another socket meanwhile.
    OptionAnswers(const Socket& socket, const SocketFacts& facts, SocketDiag& diag)
        : socket_(socket), facts_(facts), diag_(diag) {
        diag_.ask(socket, facts);
    }

    // The same as read_bytes(); the bytes are valid until the next call. Not for filters.
    Answer of(const Option& option);

    // The bits of SO_BUF_LOCK; nullopt if the system does not report them (before Linux 5.14).
    std::optional<std::int64_t> buffer_locks();

  private:
    struct Kept {
        bool asked = false;
        std::error_code error;
        std::size_t size = 0;
        std::array<std::byte, 64> bytes;
    };

    Answer read(const Option& option);
    Answer shared(SharedAnswer which);

    const Socket& socket_;
    const SocketFacts& facts_;
    SocketDiag& diag_;
    std::array<Kept, 3> kept_;  // indexed by SharedAnswer; TCP_INFO is in facts_
    OptionBuffer buffer_;
};

// Dumps the options of sockets. For each kind of socket it determines once which options exist and
// which values a new socket has, so that a dump of thousands of sockets costs little more than
// reading their options. Not synchronized.
//
//     OptionReader reader({.all = true});
//     for (const FoundSocket& one : sockets)
//         reader.read(one.socket, one.facts, [](const Outcome& outcome) { print(outcome); });
class OptionReader {
  public:
    // `options` select what is read of each socket.
    explicit OptionReader(const WorkOptions& options) : options_(options) {}

    // Calls `use` for every option that the socket has, in the order of the table; WorkOptions
    // selects which. Options that are cleared by reading are not read. An outcome is valid only
    // during the call.
    void read(const Socket& socket, const SocketFacts& facts,
              const std::function<void(const Outcome&)>& use);

  private:
    // A value that an option had on some socket.
    struct Known {
        Outcome outcome;
        Bytes bytes = {};           // from which the value was decoded
        bool unusual = false;       // differs from a new socket's value
        std::string rendered = {};  // Outcome::rendered points here
    };

    // An option of one kind of socket, with a few of its latest values: most sockets have the same
    // value as a recent one, in turn for the two ends of connections.
    struct Entry {
        Option option;
        std::optional<OptionValue> usual = {};  // a new socket's value; nullopt for non-settings
        std::int64_t lock_bit = 0;              // for a buffer size: its bit in SO_BUF_LOCK
        bool no_effect = false;                 // see Outcome::no_effect
        bool absent = false;                    // the system reported that it is not supported
        bool settled = false;                   // the latest value holds for the whole kind
        std::size_t latest = 0;                 // index in `known`
        std::vector<Known> known = {};
    };
    struct Plan {
        std::vector<Entry> entries;
        bool provisional = false;  // no new socket could be opened, for lack of descriptors
    };
    using Key = std::tuple<int, int, int, bool, std::uint64_t>;
    static constexpr std::size_t max_known = 4;

    class Reading;
    Plan& plan_for(const Socket& socket, const SocketFacts& facts);
    Plan make_plan(const Socket& socket, const SocketFacts& facts) const;
    void learn_from(const Socket& fresh, Plan& plan) const;

    const WorkOptions options_;
    std::map<Key, Plan> plans_;
    SocketDiag diag_;
};

}  // namespace sockbox::net
