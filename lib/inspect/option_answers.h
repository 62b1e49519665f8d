// The options of one socket in the system's bytes, with as few calls as that takes.
#pragma once

#include <optional>

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

}  // namespace sockbox::net
