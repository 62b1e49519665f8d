// What became of one option of a socket: read, or set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "option/grant.h"

namespace sockbox::tools {

struct Change {
    net::OptionValue asked;
    std::optional<net::OptionValue> before;  // none of an option that cannot be read
    net::Grant grant;
};

struct Outcome {
    net::Option option;
    net::Result<net::OptionValue> value;      // as it is now
    std::optional<Change> change;             // of an option that was set
    std::vector<std::string> story;           // more about the value, where that was asked for
    bool of_other_namespace = false;          // interfaces have other names and numbers there
    bool compared = false;                    // with a new socket of its kind:
    const net::OptionValue* usual = nullptr;  // what that has; none where it is the same
    // Of a dump: where a teller may keep the text it made of this outcome, to use it again for the
    // next socket. Whoever changes anything of the outcome empties it.
    std::string* told = nullptr;

    bool failed() const { return !value && !change; }
};

}  // namespace sockbox::tools
