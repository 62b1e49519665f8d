// Explains why the system granted a different value than requested, or refused the request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "option/option.h"
#include "option/socket_kind.h"

namespace sockbox::net {

// How the value that the system set relates to the requested one.
struct Grant {
    bool as_requested = true;  // the request was granted in full, if need be doubled as Linux does
    std::string reason;        // why the value read back differs; empty if it does not
    std::string hint;          // the command that raises the limit; often empty
};

// Compares the requested value with the one that getsockopt(2) then returned. For a buffer size on
// Linux it also reads the sysctl that limits it (socket(7)); Linux doubles the size for its own
// bookkeeping, which does not count as a difference.
//
//     if (auto done = write_option(socket, option, asked); !done)
//         return done;
//     const auto granted = read_option(socket, option);
//     const Grant grant = granted ? explain_grant(option, asked, *granted) : Grant();
//     if (!grant.as_requested)
//         fmt::print("{}: {}\n", option.name(), grant.reason);  // "clamped by net.core.rmem_max"
Grant explain_grant(const Option& option, const OptionValue& asked, const OptionValue& granted);

// Reads back a setting that was applied to the socket and explains the difference; `reason` is then
// a line with the option and both values. Nullopt if the request was granted in full, or if the
// option cannot be read.
std::optional<Grant> limited_grant(const Socket& socket, const Setting& setting);

// Whether the option is SO_RCVBUF or SO_SNDBUF.
bool is_buffer(const OptionRow& row);

// Explains a buffer size (`value`, as read from the socket) in a few lines: the requested size, the
// share usable for data, whether the kernel resizes it, its limit, and how to raise the limit.
// Empty for other options, and if the system has no such sysctl.
std::vector<std::string> buffer_story(const Socket& socket, const SocketKind& kind,
                                      const Option& option, const OptionValue& value);

// Adds to a failure to read or set an option what it means for this kind of socket, unless the
// error has a `detail` already. The various codes for "this socket has no such option" get the same
// wording; a refused algorithm gets the list of those available.
Error explain_refusal(Error error, const Option& option, const SocketKind& kind);

}  // namespace sockbox::net
