// What the system made of a request, and why it refused one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "option/option.h"
#include "option/socket_kind.h"

namespace sockbox::net {

struct Grant {
    bool as_asked = true;  // Linux's doubling of a buffer counts as such
    std::string reason;    // why the value read back is another; empty when it is not
    std::string hint;      // the command that lifts the limit; mostly empty
};

// Compares what was asked with what getsockopt then said. Reads the settings that bound it.
Grant explain_grant(const Option& option, const OptionValue& asked, const OptionValue& granted);

// The same of a setting that was applied to the socket, the reason a line that names the option and
// both values; none where all was granted, or the option cannot be read.
std::optional<Grant> limited_grant(const Socket& socket, const Setting& setting);

// SO_RCVBUF and SO_SNDBUF.
bool is_buffer(const OptionRow& row);

// All that is to be known of a buffer's size, a line each: what was asked for, how much of it data
// may use, whether the kernel still tunes it, what bounds it and what raises that. No lines for
// other options, and none where the system keeps no such account.
std::vector<std::string> buffer_story(const Socket& socket, const SocketKind& kind,
                                      const Option& option, const OptionValue& value);

// The same error with words for what it means of this option on such a socket: one wording for all
// the codes that say "not an option of this socket", and the state or the list that was missed.
Error explain_refusal(Error error, const Option& option, const SocketKind& kind);

}  // namespace sockbox::net
