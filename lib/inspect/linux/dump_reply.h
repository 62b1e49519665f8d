// The kernel's reply to a netlink dump request (netlink(7)).
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "system/result.h"

namespace sockbox::net {

// Takes a reply apart, buffer by buffer as recv(2) returns them.
class DumpReply {
  public:
    using Use = std::function<void(std::span<const std::byte> body)>;

    // Calls `use` for the body of each message. Returns true if that was the end of the reply.
    // Fails with the error that the kernel reports, and with EBADMSG on a malformed message.
    Result<bool> take(std::span<const std::byte> buffer, const Use& use);

    // Whether the kernel reported that its list changed during the dump (NLM_F_DUMP_INTR), so that
    // entries may be missing.
    bool torn() const noexcept { return torn_; }

  private:
    bool torn_ = false;
};

}  // namespace sockbox::net
