// Dump requests to the kernel and their replies (netlink(7)).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "system/result.h"

namespace sockbox::net {

// Takes a reply apart, buffer by buffer as recv(2) returns them.
class DumpReply {
  public:
    using Use = std::function<void(std::span<const std::byte> body)>;

    // `subject` is what the reply lists, for error messages.
    explicit DumpReply(std::string subject) : subject_(std::move(subject)) {}

    // Calls `use` for the body of each message. Returns true if that was the end of the reply.
    // Fails with the error that the kernel reports, and with EBADMSG on a malformed message.
    Result<bool> take(std::span<const std::byte> buffer, const Use& use);

    // Whether the kernel reported that its list changed during the dump (NLM_F_DUMP_INTR), so that
    // entries may be missing.
    bool torn() const noexcept { return torn_; }

  private:
    const std::string subject_;
    bool torn_ = false;
};

// Sends a dump request to a family of netlink, such as NETLINK_ROUTE, and calls `use` for the body
// of each message of the reply. If the list changed meanwhile, asks again, up to eight times, so
// that `use` may see an entry several times. Does not block for long: the kernel answers at once.
Status netlink_dump(int protocol, std::span<const std::byte> request, const std::string& subject,
                    const DumpReply::Use& use);

// The value of the first attribute of this type; empty if there is none.
std::span<const std::byte> find_attribute(std::span<const std::byte> attributes,
                                          unsigned short type);

}  // namespace sockbox::net
