// What the system made of a request, and why it refused one.
#pragma once

#include <string>

#include "net/option.h"
#include "net/socket_kind.h"

namespace sockbox::net {

struct Grant {
    bool as_asked = true;  // Linux's doubling of a buffer counts as such
    std::string reason;    // why the value read back is another; empty when it is not
    std::string hint;      // the command that lifts the limit; mostly empty
};

// Compares what was asked with what getsockopt then said. Reads the settings that bound it.
Grant explain_grant(const Option& option, const OptionValue& asked, const OptionValue& granted);

// The same error with words for what it means of this option on such a socket: one wording for all
// the codes that say "not an option of this socket", and the state or the list that was missed.
Error explain_refusal(Error error, const Option& option, const SocketKind& kind);

}  // namespace sockbox::net
